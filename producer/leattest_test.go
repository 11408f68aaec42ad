package producer_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/leattest"
	"github.com/leat-io/leat/producer"
	"github.com/leat-io/leat/stream"
)

// story is a server, a producer, and what becomes of its records.
type story struct {
	t      *testing.T
	srv    *leattest.Server
	client *kinesis.Client
	*producer.Producer

	mu      sync.Mutex
	results map[string]producer.Result
	failed  int
}

func begin(t *testing.T, server []leattest.Option, options ...producer.Option) *story {
	t.Helper()
	s := &story{t: t, results: map[string]producer.Result{}}
	s.srv = leattest.New(t, append(server, leattest.Stream("orders", 2))...)
	s.client = kinesis.NewFromConfig(s.srv.AWSConfig())
	s.restart(s.client, options...)
	return s
}

// restart has another producer, with a client of its own.
func (s *story) restart(client producer.Client, options ...producer.Option) {
	s.t.Helper()
	p, err := producer.New(client, "orders", append([]producer.Option{producer.RateLimit(10_000)}, options...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.Producer != nil {
		s.end()
	}
	s.Producer = p
	s.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p.Close(ctx) // where the story did not end it
	})
}

// put enqueues n records under a hundred keys, their data told apart by a name.
func (s *story) put(name string, n int) {
	s.t.Helper()
	for i := range n {
		data := fmt.Sprintf("%s %d", name, i)
		record := producer.Record{PartitionKey: fmt.Sprint("key-", i%100), Data: []byte(data)}
		err := s.Enqueue(s.t.Context(), record, func(r producer.Result) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if _, twice := s.results[data]; twice {
				s.t.Errorf("%s has a second result", data)
			}
			s.results[data] = r
			if r.Err != nil {
				s.failed++
			}
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *story) flush() {
	s.t.Helper()
	if err := s.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) end() {
	s.t.Helper()
	if err := s.Close(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// delivered returns how often a KCL would deliver each record.
func (s *story) delivered() map[string]int {
	s.t.Helper()
	ctx, times := s.t.Context(), map[string]int{}
	list, err := s.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String("orders")})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, shard := range list.Shards {
		at, err := s.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String("orders"), ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			s.t.Fatal(err)
		}
		owns := stream.HashKeyRange{Start: hashKey(s.t, *shard.HashKeyRange.StartingHashKey), End: hashKey(s.t, *shard.HashKeyRange.EndingHashKey)}
		for next := at.ShardIterator; next != nil; {
			page, err := s.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: next})
			if err != nil {
				s.t.Fatal(err)
			}
			for _, r := range page.Records {
				records, aggregated, err := aggregation.Deaggregate(nil, r.Data, owns)
				if err != nil && !errors.Is(err, aggregation.ErrForeign) {
					s.t.Error(err)
				}
				if !aggregated {
					records = []producer.Record{{Data: r.Data}}
				}
				for _, u := range records {
					times[string(u.Data)]++
				}
			}
			if next = page.NextShardIterator; aws.ToInt64(page.MillisBehindLatest) == 0 && len(page.Records) == 0 {
				break
			}
		}
	}
	return times
}

func hashKey(t *testing.T, text string) stream.HashKey {
	t.Helper()
	k, err := stream.ParseHashKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// check sees n results without error and their records delivered, each once
// unless the answer to a request was lost.
func (s *story) check(n int, once bool) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	times := s.delivered()
	if len(s.results) != n || len(times) != n {
		s.t.Errorf("%d results, %d records, want %d", len(s.results), len(times), n)
	}
	for data, r := range s.results {
		if r.Err != nil || times[data] == 0 || once && times[data] > 1 {
			s.t.Errorf("%s is there %d times: %v, %v", data, times[data], r.Err, r.Attempts)
		}
	}
}

// TestServer plays what goes wrong with a real client against a real server.
func TestServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what   string
		faults []leattest.Fault
		once   bool
	}{
		{"nothing", nil, true},
		{"throttled requests", []leattest.Fault{leattest.Throttle(5)}, true},
		{"throttled records", []leattest.Fault{leattest.ThrottleRecords(0.5, 1), leattest.ThrottleRecords(0.9, 2), leattest.ThrottleRecords(0.5, 3)}, true},
		{"trouble inside", []leattest.Fault{leattest.Fail("InternalFailure", "").Times(3)}, true},
		{"a clock that is wrong", []leattest.Fault{leattest.Fail("RequestTimeTooSkewed", "")}, true},
		{"broken connections", []leattest.Fault{leattest.Drop().Times(3)}, true},
		{"lost answers", []leattest.Fault{leattest.DropAfter().Times(2)}, false},
		{"slow answers", []leattest.Fault{leattest.Delay(time.Minute)}, true},
	} {
		for name, options := range map[string][]producer.Option{
			"aggregated": nil, "alone": {producer.AggregationEnabled(false)}, "in order": {producer.InOrder()},
		} {
			t.Run(c.what+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := begin(t, nil, append(options, producer.RequestTimeout(time.Second), producer.RecordTTL(time.Hour))...)
				n := 1000
				if name == "in order" {
					n = 300
				}
				for _, f := range c.faults {
					s.srv.Intercept("PutRecords", f)
				}
				s.put("a", n)
				s.end()
				// On a busy machine any answer may come too late.
				s.check(n, c.once && s.Stats().ErrorsByCode[producer.CodeNoAnswer] == 0)
			})
		}
	}
}

