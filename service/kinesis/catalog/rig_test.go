package catalog

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

var orders = Ref{Account: "000000000000", Region: "us-east-1", Name: "orders"}

// t0 is when tests begin, in milliseconds.
const t0 = 1700000000_500

// fatal is what the rig needs of a test, be it testing's or rapid's.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// rig applies commands to a catalog at a time that the test sets, does to a
// model of shard logs what they ask for, and remembers all of it.
type rig struct {
	fatal
	*Catalog
	terms Terms
	logs  map[storage.ShardKey]bool // the shard logs there are; true when open
	// What was applied, and what came of it.
	commands [][]byte
	answers  []any
	effects  []storage.Effects
}

func newRig(t fatal) *rig {
	return &rig{
		fatal: t, Catalog: New(), logs: make(map[storage.ShardKey]bool),
		terms: Terms{AtMillis: t0},
	}
}

// testRig is newRig for an ordinary test, with checkReplay at its end.
func testRig(t *testing.T) *rig {
	r := newRig(t)
	t.Cleanup(r.checkReplay)
	return r
}

// apply carries out a command. The answer of Decide must be that of Apply.
func (r *rig) apply(cmd Command) any {
	r.Helper()
	advance, decided := r.Decide(cmd, r.terms)
	command := Encode(cmd, r.terms)
	var e storage.Effects
	answer := r.Apply(command, &e)
	if decided && !reflect.DeepEqual(advance, answer) {
		r.Fatalf("%T was decided to be %v, and is %v", cmd, advance, answer)
	}
	r.commands = append(r.commands, command)
	r.answers = append(r.answers, answer)
	r.effects = append(r.effects, e)
	r.obey(&e)
	return answer
}

// must is apply for a command that is not refused.
func (r *rig) must(cmd Command) any {
	r.Helper()
	answer := r.apply(cmd)
	if err, refused := answer.(*api.Error); refused {
		r.Fatalf("%T: %v", cmd, err)
	}
	return answer
}

// refuse is apply for a command that is refused so, code first.
func (r *rig) refuse(cmd Command, want string) {
	r.Helper()
	before := r.All()
	err, refused := r.apply(cmd).(*api.Error)
	if !refused || err.Error() != want {
		r.Fatalf("%T:\ngot  %v\nwant %s", cmd, err, want)
	}
	if !slices.Equal(r.All(), before) {
		r.Fatalf("%T was refused and changed something", cmd)
	}
}

// obey does to the shard logs what a command asks for.
func (r *rig) obey(e *storage.Effects) {
	r.Helper()
	for _, key := range e.Open {
		if _, there := r.logs[key]; there {
			r.Fatalf("opens shard log %v again", key)
		}
		r.logs[key] = true
	}
	for _, key := range e.Close {
		if !r.logs[key] {
			r.Fatalf("closes shard log %v, which is not open", key)
		}
		r.logs[key] = false
	}
	for _, key := range e.Delete {
		if open, there := r.logs[key]; !there || open {
			r.Fatalf("deletes shard log %v, which is open or not there", key)
		}
		delete(r.logs, key)
	}
	for _, id := range e.DeleteStreams {
		maps.DeleteFunc(r.logs, func(key storage.ShardKey, _ bool) bool { return key.Stream == id })
	}
}

// create makes the stream orders, provisioned.
func (r *rig) create(shards int32) *Stream {
	r.Helper()
	r.must(&CreateStream{Ref: orders, Mode: types.StreamModeProvisioned, Shards: shards, MaxRecordKiB: 1024})
	return r.orders()
}

// orders returns the stream as it is now.
func (r *rig) orders() *Stream {
	r.Helper()
	x, ok := r.Stream(orders.Account, orders.Region, orders.Name)
	if !ok {
		r.Fatalf("no stream orders")
	}
	return x
}

// finish ends what is pending first, when it is due.
func (r *rig) finish() {
	r.Helper()
	next, pending := r.NextDue()
	if !pending {
		r.Fatalf("nothing is pending")
	}
	r.terms.AtMillis = max(r.terms.AtMillis, next.DueMillis)
	r.must(&Finish{Stream: next.Stream, Number: next.Number})
}

// fingerprint returns the whole state as text, derived parts included.
func (r *rig) fingerprint() string {
	r.Helper()
	return fingerprint(r.fatal, r.Catalog)
}

func fingerprint(t fatal, c *Catalog) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Snapshot()(&b); err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	for _, x := range c.All() {
		fmt.Fprintln(&b, x.ARN(), openIDs(x), x.routes.starts)
		if named, ok := c.Stream(x.Account, x.Region, x.Name); !ok || named != x {
			t.Fatalf("stream %s goes by another name", x.ARN())
		}
	}
	if next, pending := c.NextDue(); pending {
		fmt.Fprintln(&b, next.Stream, next.Number, next.DueMillis)
	}
	return b.String()
}

