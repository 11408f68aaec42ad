package producer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestBufferedTime sees records leave 100 ms after the first one came, those of
// all shards in one request.
func TestBufferedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(t, 4), time.Now()
		p, r := start(t, s), newResults(t)
		enqueue(t, p, r, "first, so that the map is known", "0")
		time.Sleep(time.Second)
		if requests := s.made(); len(requests) != 1 || requests[0].at.Sub(began) != s.latency*2 {
			t.Fatalf("the record that waited for the map left after %v", requests[0].at.Sub(began))
		}
		began = time.Now()
		for i := range 100 {
			enqueue(t, p, r, fmt.Sprint("key-", i), fmt.Sprint("data-", i))
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Second)
		if requests := s.made(); len(requests) != 2 || len(requests[1].entries) != 4 || requests[1].at.Sub(began) != 100*time.Millisecond {
			t.Errorf("%d requests, the last after %v", len(requests), requests[len(requests)-1].at.Sub(began))
		}
		stop(t, p)
		if got := len(s.read()); got != 101 {
			t.Errorf("%d records delivered", got)
		}
		for i := range 100 {
			got := r.get(fmt.Sprint("data-", i))
			if got.Err != nil || got.codes() != "[]" && len(got.Attempts) != 1 {
				t.Errorf("%d: %+v", i, got)
			}
		}
	})
}

// TestResult sees each user record learn exactly where consumers find it.
func TestResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 3)
		p, r := start(t, s), newResults(t)
		for i := range 50 {
			enqueue(t, p, r, fmt.Sprint("key-", i), fmt.Sprint("data-", i))
		}
		stop(t, p)
		for _, d := range s.read() {
			if got := r.get(string(d.Data)); got.ShardID != d.shard || got.SubSequenceNumber != d.sub || got.SequenceNumber != "1" || len(got.Attempts) != 1 || got.Attempts[0].Duration != s.latency {
				t.Errorf("%s is in %s at %d: %+v", d.Data, d.shard, d.sub, got)
			}
		}
	})
}

// TestEarly sees what makes a request leave before its time.
func TestEarly(t *testing.T) {
	for _, c := range []struct {
		what    string
		options []Option
		records int
		size    int
		want    []int // entries of the requests that leave at once
	}{
		{"AggregationMaxCount alone fills no request", []Option{AggregationMaxCount(5)}, 20, 10, nil},
		{"CollectionMaxCount", []Option{AggregationEnabled(false), CollectionMaxCount(10)}, 25, 10, []int{10, 10}},
		{"CollectionMaxCount of aggregates", []Option{AggregationMaxCount(5), CollectionMaxCount(10)}, 100, 10, []int{10, 10}},
		{"CollectionMaxSize", []Option{AggregationEnabled(false), CollectionMaxSize(52224)}, 11, 10_000, []int{5, 5}},
		{"256 KiB for a shard", nil, 31, 10_000, []int{6}},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 1)
				// Not by default, so that it is long, and nothing is held up by the rate.
				p, r := start(t, s, append(c.options, RecordMaxBufferedTime(time.Hour), RecordTTL(2*time.Hour), RateLimit(1000), MaxConnections(1))...), newResults(t)
				enqueue(t, p, r, "k", "the first one, which waits for the map")
				time.Sleep(time.Second)
				first := len(s.made())
				for i := range c.records {
					enqueue(t, p, r, "k", fmt.Sprint(i)+strings.Repeat("x", c.size))
				}
				time.Sleep(time.Second)
				var got []int
				for _, req := range s.made()[first:] {
					got = append(got, len(req.entries))
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("requests of %v entries, want %v", got, c.want)
				}
				stop(t, p)
			})
		})
	}
}

func TestRefusedRecords(t *testing.T) {
	p := start(t, newService(t, 1), MaxUserRecordSize(64))
	defer stop(t, p)
	for what, r := range map[string]Record{
		"no key":             {Data: []byte("x")},
		"a key too long":     {PartitionKey: strings.Repeat("k", 257)},
		"a key of two units": {PartitionKey: strings.Repeat("😀", 129)},
		"a key not in UTF-8": {PartitionKey: "\xff"},
		"no hash key":        {PartitionKey: "k", ExplicitHashKey: "x"},
		"data too long":      {PartitionKey: "k", Data: make([]byte, 65)},
	} {
		if err := p.TryEnqueue(r, func(Result) { t.Errorf("%s: a result", what) }); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	for what, r := range map[string]Record{
		"a long key":           {PartitionKey: strings.Repeat("ü", 256)},
		"a key of two units":   {PartitionKey: strings.Repeat("😀", 128)},
		"no data":              {PartitionKey: "k"},
		"the highest hash key": {PartitionKey: "k", ExplicitHashKey: "0340282366920938463463374607431768211455"},
	} {
		if _, err := p.Put(t.Context(), r); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestOptions sees that what is out of range is said, all at once.
func TestOptions(t *testing.T) {
	_, err := New(newService(t, 1), "orders", RecordTTL(time.Millisecond), CollectionMaxCount(501), AggregationMaxSize(63), RateLimit(0), MaxConnections(257))
	for _, name := range []string{"RecordTTL", "CollectionMaxCount", "AggregationMaxSize", "RateLimit", "MaxConnections"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in: %v", name, err)
		}
	}
}

// TestCopies sees that the caller may use its memory again at once.
func TestCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, aggregate := range []bool{true, false} {
			s := newService(t, 2)
			p := start(t, s, AggregationEnabled(aggregate))
			data := []byte("0")
			for i := range 10 {
				data[0] = byte('0' + i)
				if err := p.Enqueue(t.Context(), Record{PartitionKey: "k", Data: data}, nil); err != nil {
					t.Fatal(err)
				}
			}
			stop(t, p)
			var got bytes.Buffer
			for _, d := range s.read() {
				got.Write(d.Data)
			}
			if got.String() != "0123456789" {
				t.Errorf("aggregation %v: %s", aggregate, &got)
			}
		}
	})
}

