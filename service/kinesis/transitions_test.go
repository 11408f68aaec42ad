package kinesis

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
)

// status returns the status of the stream testRef, empty when there is none.
func (r *rig) status() types.StreamStatus {
	x, found := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	if !found {
		return ""
	}
	return x.Status
}

// lapse advances the clock by what a state lasts and waits for the next status.
func (r *rig) lapse(want types.StreamStatus) {
	r.t.Helper()
	r.clock.Advance(r.stateDelay)
	r.await("status "+string(want), func() bool { return r.status() == want })
}

// TestStatesLast goes through the life of a stream whose states last, by the
// operations, with what spec data-streams §10.2 says of each status.
func TestStatesLast(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	r.stateDelay = 500 * time.Millisecond
	r.start()
	notActive := func(status string) string {
		return "ResourceInUseException: Stream orders under account 000000000000 not ACTIVE, instead in state " + status
	}
	list := func() error {
		_, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name})
		return err
	}
	split := func() error {
		_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: &testRef.Name,
			ShardToSplit: aws.String("0"), NewStartingHashKey: aws.String("1000")})
		return err
	}
	put := func() error {
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"), Data: []byte("d")})
		return err
	}
	iterate := func() error {
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: &testRef.Name,
			ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest})
		return err
	}
	tag := func() error {
		_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name, Tags: map[string]string{"a": "b"}})
		return err
	}
	listTags := func() error {
		_, err := r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{StreamName: &testRef.Name})
		return err
	}
	remove := func() error {
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: &testRef.Name})
		return err
	}

	r.create(testRef.Name, 2)
	if d := r.describe(); d.StreamStatus != types.StreamStatusCreating || d.Shards == nil || len(d.Shards) != 0 {
		t.Errorf("%+v", d)
	}
	wantError(t, put(), "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	wantError(t, iterate(), "ResourceNotFoundException: Shard shardId-000000000000 in stream orders under account 000000000000 does not exist")
	wantError(t, list(), notActive("CREATING"))
	wantError(t, split(), notActive("CREATING"))
	wantError(t, tag(), notActive("CREATING"))
	ok(t, listTags())

	r.clock.Advance(r.stateDelay - time.Millisecond)
	if r.status() != types.StreamStatusCreating {
		t.Error("ended early")
	}
	r.clock.Advance(time.Millisecond)
	r.await("ACTIVE", func() bool { return r.status() == types.StreamStatusActive })
	if d := r.describe(); len(d.Shards) != 2 {
		t.Errorf("%+v", d)
	}
	ok(t, put())

	ok(t, split())
	if d := r.describe(); d.StreamStatus != types.StreamStatusUpdating || len(d.Shards) != 2 {
		t.Errorf("%+v", d)
	}
	ok(t, put())
	ok(t, iterate())
	ok(t, list())
	ok(t, tag())
	wantError(t, split(), notActive("UPDATING"))
	r.lapse(types.StreamStatusActive)
	if d := r.describe(); len(d.Shards) != 4 {
		t.Errorf("%+v", d)
	}

	ok(t, remove())
	if d := r.describe(); d.StreamStatus != types.StreamStatusDeleting || len(d.Shards) != 0 {
		t.Errorf("%+v", d)
	}
	wantError(t, list(), notActive("DELETING"))
	wantError(t, remove(), notActive("DELETING"))
	ok(t, listTags())
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &testRef.Name, ShardCount: aws.Int32(1)})
	wantError(t, err, "ResourceInUseException: Stream orders under account 000000000000 already exists.")
	r.lapse("")
	r.create(testRef.Name, 1)
	ok(t, remove()) // while CREATING
	r.lapse("")
}

// A transition that is due before the one that is waited for is not kept
// waiting.
func TestShorterTransitionOvertakes(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	r.start()
	r.stateDelay = time.Hour
	r.create("slow", 1)
	r.awaitAlarms(keepers + 1) // and the one for this stream
	r.stateDelay = time.Second
	r.create(testRef.Name, 1)
	r.awaitAlarms(keepers + 2) // and a new one for this
	r.lapse(types.StreamStatusActive)
	if next, _ := r.catalog.NextDue(); next.DueMillis != 1700000000500+3600_000 {
		t.Errorf("%+v", next)
	}
}

// What was pending when a server ended is finished by the next one.
func TestPendingAfterRestart(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	r.stateDelay = 500 * time.Millisecond
	r.create(testRef.Name, 1) // and nobody to finish it
	r.clock.Advance(time.Hour)
	r.start()
	r.await("ACTIVE", func() bool { return r.status() == types.StreamStatusActive })
}

// A log that fails for a while does not end the goroutine.
func TestFinishIsTriedAgain(t *testing.T) {
	broken := &brokenLog{}
	r := newRig(t, 0, rigOptions{wrap: func(l storage.Log) storage.Log { broken.Log = l; return broken }})
	r.stateDelay = 500 * time.Millisecond
	r.create(testRef.Name, 1)
	broken.failures = make(chan error, 2)
	broken.failures <- storage.ErrFull
	broken.failures <- storage.ErrFull
	r.start()
	deadline := time.After(patience)
	for r.status() != types.StreamStatusActive {
		changed := r.catalog.Changed()
		r.clock.Advance(100 * time.Millisecond)
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("not tried again")
		default:
		}
	}
	if len(broken.failures) != 0 {
		t.Errorf("%d failures left", len(broken.failures))
	}
}

// brokenLog fails to propose as often as there are failures.
type brokenLog struct {
	storage.Log
	failures chan error
}

func (l *brokenLog) Propose(ctx context.Context, machine string, command []byte) (any, error) {
	select {
	case err := <-l.failures:
		return nil, err
	default:
		return l.Log.Propose(ctx, machine, command)
	}
}

// The service's goroutines end by themselves when the log has stopped.
func TestLogStops(t *testing.T) {
	c := catalog.New()
	clock := &frozenClock{now: time.UnixMilli(1700000000500)}
	log := memlog.Open(map[string]storage.Machine{catalog.MachineName: c}, memlog.Options{Clock: clock})
	r := &rig{Service: New(Options{Log: log, Catalog: c, Clock: clock, StateDelay: time.Second}), t: t, ctx: newRig(t, 0, rigOptions{}).ctx}
	r.create(testRef.Name, 1)
	ok(t, log.Close())
	clock.Advance(time.Second)
	ended := make(chan struct{})
	go func() { r.finishTransitions(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("goes on without a log")
	}
	r.Close()
}
