package producer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

func TestMain(m *testing.M) {
	// Tests with a server wait for it, for timeouts and for pauses most of the time,
	// whatever the number of processors is.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// service is a Kinesis in memory for one stream, whose answers a test can change
// and whose time is the test's own, virtual one.
type service struct {
	t testing.TB
	// fault answers a request in place of the service when it returns an answer
	// or an error. It is called before the request is carried out, n being the
	// number of PutRecords requests before.
	fault func(n int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error)
	// refuse returns the code with which an entry is refused, or "".
	refuse func(n int, shard string) string
	// lose has the answer of a request that was carried out lost.
	lose func(n int) bool
	// mapFault answers ListShards.
	mapFault func(n int) error
	latency  time.Duration
	hang     func(n int) bool // the request has no answer for an hour
	anywhere bool             // records go to shards in turn, as with the strategy AUTO

	mu       sync.Mutex
	shards   []*testShard // by number; closed ones stay
	requests []request
	maps     int
	turn     int
	underWay int
	most     int // of underWay
}

type testShard struct {
	id     string
	owns   stream.HashKeyRange
	closed bool
	stored []types.PutRecordsRequestEntry
}

// request is one PutRecords that reached the service.
type request struct {
	at      time.Time
	entries []types.PutRecordsRequestEntry
}

func newService(t testing.TB, shards int) *service {
	s := &service{t: t, latency: time.Millisecond}
	for _, r := range stream.Evenly(shards) {
		s.openLocked(r)
	}
	return s
}

func (s *service) openLocked(r stream.HashKeyRange) {
	s.shards = append(s.shards, &testShard{id: stream.ShardID(len(s.shards)).String(), owns: r})
}

// split cuts the n-th shard in half.
func (s *service) split(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent := s.shards[n]
	parent.closed = true
	middle := stream.HashKey{Hi: parent.owns.Start.Hi/2 + parent.owns.End.Hi/2, Lo: 5}
	s.openLocked(stream.HashKeyRange{Start: parent.owns.Start, End: middle})
	s.openLocked(stream.HashKeyRange{Start: middle.Next(), End: parent.owns.End})
}

// merge makes one of two shards, the lower one first.
func (s *service) merge(a, b int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shards[a].closed, s.shards[b].closed = true, true
	s.openLocked(stream.HashKeyRange{Start: s.shards[a].owns.Start, End: s.shards[b].owns.End})
}

// open returns the numbers of the open shards, by their ranges.
func (s *service) open() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []int
	for n, shard := range s.shards {
		if !shard.closed {
			open = append(open, n)
		}
	}
	slices.SortFunc(open, func(a, b int) int { return s.shards[a].owns.Start.Compare(s.shards[b].owns.Start) })
	return open
}

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "as the test wants it"}
}

var errLost = errors.New("connection reset")

func (s *service) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	s.mu.Lock()
	n := s.maps
	s.maps++
	s.mu.Unlock()
	if err := s.wait(ctx, s.latency); err != nil {
		return nil, err
	}
	if s.mapFault != nil {
		if err := s.mapFault(n); err != nil {
			return nil, err
		}
	}
	// Two a page, so that pages are turned.
	const page = 2
	from := 0
	fmt.Sscan(aws.ToString(in.NextToken), &from)
	out := new(kinesis.ListShardsOutput)
	open := s.open()
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.ShardFilter == nil && in.NextToken == nil {
		at := 0
		if after, ok := stream.ParseShardID(aws.ToString(in.ExclusiveStartShardId)); ok {
			at = int(after) + 1
		}
		out.Shards = append(out.Shards, s.shards[at].described())
		return out, nil
	}
	for i := from; i < min(len(open), from+page); i++ {
		out.Shards = append(out.Shards, s.shards[open[i]].described())
	}
	if from+page < len(open) {
		out.NextToken = aws.String(fmt.Sprint(from + page))
	}
	return out, nil
}

// described returns the shard as ListShards has it.
func (s *testShard) described() types.Shard {
	return types.Shard{ShardId: &s.id, HashKeyRange: &types.HashKeyRange{
		StartingHashKey: aws.String(s.owns.Start.String()), EndingHashKey: aws.String(s.owns.End.String()),
	}}
}

// wait takes the time that a request takes.
func (s *service) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *service) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, request{time.Now(), in.Records})
	s.underWay++
	s.most = max(s.most, s.underWay)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.underWay--
		s.mu.Unlock()
	}()
	latency := s.latency
	if s.hang != nil && s.hang(n) {
		latency = time.Hour
	}
	if err := s.wait(ctx, latency); err != nil {
		return nil, err
	}
	if s.fault != nil {
		if out, err := s.fault(n, in); out != nil || err != nil {
			return out, err
		}
	}
	out := s.store(n, in)
	if s.lose != nil && s.lose(n) {
		return nil, errLost
	}
	return out, nil
}