// TestServerReshards splits and merges under load, with the map always behind.
func TestServerReshards(t *testing.T) {
	t.Parallel()
	s := begin(t, nil, producer.RecordMaxBufferedTime(5*time.Millisecond), producer.RequestTimeout(time.Minute), producer.RecordTTL(time.Hour))
	const orders = "orders"
	ids := func(n ...int) (ids []*string) {
		for _, n := range n {
			ids = append(ids, aws.String(stream.ShardID(n).String()))
		}
		return ids
	}
	middle := func(of string) *string {
		list, err := s.client.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String(orders)})
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range list.Shards {
			if *shard.ShardId == of {
				a, b := hashKey(t, *shard.HashKeyRange.StartingHashKey), hashKey(t, *shard.HashKeyRange.EndingHashKey)
				return aws.String(stream.HashKey{Hi: a.Hi/2 + b.Hi/2}.String())
			}
		}
		t.Fatalf("no shard %s", of)
		return nil
	}
	split := func(n int) {
		id := ids(n)[0]
		if _, err := s.client.SplitShard(t.Context(), &kinesis.SplitShardInput{StreamName: aws.String(orders), ShardToSplit: id, NewStartingHashKey: middle(*id)}); err != nil {
			t.Fatal(err)
		}
	}
	merge := func(a, b int) {
		pair := ids(a, b)
		if _, err := s.client.MergeShards(t.Context(), &kinesis.MergeShardsInput{StreamName: aws.String(orders), ShardToMerge: pair[0], AdjacentShardToMerge: pair[1]}); err != nil {
			t.Fatal(err)
		}
	}
	const n = 2000
	s.put("first", n)
	for i, change := range []func(){
		func() { split(0) },              // 0 → 2 3
		func() { split(1); merge(2, 3) }, // 1 → 4 5, 2 3 → 6
		func() { merge(6, 4) },           // 6 4 → 7
		func() { split(7); split(5) },    // 7 → 8 9, 5 → 10 11
	} {
		change()
		s.put(fmt.Sprint("after ", i), n)
	}
	s.end()
	s.check(5*n, true)
}

// TestServerLimits writes as fast as it can to shards that refuse what is faster
// than AWS allows, and all gets there.
func TestServerLimits(t *testing.T) {
	t.Parallel()
	s := begin(t, []leattest.Option{leattest.LimitsAWS()}, producer.AggregationEnabled(false), producer.RecordTTL(time.Hour))
	s.put("a", 3000)
	s.end()
	s.check(3000, s.Stats().ErrorsByCode[producer.CodeNoAnswer] == 0)
}

// TestServerWithoutStream sees that what cannot succeed fails at once.
func TestServerWithoutStream(t *testing.T) {
	t.Parallel()
	srv := leattest.New(t)
	p, err := producer.New(kinesis.NewFromConfig(srv.AWSConfig()), "orders", producer.RecordTTL(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Put(t.Context(), producer.Record{PartitionKey: "k"})
	if missing, _ := errors.AsType[*types.ResourceNotFoundException](err); missing == nil {
		t.Errorf("Put: %v", err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestServerDistributes puts into a stream that spreads records by itself.
func TestServerDistributes(t *testing.T) {
	t.Parallel()
	s := begin(t, nil)
	_, err := s.client.CreateStream(t.Context(), &kinesis.CreateStreamInput{
		StreamName:                 aws.String("anywhere"),
		StreamModeDetails:          &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
		RecordDistributionStrategy: types.RecordDistributionStrategyAuto,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := producer.New(s.client, "anywhere", producer.RecordMaxBufferedTime(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		if err := p.Enqueue(t.Context(), producer.Record{PartitionKey: fmt.Sprint(i)}, func(r producer.Result) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(t.Context()); err != nil || p.Stats().UserRecordsPut != 500 {
		t.Errorf("%v, %+v", err, p.Stats())
	}
	s.end()
}
