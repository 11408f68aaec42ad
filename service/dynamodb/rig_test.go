package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
)

// failer is what rapid's and testing's T have in common here.
type failer interface {
	Helper()
	Cleanup(func())
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// rig is a service on a log in memory that keeps all commands.
type rig struct {
	failer
	*Service
	ctx   context.Context
	clock *clock.Manual
	log   *recorder
	state *tables.Tables
}

// recorder is a log that keeps the commands it is given.
type recorder struct {
	storage.Log
	mu       sync.Mutex
	commands [][]byte
	// gate, when not nil, is received from before each command.
	gate    chan struct{}
	waiting atomic.Int64 // at the gate
}

func (r *recorder) Propose(ctx context.Context, machine string, command []byte) (any, error) {
	if r.gate != nil {
		r.waiting.Add(1)
		<-r.gate
		r.waiting.Add(-1)
	}
	r.mu.Lock()
	r.commands = append(r.commands, bytes.Clone(command))
	r.mu.Unlock()
	return r.Log.Propose(ctx, machine, command)
}

// waitProposers waits until so many commands are held up.
func (r *recorder) waitProposers(n int64) {
	for r.waiting.Load() != n {
		runtime.Gosched()
	}
}

// waitFor waits until so many writes wait for the next command.
func (w *writer) waitFor(n int) {
	for {
		w.mu.Lock()
		waiting := len(w.mu.waiting)
		w.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

func newRig(t failer, o Options) *rig {
	r := &rig{failer: t, clock: new(clock.Manual), state: tables.New()}
	r.log = &recorder{Log: memlog.Open(map[string]storage.Machine{tables.MachineName: r.state}, memlog.Options{Clock: r.clock})}
	t.Cleanup(func() { _ = r.log.Close() })
	o.Log, o.Tables, o.Clock = r.log, r.state, r.clock
	r.Service = New(o)
	r.ctx = r.as("111122223333")
	return r
}

// as returns a context of a caller of the account.
func (r *rig) as(account string) context.Context {
	return api.WithCaller(context.Background(), api.Caller{Account: account, Region: "eu-west-1"})
}

// checkReplay checks that the commands lead to the same state once more, and
// that the state survives a snapshot.
func (r *rig) checkReplay() {
	r.Helper()
	want := snapshot(r, r.state)
	again := tables.New()
	for _, command := range r.log.commands {
		again.Apply(command, new(storage.Effects))
	}
	if !bytes.Equal(snapshot(r, again), want) {
		r.Errorf("a replay leads to another state")
	}
	restored := tables.New()
	if err := restored.Restore(bytes.NewReader(want)); err != nil {
		r.Fatal(err)
	}
	if !bytes.Equal(snapshot(r, restored), want) {
		r.Errorf("a snapshot restores another state")
	}
	items, memory := r.state.Memory()
	if i, m := restored.Memory(); i != items || m != memory {
		r.Errorf("a snapshot restores %d items in %d bytes of memory, not %d in %d", i, m, items, memory)
	}
}

func snapshot(t failer, state *tables.Tables) []byte {
	var buf bytes.Buffer
	if err := state.Snapshot()(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func str(text string) attr.Value { return attr.String(text) }
func num(text string) attr.Value { return &types.AttributeValueMemberN{Value: text} }

// definition defines attributes, each as "name:type".
func definitions(all ...string) (list []types.AttributeDefinition) {
	for _, one := range all {
		name, kind := one[:len(one)-2], one[len(one)-1:]
		list = append(list, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeType(kind)})
	}
	return list
}

// schema is a key of one attribute or two.
func schema(names ...string) (list []types.KeySchemaElement) {
	for i, name := range names {
		list = append(list, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: []types.KeyType{"HASH", "RANGE"}[i]})
	}
	return list
}

// createTable makes a table "t" with the key id, or id and at, and an index
// "by" on owner and at.
func (r *rig) createTable(keys ...string) {
	r.Helper()
	_, err := r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("t"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: definitions("id:S", "at:N", "owner:S"),
		KeySchema:            schema(keys...),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("by"), KeySchema: schema("owner", "at"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	if err != nil {
		r.Fatal(err)
	}
}

// defined returns the definition of the table "t".
func (r *rig) defined() *tables.Table {
	r.Helper()
	t, err := r.open(r.ctx, aws.String("t"))
	if err != nil {
		r.Fatal(err)
	}
	return t
}

// wantError checks the code and the message of an error.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) || e.Code != code || e.Message != message {
		t.Errorf("got %v\nwant %s: %s", err, code, message)
	}
}
