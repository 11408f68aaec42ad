package catalog

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

func TestCreateStream(t *testing.T) {
	r := testRig(t)
	x := r.create(3)
	if x.Status != types.StreamStatusActive || x.Pending != nil || x.RetentionHours != 24 || x.MaxRecordKiB != 1024 {
		t.Errorf("%+v", x)
	}
	r.checkShards(x)
	// AWS dates a stream's numbers two seconds before its creation.
	const start = t0/1000 - 2
	for i, sh := range x.Open() {
		p := sh.StartingSequenceNumber().Parts()
		if p.CreateSeconds != start || p.Seconds != start || p.Index != 0 || int(p.Shard) != i {
			t.Errorf("shard %d starts at %+v", i, p)
		}
		if !sh.EndingSequenceNumber().IsZero() || sh.Parent != NoShard || sh.AdjacentParent != NoShard {
			t.Errorf("shard %d: %+v", i, sh)
		}
	}
	p := x.Shards[1].SequenceNumber(41, t0+5000).Parts()
	if p.CreateSeconds != start || p.Seconds != t0/1000+5 || p.Index != 42 || p.Shard != 1 {
		t.Errorf("record 41: %+v", p)
	}
	wantRetain(t, r, 24)
	r.refuse(&CreateStream{Ref: orders, Mode: types.StreamModeProvisioned, Shards: 1},
		"ResourceInUseException: Stream orders under account 000000000000 already exists.")

	// The same name is another stream for another account and in another region.
	for _, other := range []Ref{{"111111111111", "us-east-1", "orders"}, {"000000000000", "eu-west-1", "orders"}} {
		r.must(&CreateStream{Ref: other, Mode: types.StreamModeProvisioned, Shards: 1})
		if got := r.Streams(other.Account, other.Region); len(got) != 1 || got[0].ARN() != other.ARN() {
			t.Errorf("streams of %v: %v", other, got)
		}
	}
}

func TestDeletedNameIsAnotherStream(t *testing.T) {
	r := testRig(t)
	first := r.create(2)
	r.must(&DeleteStream{Ref: orders})
	if _, ok := r.Stream(orders.Account, orders.Region, orders.Name); ok || len(r.logs) != 0 {
		t.Errorf("still there: %v, shard logs %v", ok, r.logs)
	}
	if second := r.create(2); second.ID == first.ID {
		t.Errorf("stream id %d is used again", second.ID)
	}
	if len(first.Open()) != 2 {
		t.Error("the version of before the deletion has changed")
	}
}

// TestStatuses goes through the statuses of spec data-streams §10.2 with each
// command in each.
func TestStatuses(t *testing.T) {
	commands := []Command{
		&CreateStream{Ref: orders, Mode: types.StreamModeProvisioned, Shards: 1},
		&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "1000"},
		&MergeShards{Ref: orders, Shard: 0, Adjacent: 1},
		&UpdateShardCount{Ref: orders, Target: 4},
		&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand},
		&SetMaxRecordSize{Ref: orders, KiB: 2048},
		&SetRetention{Ref: orders, Hours: 48, Increase: true},
		&AddTags{Ref: orders, Tags: map[string]string{"a": "b"}},
		&RemoveTags{Ref: orders, Keys: []string{"a"}},
		&DeleteStream{Ref: orders},
	}
	exists := "ResourceInUseException: Stream orders under account 000000000000 already exists."
	not := func(status string) string {
		return "ResourceInUseException: Stream orders under account 000000000000 not ACTIVE, instead in state " + status
	}
	// What each command is refused with, "" for what is accepted.
	for status, want := range map[types.StreamStatus][]string{
		types.StreamStatusCreating: {exists, not("CREATING"), not("CREATING"), not("CREATING"), not("CREATING"),
			not("CREATING"), not("CREATING"), not("CREATING"), not("CREATING"), ""},
		types.StreamStatusActive: {exists, "", "", "", "", "", "", "", "", ""},
		types.StreamStatusUpdating: {exists, not("UPDATING"), not("UPDATING"), not("UPDATING"), not("UPDATING"),
			not("UPDATING"), "", "", "", ""},
		types.StreamStatusDeleting: {exists, not("DELETING"), not("DELETING"), not("DELETING"), not("DELETING"),
			not("DELETING"), not("DELETING"), not("DELETING"), not("DELETING"), not("DELETING")},
	} {
		for i, cmd := range commands {
			r := testRig(t)
			r.bring(status)
			if got := r.orders().Status; got != status {
				t.Fatalf("status %s, want %s", got, status)
			}
			if want[i] == "" {
				r.must(cmd)
			} else {
				r.refuse(cmd, want[i])
			}
		}
	}
	r := testRig(t)
	for _, cmd := range commands[1:] {
		r.refuse(cmd, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	}
}

