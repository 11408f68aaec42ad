package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/leat-io/leat/storage"
)

// Command is one change that somebody wants. The exported struct types of this
// package with a method kind are the commands there are.
type Command interface {
	// kind is the command's name in the log.
	kind() string

	// decide returns the answer when nothing is to be changed: an *api.Error
	// for a request that is refused, the command's result for one that asks
	// for what is already so. Otherwise it returns false.
	decide(s *state, t Terms) (answer any, decided bool)

	// apply changes the state and returns the result. Requires that decide
	// returned false on the same state and terms.
	apply(s *state, t Terms, e *storage.Effects) any
}

// Terms are what a command is judged by besides the state. They travel with
// it, so that a replay on a server with other settings, or of another version,
// decides as the first time.
type Terms struct {
	AtMillis int64 `json:"at"` // Unix milliseconds, from the proposer's clock
	// Doubted says that the proposer does not believe that clock, so that
	// nothing is to be given up for good by it.
	Doubted bool `json:"doubted,omitempty"`
	// DelayMillis is how long the status lasts that the command begins.
	DelayMillis int64  `json:"delay,omitempty"`
	Quotas      Quotas `json:"quotas,omitzero"`
}

// Quotas bound what one account may have in a region, and how often and far a
// stream may be changed. 0 means no bound.
type Quotas struct {
	Shards          int `json:"shards,omitempty"`            // open shards of provisioned streams
	Lineage         int `json:"lineage,omitempty"`           // shards of one stream, closed ones included
	OnDemandStreams int `json:"on_demand_streams,omitempty"` // streams of that mode
	OnDemandShards  int `json:"on_demand_shards,omitempty"`  // open shards of one such stream, and its warm MiB/s
	MovingStreams   int `json:"moving_streams,omitempty"`    // streams CREATING or DELETING
	ScaleTarget     int `json:"scale_target,omitempty"`      // UpdateShardCount's highest target
	ScaleFactor     int `json:"scale_factor,omitempty"`      // how far up or down one UpdateShardCount goes
	ScalesPerDay    int `json:"scales_per_day,omitempty"`    // UpdateShardCount calls of a stream
	ModesPerDay     int `json:"modes_per_day,omitempty"`     // UpdateStreamMode calls of a stream
	// EncryptionsPerDay bounds the StartStreamEncryption calls of a stream, and
	// as many that stop it.
	EncryptionsPerDay int `json:"encryptions_per_day,omitempty"`

	Consumers         int `json:"consumers,omitempty"`          // of a stream
	CreatingConsumers int `json:"creating_consumers,omitempty"` // of a stream, CREATING
}

// envelope is a command in the log. The version is that of the command's
// meaning, down to the shards it makes: whatever changes the outcome of a
// command already written needs another version.
type envelope struct {
	Kind    string          `json:"kind"`
	Version int             `json:"version"`
	Terms   Terms           `json:"terms"`
	Command json.RawMessage `json:"command"`
}

const commandVersion = 1

// commands makes an empty command of each kind.
var commands = func() map[string]func() Command {
	byKind := make(map[string]func() Command)
	for _, make := range []func() Command{
		func() Command { return new(CreateStream) },
		func() Command { return new(DeleteStream) },
		func() Command { return new(SplitShard) },
		func() Command { return new(MergeShards) },
		func() Command { return new(UpdateShardCount) },
		func() Command { return new(UpdateStreamMode) },
		func() Command { return new(SetRetention) },
		func() Command { return new(SetMaxRecordSize) },
		func() Command { return new(SetMonitoring) },
		func() Command { return new(SetWarmThroughput) },
		func() Command { return new(SetDistribution) },
		func() Command { return new(StartEncryption) },
		func() Command { return new(StopEncryption) },
		func() Command { return new(ReplaceKey) },
		func() Command { return new(ClaimLot) },
		func() Command { return new(UpdateAccount) },
		func() Command { return new(Adapt) },
		func() Command { return new(AddTags) },
		func() Command { return new(RemoveTags) },
		func() Command { return new(RegisterConsumer) },
		func() Command { return new(DeregisterConsumer) },
		func() Command { return new(AddConsumerTags) },
		func() Command { return new(RemoveConsumerTags) },
		func() Command { return new(SetPolicy) },
		func() Command { return new(Finish) },
		func() Command { return new(Expire) },
		func() Command { return new(SetSecret) },
	} {
		byKind[make().kind()] = make
	}
	return byKind
}()

// Encode returns the command's form in the log.
func Encode(cmd Command, t Terms) []byte {
	body, err := json.Marshal(cmd)
	if err == nil {
		body, err = json.Marshal(envelope{cmd.kind(), commandVersion, t, body})
	}
	if err != nil {
		panic(fmt.Sprintf("BUG: encode command %s: %v", cmd.kind(), err))
	}
	return body
}

// decode reads what Encode wrote.
func decode(data []byte) (Command, Terms, error) {
	var env envelope
	if err := json.Unmarshal(data, &env); err != nil {
		return nil, Terms{}, err
	}
	make := commands[env.Kind]
	if make == nil || env.Version != commandVersion {
		return nil, Terms{}, fmt.Errorf("kind %q version %d needs a newer leat", env.Kind, env.Version)
	}
	cmd := make()
	if err := json.Unmarshal(env.Command, cmd); err != nil {
		return nil, Terms{}, err
	}
	return cmd, env.Terms, nil
}

// Decide returns the answer to a command that would change nothing, and false
// for one that has to be proposed to the log. It saves a write for requests
// that are refused; Apply decides again.
func (c *Catalog) Decide(cmd Command, t Terms) (answer any, decided bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return cmd.decide(&c.mu.state, t)
}

// Apply implements storage.Machine. The answer is an *api.Error, or the result
// that the command's doc comment names.
func (c *Catalog) Apply(command []byte, e *storage.Effects) any {
	cmd, t, err := decode(command)
	if err != nil {
		panic(fmt.Sprintf("catalog: command %.100q: %v", command, err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.mu.state
	s.seenMillis = max(s.seenMillis, t.AtMillis)
	if answer, decided := cmd.decide(s, t); decided {
		return answer
	}
	result := cmd.apply(s, t, e)
	close(c.mu.changed)
	c.mu.changed = make(chan struct{})
	return result
}
