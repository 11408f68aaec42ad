package tables

import (
	"encoding/json"
	"fmt"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/storage"
)

// The first byte of a command (docs/formats/tables.md): which kind it is, and
// of which version.
const (
	commandDefine = '{' // JSON: see envelope
	commandWrites = 1   // see AppendWrites
)

// Definition is a change of a table's definition. The exported struct types of
// this package with a method kind are those there are.
type Definition interface {
	// kind is the change's name in the log.
	kind() string
	// check returns why the change is refused, or nil.
	check(s *state, t Terms) *api.Error
	// apply makes the change. Requires that check returned nil.
	apply(s *state, t Terms) *Table
}

// Terms are what a change is judged by besides the state. They travel with it.
type Terms struct {
	AtMillis int64 `json:"at"` // Unix milliseconds, from the proposer's clock
	// DelayMillis is how long a status lasts that the change begins.
	DelayMillis int64 `json:"delay,omitempty"`
}

// envelope is a Definition in the log. The version is that of its meaning.
type envelope struct {
	Kind    string          `json:"kind"`
	Version int             `json:"version"`
	Terms   Terms           `json:"terms"`
	Command json.RawMessage `json:"command"`
}

const definitionVersion = 1

// definitions makes an empty change of each kind.
var definitions = func() map[string]func() Definition {
	byKind := make(map[string]func() Definition)
	for _, make := range []func() Definition{
		func() Definition { return new(Create) },
		func() Definition { return new(Drop) },
		func() Definition { return new(Alter) },
		func() Definition { return new(SetTags) },
		func() Definition { return new(SetTimeToLive) },
		func() Definition { return new(SetRecovery) },
	} {
		byKind[make().kind()] = make
	}
	return byKind
}()

// Encode returns the form of a change in the log.
func Encode(d Definition, t Terms) []byte {
	body, err := json.Marshal(d)
	if err == nil {
		body, err = json.Marshal(envelope{d.kind(), definitionVersion, t, body})
	}
	if err != nil {
		panic(fmt.Sprintf("BUG: encode %s: %v", d.kind(), err))
	}
	return body
}

func decodeDefinition(data []byte) (Definition, Terms, error) {
	var env envelope
	if err := json.Unmarshal(data, &env); err != nil {
		return nil, Terms{}, err
	}
	make := definitions[env.Kind]
	if make == nil || env.Version != definitionVersion {
		return nil, Terms{}, fmt.Errorf("kind %q version %d needs a newer leat", env.Kind, env.Version)
	}
	d := make()
	return d, env.Terms, json.Unmarshal(env.Command, d)
}

// Check returns why a change would be refused now, or nil. It saves a write to
// the log; Apply checks again.
func (t *Tables) Check(d Definition, terms Terms) *api.Error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return d.check(&t.mu.state, t.mu.at(terms))
}

// at returns the terms with a time that is not before that of any command.
func (s *state) at(t Terms) Terms {
	t.AtMillis = max(t.AtMillis, s.seenMillis)
	return t
}

// Apply implements storage.Machine. The result of a Definition is the *Table as
// it is then, or the *api.Error of its refusal; that of writes is a []Result.
func (t *Tables) Apply(command []byte, _ *storage.Effects) any {
	if len(command) > 0 && command[0] == commandWrites {
		r := attr.NewReader(command[1:])
		atMillis, writes := readWrites(r)
		if r.Err() != nil || r.Len() > 0 {
			panic(fmt.Sprintf("tables: malformed writes %.100q", command))
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.mu.write(atMillis, writes)
	}
	d, terms, err := decodeDefinition(command)
	if err != nil {
		panic(fmt.Sprintf("tables: command %.100q: %v", command, err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.mu.state
	terms = s.at(terms)
	s.seenMillis = terms.AtMillis
	s.forget(terms.AtMillis)
	if refused := d.check(s, terms); refused != nil {
		return refused
	}
	return d.apply(s, terms)
}