// bring makes the stream orders and brings it into the status, with states that
// last.
func (r *rig) bring(status types.StreamStatus) {
	r.Helper()
	r.terms.DelayMillis = 500
	r.must(&CreateStream{Ref: orders, Mode: types.StreamModeProvisioned, Shards: 2, MaxRecordKiB: 1024})
	if status == types.StreamStatusCreating {
		return
	}
	r.finish()
	switch status {
	case types.StreamStatusUpdating:
		r.must(&UpdateShardCount{Ref: orders, Target: 3})
	case types.StreamStatusDeleting:
		r.must(&DeleteStream{Ref: orders})
	}
}

// TestStatesThatLast watches a stream while its states last.
func TestStatesThatLast(t *testing.T) {
	r := testRig(t)
	r.terms.DelayMillis = 500
	x := r.create(2)
	if len(x.Open()) != 0 || len(x.Shards) != 0 || len(r.logs) != 0 || x.ShardsToBe() != 2 {
		t.Errorf("CREATING: %+v", x)
	}
	next, pending := r.NextDue()
	if !pending || next.DueMillis != t0+500 || next.Stream != x.ID {
		t.Errorf("due %+v", next)
	}
	r.must(&Finish{Stream: x.ID, Number: next.Number + 1}) // of something else
	r.finish()
	x = r.orders()
	r.checkShards(x)
	if x.Shards[0].OpenedMillis != t0 {
		t.Errorf("opened at %d; between creation and now there is no other generation", x.Shards[0].OpenedMillis)
	}

	r.must(&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "1000"})
	if x = r.orders(); len(x.Open()) != 2 || x.ShardsToBe() != 3 {
		t.Errorf("UPDATING: %d open, %d to be", len(x.Open()), x.ShardsToBe())
	}
	r.finish()
	r.checkShards(r.orders())
	r.must(&MergeShards{Ref: orders, Shard: 2, Adjacent: 3})
	r.finish()
	r.checkShards(r.orders())
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	if x = r.orders(); x.Mode != types.StreamModeProvisioned {
		t.Error("the mode is there before its time")
	}

	// A deletion takes the place of what is pending.
	overtaken, _ := r.NextDue()
	r.must(&DeleteStream{Ref: orders})
	if x = r.orders(); len(x.Shards) != 0 || len(r.logs) != 0 || x.Status != types.StreamStatusDeleting {
		t.Errorf("DELETING: %+v", x)
	}
	r.must(&Finish{Stream: overtaken.Stream, Number: overtaken.Number})
	if x = r.orders(); x.Status != types.StreamStatusDeleting {
		t.Errorf("an overtaken transition brought it to %s", x.Status)
	}
	r.finish()
	if _, ok := r.Stream(orders.Account, orders.Region, orders.Name); ok {
		t.Error("still there")
	}
	if _, pending := r.NextDue(); pending {
		t.Error("something is pending")
	}
}

// A stream deleted while it is CREATING never has a shard.
func TestDeleteWhileCreating(t *testing.T) {
	r := testRig(t)
	r.bring(types.StreamStatusCreating)
	r.must(&DeleteStream{Ref: orders})
	r.finish()
	for _, e := range r.effects {
		if len(e.Open) > 0 || len(e.DeleteStreams) > 0 {
			t.Errorf("effects %+v", e)
		}
	}
}

func TestDueInOrder(t *testing.T) {
	r := testRig(t)
	for i, name := range []string{"a", "b", "c"} {
		r.terms.DelayMillis = []int64{900, 300, 600}[i]
		r.must(&CreateStream{Ref: Ref{Name: name}, Mode: types.StreamModeProvisioned, Shards: 1})
	}
	var order []storage.StreamID
	for {
		next, pending := r.NextDue()
		if !pending {
			break
		}
		order = append(order, next.Stream)
		r.finish()
	}
	if want := []storage.StreamID{2, 3, 1}; !reflect.DeepEqual(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

func TestWaitNewer(t *testing.T) {
	r := testRig(t)
	x := r.create(1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.WaitNewer(ctx, x); err != context.Canceled {
		t.Errorf("nothing new: %v", err)
	}
	waited := make(chan error)
	go func() { waited <- r.WaitNewer(context.Background(), x) }()
	r.must(&CreateStream{Ref: Ref{Name: "another"}, Mode: types.StreamModeProvisioned, Shards: 1})
	r.must(&SetMaxRecordSize{Ref: orders, KiB: 2048})
	if err := <-waited; err != nil {
		t.Error(err)
	}
	x = r.orders()
	r.must(&DeleteStream{Ref: orders})
	if err := r.WaitNewer(ctx, x); err != nil {
		t.Errorf("gone: %v", err)
	}
}

// wantRetain checks the last command's advice to the log.
func wantRetain(t *testing.T, r *rig, hours float64) {
	t.Helper()
	retain := r.effects[len(r.effects)-1].Retain
	if len(retain) != 1 || retain[0].Period.Hours() != hours || retain[0].Stream != r.orders().ID {
		t.Errorf("retain %+v, want %v hours", retain, hours)
	}
}