// TestFullBuffer sees Enqueue wait for room, in the order of arrival, and give
// up with its context.
func TestFullBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.latency = time.Second
		p, r := start(t, s, MaxBuffered(2, 1<<20), AggregationEnabled(false)), newResults(t)
		enqueue(t, p, r, "k", "a")
		enqueue(t, p, r, "k", "b")
		if err := p.TryEnqueue(Record{PartitionKey: "k"}, nil); !errors.Is(err, ErrFull) {
			t.Errorf("TryEnqueue: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		impatient := p.Enqueue(ctx, Record{PartitionKey: "k"}, func(Result) { t.Error("a result for what was not taken") })
		if !errors.Is(impatient, context.DeadlineExceeded) {
			t.Errorf("Enqueue with a deadline: %v", impatient)
		}
		var order []string
		waited := make(chan string)
		for _, data := range []string{"c", "d", "e", "f"} {
			go func() {
				enqueue(t, p, r, "k", data)
				waited <- data
			}()
			synctest.Wait() // so that they wait in this order
		}
		for range 4 {
			order = append(order, <-waited)
		}
		if got := fmt.Sprint(order); got != "[c d e f]" && got != "[d c e f]" && got != "[c d f e]" && got != "[d c f e]" {
			t.Errorf("they were let in as %v", order) // two at a time
		}
		stop(t, p)
		if r.count() != 6 || len(s.read()) != 6 {
			t.Errorf("%d results, %d records", r.count(), len(s.read()))
		}
	})
}

// TestFullBufferOfAggregates sees that aggregates do not linger while somebody
// waits for the room that they take.
func TestFullBufferOfAggregates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(t, 2), time.Now()
		p, r := start(t, s, MaxBuffered(1000, 400), RecordMaxBufferedTime(time.Hour), RecordTTL(2*time.Hour)), newResults(t)
		for i := range 50 {
			enqueue(t, p, r, fmt.Sprint(i), strings.Repeat("x", 100)+fmt.Sprint(i))
		}
		enqueue(t, p, r, "k", strings.Repeat("larger than all of the buffer ", 20))
		stop(t, p)
		if took := time.Since(began); r.count() != 51 || took > time.Minute {
			t.Errorf("%d results in %v", r.count(), took)
		}
	})
}

// TestFlush sees that a flush waits for what came before it, and for nothing
// that came after.
func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(t, 2), time.Now()
		p, r := start(t, s, RecordMaxBufferedTime(time.Hour), RecordTTL(2*time.Hour)), newResults(t)
		enqueue(t, p, r, "k", "first, so that the map is known")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for round := range 3 {
			enqueue(t, p, r, "k", fmt.Sprint("before ", round))
			flushed := make(chan error)
			go func() { flushed <- p.Flush(t.Context()) }()
			synctest.Wait()
			enqueue(t, p, r, "k", fmt.Sprint("after ", round))
			if err := <-flushed; err != nil {
				t.Fatal(err)
			}
			if r.get(fmt.Sprint("before ", round)).Err != nil || r.count() != 2*round+2 {
				t.Errorf("round %d: %d results", round, r.count())
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Flush(ctx); !errors.Is(err, context.Canceled) && err != nil {
			t.Error(err)
		}
		stop(t, p)
		if took := time.Since(began); took > time.Second || r.count() != 7 {
			t.Errorf("%d results in %v", r.count(), took)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Errorf("a flush of a closed producer: %v", err)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("a second Close: %v", err)
		}
		if err := p.TryEnqueue(Record{PartitionKey: "k"}, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Enqueue after Close: %v", err)
		}
	})
}

// TestCloseGivesUp sees every record get its result although nothing answers.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2)
		p, r := start(t, s, MaxBuffered(4, 1<<20)), newResults(t)
		enqueue(t, p, r, "k", "stored")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.latency = time.Hour
		for i := range 2 {
			enqueue(t, p, r, "k", fmt.Sprint("under way ", i))
		}
		time.Sleep(time.Second)
		for i := range 2 {
			enqueue(t, p, r, "k", fmt.Sprint("waiting ", i))
		}
		refused := make(chan error)
		go func() { refused <- p.Enqueue(context.Background(), Record{PartitionKey: "k"}, nil) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if err := <-refused; !errors.Is(err, ErrClosed) {
			t.Errorf("an Enqueue that waited: %v", err)
		}
		for _, data := range []string{"under way 0", "under way 1", "waiting 0", "waiting 1"} {
			if got := r.get(data); !errors.Is(got.Err, ErrClosed) {
				t.Errorf("%s: %+v", data, got)
			}
		}
		if got := p.Stats(); r.get("stored").Err != nil || got.UserRecordsPending != 0 || got.PendingBytes != 0 {
			t.Errorf("after Close: %+v", got)
		}
	})
}

// TestStreamARN sees the stream named as it was given.
func TestStreamARN(t *testing.T) {
	const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
	s := newService(t, 3) // two pages of shards
	s.fault = func(_ int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		if in.StreamName != nil || *in.StreamARN != arn {
			t.Errorf("a request for %v, %v", in.StreamName, in.StreamARN)
		}
		return nil, nil
	}
	p, err := New(s, arn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Put(t.Context(), Record{PartitionKey: "k"}); err != nil {
		t.Error(err)
	}
	stop(t, p)
}
