package kinesis

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/stream"
)

// The stream of most tests.
var testRef = catalog.Ref{Account: "000000000000", Region: "us-east-1", Name: "orders"}

const testARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"

// rig is a service on a log in memory, with time standing still.
type rig struct {
	*Service
	t     testing.TB
	ctx   context.Context // of the account and region of testRef
	clock *frozenClock
	log   storage.Log
}

// rigOptions are what a test may want otherwise.
type rigOptions struct {
	limits   Limits
	keys     keys.Keeper                                 // nil is a ring
	maxBytes int64                                       // of the log in memory
	open     func(testMachines, clock.Clock) storage.Log // another log than one in memory
	wrap     func(storage.Log) storage.Log               // what the service sees of the log
}

type testMachines = map[string]storage.Machine

// newRig makes a rig with the stream testRef of so many shards, if any.
func newRig(t testing.TB, shards int32, o rigOptions) *rig {
	t.Helper()
	c := catalog.New()
	clock := &frozenClock{now: time.UnixMilli(1700000000500)}
	machines := testMachines{catalog.MachineName: c}
	var log storage.Log
	if o.open != nil {
		log = o.open(machines, clock)
	} else {
		log = memlog.Open(machines, memlog.Options{Clock: clock, MaxBytes: o.maxBytes})
	}
	t.Cleanup(func() { log.Close() })
	seen := log
	if o.wrap != nil {
		seen = o.wrap(log)
	}
	if o.keys == nil {
		o.keys = keys.NewRing()
	}
	r := &rig{
		Service: New(Options{Log: seen, Catalog: c, Clock: clock, Limits: o.limits, Keys: o.keys}),
		t:       t,
		ctx:     api.WithCaller(context.Background(), api.Caller{Account: testRef.Account, Region: testRef.Region}),
		clock:   clock,
		log:     log,
	}
	if shards > 0 {
		r.change(&catalog.CreateStream{Ref: testRef, Mode: types.StreamModeProvisioned, Shards: shards, MaxRecordKiB: 1024})
	}
	return r
}

// change has the catalog carry out a command.
func (r *rig) change(cmd catalog.Command) {
	r.t.Helper()
	if _, err := r.propose(r.ctx, testRef, cmd); err != nil {
		r.t.Fatalf("%T: %v", cmd, err)
	}
}

func (r *rig) split(shard stream.ShardID, at string) {
	r.t.Helper()
	r.change(&catalog.SplitShard{Ref: testRef, Shard: shard, NewStartingHashKey: at})
}

func (r *rig) merge(shard, adjacent stream.ShardID) {
	r.t.Helper()
	r.change(&catalog.MergeShards{Ref: testRef, Shard: shard, Adjacent: adjacent})
}

// put puts one record with the explicit hash key and returns its outcome.
func (r *rig) put(hashKey, data string) *kinesis.PutRecordOutput {
	r.t.Helper()
	out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{
		StreamName: &testRef.Name, PartitionKey: aws.String("k"), ExplicitHashKey: &hashKey, Data: []byte(data),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// iterator returns an iterator of the type.
func (r *rig) iterator(shard string, kind types.ShardIteratorType) string {
	r.t.Helper()
	return r.iteratorFor(&kinesis.GetShardIteratorInput{ShardId: &shard, ShardIteratorType: kind})
}

// iteratorFor returns the iterator for the request, of stream testRef.
func (r *rig) iteratorFor(in *kinesis.GetShardIteratorInput) string {
	r.t.Helper()
	in.StreamName = &testRef.Name
	out, err := r.GetShardIterator(r.ctx, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.ShardIterator
}

// get reads a page.
func (r *rig) get(iterator string) *kinesis.GetRecordsOutput {
	r.t.Helper()
	out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// dataOf returns the data of the records, spelled together.
func dataOf(records []types.Record) string {
	var all []byte
	for _, r := range records {
		all = append(all, r.Data...)
	}
	return string(all)
}

// wantError compares an error with what it must read, code first.
func wantError(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// frozenClock moves by Advance only.
type frozenClock struct {
	mu     sync.Mutex
	now    time.Time
	alarms map[chan time.Time]time.Time // when they are due
}

var _ clock.Clock = (*frozenClock)(nil)

func (c *frozenClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *frozenClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.alarms == nil {
		c.alarms = make(map[chan time.Time]time.Time)
	}
	alarm := make(chan time.Time, 1)
	c.alarms[alarm] = c.now.Add(d)
	c.ringLocked()
	return alarm
}

// Advance moves the clock and rings what is due.
func (c *frozenClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.ringLocked()
}

func (c *frozenClock) ringLocked() {
	for alarm, due := range c.alarms {
		if !due.After(c.now) {
			alarm <- c.now
			delete(c.alarms, alarm)
		}
	}
}