func (s *service) store(n int, in *kinesis.PutRecordsInput) *kinesis.PutRecordsOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &kinesis.PutRecordsOutput{}
	bytes := 0
	for _, entry := range in.Records {
		bytes += len(entry.Data) + len(*entry.PartitionKey)
		shard := s.routeLocked(entry)
		if s.refuse != nil {
			if code := s.refuse(n, shard.id); code != "" {
				out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("refused")})
				continue
			}
		}
		entry.Data = slices.Clone(entry.Data)
		shard.stored = append(shard.stored, entry)
		out.Records = append(out.Records, types.PutRecordsResultEntry{
			ShardId: &shard.id, SequenceNumber: aws.String(fmt.Sprint(len(shard.stored))),
		})
	}
	if len(in.Records) > 500 || len(in.Records) > 1 && bytes > 5<<20 {
		s.t.Errorf("a request has %d records and %d bytes", len(in.Records), bytes)
	}
	return out
}

func (s *service) routeLocked(entry types.PutRecordsRequestEntry) *testShard {
	k, err := stream.ParseHashKey(*entry.ExplicitHashKey)
	if err != nil {
		s.t.Errorf("an entry has no explicit hash key: %v", err)
	}
	for i := range s.shards {
		shard := s.shards[i]
		if s.anywhere {
			s.turn++
			shard = s.shards[s.turn%len(s.shards)]
		}
		if !shard.closed && (s.anywhere || shard.owns.Contains(k)) {
			return shard
		}
	}
	s.t.Fatalf("no shard owns %v", k)
	return nil
}

// delivered is a user record that a consumer gets.
type delivered struct {
	Record
	shard string
	sub   int
}

// read returns what the KCL would deliver, parents before children.
func (s *service) read() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []delivered
	for _, shard := range s.shards {
		for _, entry := range shard.stored {
			records, aggregated, err := aggregation.Deaggregate(nil, entry.Data, shard.owns)
			if err != nil && !errors.Is(err, aggregation.ErrForeign) {
				s.t.Errorf("%s has an aggregate that cannot be read: %v", shard.id, err)
			}
			if !aggregated {
				records = []Record{{PartitionKey: *entry.PartitionKey, Data: entry.Data}}
			}
			for sub, r := range records {
				all = append(all, delivered{r, shard.id, sub})
			}
		}
	}
	return all
}

// made returns the requests so far.
func (s *service) made() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// storedCount returns how many Kinesis records there are.
func (s *service) storedCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, shard := range s.shards {
		n += len(shard.stored)
	}
	return n
}

// results gathers what becomes of records.
type results struct {
	mu sync.Mutex
	by map[string]Result // by the data
	t  testing.TB
}

func newResults(t testing.TB) *results { return &results{by: map[string]Result{}, t: t} }

// of returns a callback for a record.
func (r *results) of(data string) func(Result) {
	return func(result Result) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, twice := r.by[data]; twice {
			r.t.Errorf("%s has a second result", data)
		}
		r.by[data] = result
	}
}

func (r *results) get(data string) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	result, ok := r.by[data]
	if !ok {
		r.t.Errorf("%s has no result", data)
	}
	return result
}

func (r *results) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.by)
}

// codes returns the codes of the attempts.
func (r Result) codes() string {
	var codes []string
	for _, a := range r.Attempts {
		codes = append(codes, a.Code)
	}
	return fmt.Sprint(codes)
}

// start makes a producer that is closed when the test ends; within synctest the
// test closes it itself.
func start(t testing.TB, client Client, options ...Option) *Producer {
	t.Helper()
	p, err := New(client, "orders", options...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// enqueue enqueues a record whose data tells it apart.
func enqueue(t testing.TB, p *Producer, r *results, key, data string) {
	t.Helper()
	record := Record{PartitionKey: key, Data: []byte(data)}
	if err := p.Enqueue(context.Background(), record, r.of(data)); err != nil {
		t.Fatal(err)
	}
}

// stop closes a producer, which may take a while of virtual time.
func stop(t testing.TB, p *Producer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Hour)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.UserRecordsPending != 0 || s.PendingBytes != 0 || s.UserRecordsReceived != s.UserRecordsPut+s.UserRecordsFailed {
		t.Errorf("after Close: %+v", s)
	}
}
