package storagetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/leat-io/leat/storage"
)

// Catalog is a small storage.Machine for tests: it opens, closes and deletes
// shard logs, and keeps a value that commands replace. The zero value is
// ready to use. It panics when an engine applies two commands at once.
type Catalog struct {
	applying atomic.Bool

	mu struct {
		sync.Mutex
		state
	}
}

var _ storage.Machine = (*Catalog)(nil)

// state is what a Catalog's commands add up to, and its snapshot as JSON.
type state struct {
	// Count counts the commands; Digest is a hash of all of them in order.
	Count  uint64
	Digest string
	Value  string
	// Shards holds every shard log ever opened.
	Shards map[string]shardState
}

type shardState string

const (
	shardOpen    shardState = "open"
	shardClosed  shardState = "closed"
	shardDeleted shardState = "deleted"
)

// Command is a command of a Catalog. It opens shard logs that never existed,
// closes open ones and deletes existing ones, and leaves the rest alone.
type Command struct {
	Open          []storage.ShardKey `json:",omitempty"`
	Close         []storage.ShardKey `json:",omitempty"`
	Delete        []storage.ShardKey `json:",omitempty"`
	DeleteStreams []storage.StreamID `json:",omitempty"`
	Retain        []storage.Retain   `json:",omitempty"`
	// Value replaces the catalog's value unless it is empty.
	Value string `json:",omitempty"`
}

// Encode returns the command's bytes.
func (c Command) Encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // there is nothing in a Command that JSON cannot hold
	}
	return b
}

// Result is what Apply returns.
type Result struct {
	Count    uint64 // commands applied so far, with this one
	Previous string // the value before this command
}

// Apply implements storage.Machine.
func (c *Catalog) Apply(command []byte, effects *storage.Effects) any {
	if !c.applying.CompareAndSwap(false, true) {
		panic("two commands are applied at once")
	}
	defer c.applying.Store(false)
	var cmd Command
	if err := json.Unmarshal(command, &cmd); err != nil {
		panic(fmt.Sprintf("command %.100q: %v", command, err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	result := Result{c.mu.Count + 1, c.mu.Value}
	c.mu.Count++
	sum := sha256.Sum256(append([]byte(c.mu.Digest), command...))
	c.mu.Digest = hex.EncodeToString(sum[:8])
	if cmd.Value != "" {
		c.mu.Value = cmd.Value
	}
	c.applyShardsLocked(&cmd, effects)
	effects.Retain = cmd.Retain
	return result
}

func (c *Catalog) applyShardsLocked(cmd *Command, effects *storage.Effects) {
	move := func(keys []storage.ShardKey, to shardState, from ...shardState) (moved []storage.ShardKey) {
		for _, k := range keys {
			for _, s := range from {
				if c.mu.Shards[k.String()] == s {
					c.mu.Shards[k.String()] = to
					moved = append(moved, k)
					break
				}
			}
		}
		return moved
	}
	if c.mu.Shards == nil {
		c.mu.Shards = make(map[string]shardState)
	}
	effects.Open = move(cmd.Open, shardOpen, "")
	effects.Close = move(cmd.Close, shardClosed, shardOpen)
	effects.Delete = move(cmd.Delete, shardDeleted, shardOpen, shardClosed)
	effects.DeleteStreams = cmd.DeleteStreams
	for text := range c.mu.Shards {
		var k storage.ShardKey
		if _, err := fmt.Sscanf(text, "%d/%d", &k.Stream, &k.Shard); err != nil {
			panic(err)
		}
		for _, id := range cmd.DeleteStreams {
			if k.Stream == id {
				c.mu.Shards[text] = shardDeleted
			}
		}
	}
}

// Value returns the catalog's value.
func (c *Catalog) Value() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.Value
}

// State returns a text that is the same for catalogs in the same state, and
// differs when they were given other commands or another order of them.
func (c *Catalog) State() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.encodeLocked())
}

// Snapshot implements storage.Machine.
func (c *Catalog) Snapshot() func(w io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.encodeLocked()
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// Restore implements storage.Machine.
func (c *Catalog) Restore(r io.Reader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.Count > 0 {
		return fmt.Errorf("restore after %d commands", c.mu.Count)
	}
	return json.NewDecoder(r).Decode(&c.mu.state)
}

func (c *Catalog) encodeLocked() []byte {
	b, err := json.Marshal(c.mu.state)
	if err != nil {
		panic(err)
	}
	return b
}
