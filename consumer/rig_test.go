package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
	service "github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
)

// rig is a Kinesis in the bubble of synctest, with the stream orders, and what
// an application of the test has seen of it. Its client is a Kinesis whose calls
// the test can have fail.
type rig struct {
	*service.Service
	t      *testing.T
	ctx    context.Context
	leases lease.Store
	seen   *trail

	mu      sync.Mutex
	faults  map[string][]func() error // by operation, first come first served
	answers map[string][]func(any)
	puts    map[string]int
}

// bubble runs a test with a rig in a bubble of synctest, where hours pass in no
// time.
func bubble(t *testing.T, shards int, test func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		c := catalog.New()
		log := memlog.Open(map[string]storage.Machine{catalog.MachineName: c}, memlog.Options{})
		r := &rig{
			Service: service.New(service.Options{Log: log, Catalog: c, TrustClock: true}),
			t:       t,
			ctx:     api.WithCaller(t.Context(), api.Caller{Account: "000000000000", Region: "us-east-1"}),
			leases:  memlease.New(),
			seen:    newTrail(),
			faults:  map[string][]func() error{},
			answers: map[string][]func(any){},
			puts:    map[string]int{},
		}
		r.Start()
		defer func() {
			r.Close()
			if err := log.Close(); err != nil {
				t.Error(err)
			}
		}()
		r.createStream("orders", shards)
		test(r)
	})
}

func (r *rig) createStream(name string, shards int) {
	r.t.Helper()
	_, err := r.Service.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(int32(shards))})
	if err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(time.Second) // in the bubble's time: the stream becomes ACTIVE
}

// client returns what a worker reads the rig with.
func (r *rig) client() Kinesis { return InProcess(rigClient{r}) }

// fail has the next calls of an operation do f first; an error of it is theirs.
func (r *rig) fail(operation string, times int, f func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range times {
		r.faults[operation] = append(r.faults[operation], f)
	}
}

// errHang is the error of a fault that has the call not return before its context
// ends.
var errHang = errors.New("no answer")

// fault carries out the next fault of an operation, if there is one.
func (r *rig) fault(ctx context.Context, operation string) error {
	r.mu.Lock()
	queue := r.faults[operation]
	if len(queue) == 0 {
		r.mu.Unlock()
		return nil
	}
	r.faults[operation] = queue[1:]
	r.mu.Unlock()
	err := queue[0]()
	if err == errHang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// alter has the next answers of an operation be changed by f.
func (r *rig) alter(operation string, times int, f func(out any)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range times {
		r.answers[operation] = append(r.answers[operation], f)
	}
}

// altered changes an answer if it is to be.
func (r *rig) altered(operation string, out any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if queue := r.answers[operation]; len(queue) > 0 {
		r.answers[operation] = queue[1:]
		queue[0](out)
	}
}

// rigClient makes calls on the rig's behalf.
type rigClient struct{ r *rig }

func (c rigClient) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	if err := c.r.fault(ctx, "ListShards"); err != nil {
		return nil, err
	}
	out, err := c.r.Service.ListShards(ctx, in)
	if err == nil {
		c.r.altered("ListShards", out)
	}
	return out, err
}

func (c rigClient) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	if err := c.r.fault(ctx, "GetShardIterator"); err != nil {
		return nil, err
	}
	return c.r.Service.GetShardIterator(ctx, in)
}

func (c rigClient) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	if err := c.r.fault(ctx, "GetRecords"); err != nil {
		return nil, err
	}
	out, err := c.r.Service.GetRecords(ctx, in)
	if err == nil {
		c.r.altered("GetRecords", out)
	}
	return out, err
}

// putRecords puts one more record of each of so many keys: its data is the how
// many-th of the key it is, from 0.
func (r *rig) putRecords(keys int) {
	r.t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
	for k := range keys {
		key := fmt.Sprintf("key %d", k)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(strconv.Itoa(r.puts[key]))})
		r.puts[key]++
	}
	out, err := r.Service.PutRecords(r.ctx, in)
	if err != nil || *out.FailedRecordCount != 0 {
		r.t.Fatalf("put: %v", err)
	}
}