// checkReplay verifies that the commands give the same state, answers and
// effects once more: from the first, and from a snapshot in the middle.
func (r *rig) checkReplay() {
	r.Helper()
	want := r.fingerprint()
	replayed := New()
	r.replay(replayed, 0, len(r.commands))
	if got := fingerprint(r.fatal, replayed); got != want {
		r.Fatalf("replayed:\n%s\nwas:\n%s", got, want)
	}

	half := len(r.commands) / 2
	first, second := New(), New()
	r.replay(first, 0, half)
	write := first.Snapshot()
	r.replay(first, half, len(r.commands)) // must not show in the snapshot
	var b bytes.Buffer
	if err := write(&b); err != nil {
		r.Fatalf("snapshot: %v", err)
	}
	if err := second.Restore(&b); err != nil {
		r.Fatalf("%v", err)
	}
	r.replay(second, half, len(r.commands))
	if got := fingerprint(r.fatal, second); got != want {
		r.Fatalf("replayed from a snapshot after %d of %d commands:\n%s\nwas:\n%s", half, len(r.commands), got, want)
	}
}

func (r *rig) replay(c *Catalog, from, to int) {
	r.Helper()
	for i := from; i < to; i++ {
		var e storage.Effects
		answer := c.Apply(r.commands[i], &e)
		if !reflect.DeepEqual(answer, r.answers[i]) || !reflect.DeepEqual(e, r.effects[i]) {
			r.Fatalf("command %s replayed to %v and %v, was %v and %v",
				r.commands[i], answer, e, r.answers[i], r.effects[i])
		}
	}
}

// openIDs returns the ids of the open shards by range.
func openIDs(x *Stream) []int {
	var ids []int
	for _, sh := range x.Open() {
		ids = append(ids, int(sh.ID()))
	}
	return ids
}

// checkShards verifies what holds for the shards of every ACTIVE stream: at
// each instant since the creation they tile the hash key space, sequence
// numbers grow along the lineage, and children cover their parents.
func (r *rig) checkShards(x *Stream) {
	r.Helper()
	instants := []int64{x.CreatedMillis}
	for i := range x.Shards {
		sh := &x.Shards[i]
		instants = append(instants, sh.OpenedMillis)
		if got, ok := x.Shard(sh.ID()); !ok || got != sh {
			r.Fatalf("shard %v is not found by its id", sh.ID())
		}
		if open, there := r.logs[storage.ShardKey{Stream: x.ID, Shard: sh.Index}]; !there || open == sh.Closed() {
			r.Fatalf("shard %v has a log: %v, an open one: %v", sh.ID(), there, open)
		}
		r.checkParents(x, sh)
		if sh.Closed() && len(x.Children(sh.ID())) == 0 {
			r.Fatalf("shard %v is closed and has no children", sh.ID())
		}
	}
	for _, at := range instants {
		if at >= x.HorizonMillis(r.terms.AtMillis) {
			r.checkTiles(x, at)
		}
	}
	r.checkRoutes(x)
}

func (r *rig) checkParents(x *Stream, sh *Shard) {
	r.Helper()
	for _, parent := range []int32{sh.Parent, sh.AdjacentParent} {
		p, ok := x.Shard(stream.ShardID(parent))
		if !ok {
			continue // none, or expired
		}
		if !p.Closed() || p.ClosedMillis != sh.OpenedMillis ||
			p.EndingSequenceNumber().Compare(sh.StartingSequenceNumber()) >= 0 {
			r.Fatalf("shard %+v does not follow its parent %+v", sh, p)
		}
		if !slices.Contains(x.Children(p.ID()), sh) {
			r.Fatalf("shard %v is not among the children of %v", sh.ID(), p.ID())
		}
	}
}

func (r *rig) checkTiles(x *Stream, at int64) {
	r.Helper()
	var ranges []stream.HashKeyRange
	for i := range x.Shards {
		if x.Shards[i].OpenAt(at) {
			ranges = append(ranges, x.Shards[i].Range)
		}
	}
	slices.SortFunc(ranges, func(a, b stream.HashKeyRange) int { return a.Start.Compare(b.Start) })
	next := stream.HashKey{}
	for i, keys := range ranges {
		if keys.Start != next || keys.End.Less(keys.Start) || (keys.End == stream.MaxHashKey) != (i == len(ranges)-1) {
			r.Fatalf("at %d the open shards do not tile: %v", at, ranges)
		}
		next = keys.End.Next()
	}
	if len(ranges) == 0 {
		r.Fatalf("at %d no shard is open", at)
	}
}

func (r *rig) checkRoutes(x *Stream) {
	r.Helper()
	for _, sh := range x.Open() {
		for _, k := range []stream.HashKey{sh.Range.Start, sh.Range.End} {
			if got := x.Route(k); got != sh {
				r.Fatalf("hash key %v goes to shard %v, not %v", k, got.ID(), sh.ID())
			}
		}
	}
}