// scale has the stream have n shards.
func (r *rig) scale(n int) {
	r.t.Helper()
	_, err := r.Service.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{
		StreamName: aws.String("orders"), TargetShardCount: aws.Int32(int32(n)), ScalingType: types.ScalingTypeUniformScaling,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(time.Second) // until it is ACTIVE again
}

// running is a worker that runs.
type running struct {
	*Worker
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

// start runs a worker over the rig's stream, with processors that note what they
// see in the trail, unless the factory is not nil.
func (r *rig) start(name string, factory Factory, options ...Option) *running {
	r.t.Helper()
	return r.startOn(r.leases, name, factory, options...)
}

// startOn is start with a lease store of the worker's own.
func (r *rig) startOn(leases lease.Store, name string, factory Factory, options ...Option) *running {
	r.t.Helper()
	return r.startWith(r.client(), leases, name, factory, options...)
}

// startWith is startOn with a Kinesis of the worker's own.
func (r *rig) startWith(client Kinesis, leases lease.Store, name string, factory Factory, options ...Option) *running {
	r.t.Helper()
	if factory == nil {
		factory = Func(r.seen.process)
	}
	return r.run(client, leases, name, factory, append([]Option{Stream("orders")}, options...))
}

// startApplication runs a worker over streams that the options name.
func (r *rig) startApplication(name string, process func(context.Context, *Batch) error, options ...Option) *running {
	r.t.Helper()
	return r.run(r.client(), r.leases, name, Func(process), options)
}

// run runs a worker.
func (r *rig) run(client Kinesis, leases lease.Store, name string, factory Factory, options []Option) *running {
	r.t.Helper()
	o := append([]Option{WorkerID(name), WithLogger(testLogger(r.t)), CPUUtilization(nil)}, options...)
	w, err := New(client, leases, factory, o...)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	run := &running{Worker: w, t: r.t, stop: cancel, done: make(chan error, 1)}
	go func() { run.done <- w.Run(ctx) }()
	return run
}

// stopped shuts the worker down in good order.
func (w *running) stopped() {
	w.t.Helper()
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Errorf("%s: %v", w.ID(), err)
	}
}

// killed ends the worker as if its process had died.
func (w *running) killed() {
	w.t.Helper()
	w.cut()
	<-w.done
}

// until waits until the condition holds, in the bubble's time.
func (r *rig) until(what string, condition func() bool) {
	r.t.Helper()
	for range 20_000 {
		if synctest.Wait(); condition() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.t.Fatalf("after half an hour: not %s", what)
}

// allSeen waits until everything that was put was processed.
func (r *rig) allSeen() {
	r.t.Helper()
	r.until("everything seen", func() bool { return r.seen.covers(r.puts) })
}

// trail is what an application has seen.
type trail struct {
	mu     sync.Mutex
	values map[string][]int // of each key, in the order seen
	shards map[string]bool
	errs   []error
	repeat int // records seen again
}

func newTrail() *trail { return &trail{values: map[string][]int{}, shards: map[string]bool{}} }

// process notes the records of a batch.
func (tr *trail) process(_ context.Context, b *Batch) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.shards[b.Shard.ShardID] = true
	for _, rec := range b.Records {
		n, err := strconv.Atoi(string(rec.Data))
		if err != nil {
			return err
		}
		tr.add(rec.PartitionKey, n)
	}
	return nil
}

// add notes a value of a key: the next one, or an earlier one once more.
func (tr *trail) add(key string, n int) {
	seen := tr.values[key]
	next := 0
	if len(seen) > 0 {
		next = seen[len(seen)-1] + 1
	}
	if n > next {
		tr.errs = append(tr.errs, fmt.Errorf("%s: %d after %d: records are missing or came early", key, n, next-1))
	}
	if slices.Contains(seen, n) {
		tr.repeat++
	}
	tr.values[key] = append(seen, n)
}

// covers reports whether all that was put was seen.
func (tr *trail) covers(puts map[string]int) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for key, n := range puts {
		seen := tr.values[key]
		if len(seen) == 0 || seen[len(seen)-1] != n-1 {
			return false
		}
	}
	return true
}

// check fails the test unless every key was seen in order, without a gap, and
// with no more than so many records twice.
func (tr *trail) check(t *testing.T, maxRepeats int) {
	t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, err := range tr.errs {
		t.Error(err)
	}
	if tr.repeat > maxRepeats {
		t.Errorf("%d records were seen twice, of at most %d", tr.repeat, maxRepeats)
	}
}

// errTransient is what passes.
var errTransient = errors.New("connection reset by peer")

// testLogger logs to the test.
func testLogger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
