package producer

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestSplit splits a shard between the prediction and the put: the aggregate is
// stored where half of it does not belong, is put again as a whole, and every
// user record is delivered once.
func TestSplit(t *testing.T) {
	for name, options := range map[string][]Option{"": nil, "in order": {InOrder()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 2)
				p, r := start(t, s, options...), newResults(t)
				enqueue(t, p, r, "k", "so that the map is known")
				if err := p.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.split(0)
				s.split(1)
				for i := range 200 {
					enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
				}
				stop(t, p)
				checkDelivered(t, s, r, 201, true)
				wrong := 0
				for i := range 200 {
					if r.get(fmt.Sprint(i)).codes() == "[Wrong Shard ]" {
						wrong++
					}
				}
				if wrong != 200 { // both shards had user records for both of their children
					t.Errorf("%d user records were put again", wrong)
				}
				if p.Stats().KinesisRecordsPut != 1+2+4 || s.maps != 1+2 {
					t.Errorf("%+v, %d pages of maps", p.Stats(), s.maps)
				}
			})
		})
	}
}

// TestMerge merges shards between the prediction and the put: all came where it
// belongs, and nothing is put again.
func TestMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2)
		p, r := start(t, s), newResults(t)
		enqueue(t, p, r, "k", "so that the map is known")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.merge(0, 1)
		for i := range 200 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
		}
		stop(t, p)
		checkDelivered(t, s, r, 201, true)
		if s.storedCount() != 3 {
			t.Errorf("%d Kinesis records are stored", s.storedCount())
		}
	})
}

// TestSplitOfOneKey sees an aggregate that belongs where it came stay there,
// although the shard was unknown.
func TestSplitOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		p, r := start(t, s), newResults(t)
		enqueue(t, p, r, "k", "so that the map is known")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.split(0)
		for i := range 20 {
			enqueue(t, p, r, "k", fmt.Sprint(i))
		}
		stop(t, p)
		checkDelivered(t, s, r, 21, true)
		if got := r.get("7"); got.codes() != "[]" || s.storedCount() != 2 {
			t.Errorf("%+v, %d Kinesis records", got, s.storedCount())
		}
	})
}

// TestNoMap sees records put one by one where ListShards is not allowed, and
// aggregated as soon as it is.
func TestNoMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2)
		s.mapFault = func(n int) error {
			if n < 3 {
				return apiError("AccessDeniedException")
			}
			return nil
		}
		p, r := start(t, s), newResults(t)
		for i := range 20 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.storedCount() != 20 {
			t.Errorf("%d Kinesis records", s.storedCount())
		}
		time.Sleep(time.Minute)
		for i := range 20 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint("later ", i))
		}
		stop(t, p)
		checkDelivered(t, s, r, 40, true)
		if s.storedCount() != 22 {
			t.Errorf("%d Kinesis records", s.storedCount())
		}
	})
}

// TestAnywhere sees a stream that distributes records by itself get every user
// record alone, since no consumer would keep an aggregate, until predictions
// hold again.
func TestAnywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 3)
		s.anywhere = true
		p, r := start(t, s), newResults(t)
		for i := range 100 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
			time.Sleep(10 * time.Millisecond)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkDelivered(t, s, r, 100, false)
		maps := s.maps
		for i := range 100 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint("alone ", i))
			time.Sleep(10 * time.Millisecond)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.maps != maps {
			t.Errorf("the map was read %d times more", s.maps-maps)
		}
		s.mu.Lock()
		s.anywhere = false
		s.mu.Unlock()
		time.Sleep(2 * predictAgain)
		before := s.storedCount()
		for i := range 100 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint("together ", i))
		}
		stop(t, p)
		checkDelivered(t, s, r, 300, false)
		if s.storedCount() != before+3 {
			t.Errorf("%d Kinesis records for the last 100", s.storedCount()-before)
		}
	})
}

// checkDelivered sees that what was put is delivered, once or at least once, and
// that what was not put is the rest of n.
func checkDelivered(t *testing.T, s *service, r *results, n int, once bool) {
	t.Helper()
	times := map[string]int{}
	for _, d := range s.read() {
		times[string(d.Data)]++
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.by) != n {
		t.Errorf("%d results, want %d", len(r.by), n)
	}
	for data, result := range r.by {
		if got := times[data]; result.Err == nil && (got == 0 || once && got > 1) {
			t.Errorf("%s was put, and is delivered %d times: %v", data, got, result.codes())
		}
	}
}

// TestHistories plays random histories of resharding, throttling, failures and
// lost answers. What was put is delivered, once where no answer was lost; with
// InOrder each key is in order, repetitions aside.
func TestHistories(t *testing.T) {
	for seed := range uint64(24) {
		for _, ordered := range []bool{false, true} {
			for _, aggregate := range []bool{true, false} {
				name := fmt.Sprintf("seed=%d,ordered=%v,aggregate=%v", seed, ordered, aggregate)
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { playHistory(t, seed, ordered, aggregate) })
				})
			}
		}
	}
}

func playHistory(t *testing.T, seed uint64, ordered, aggregate bool) {
	random := rand.New(rand.NewPCG(seed, 7))
	s := newService(t, 1+random.IntN(3))
	losing := seed%3 == 0
	dice := newDice(seed)
	s.refuse = func(int, string) string {
		if dice.one(8) {
			return "ProvisionedThroughputExceededException"
		}
		return ""
	}
	s.fault = func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		if dice.one(10) {
			return nil, apiError("InternalFailure")
		}
		return nil, nil
	}
	s.mapFault = func(int) error {
		if dice.one(4) {
			return errLost
		}
		return nil
	}
	s.lose = func(int) bool { return losing && dice.one(10) }
	options := []Option{AggregationEnabled(aggregate), AggregationMaxCount(1 + random.IntN(40)), MaxConnections(1 + random.IntN(4)), MaxBuffered(500, 1<<20), RecordTTL(time.Hour)}
	if ordered {
		options = append(options, InOrder())
	}
	p, r := start(t, s, options...), newResults(t)
	const n = 400
	for i := range n {
		enqueue(t, p, r, fmt.Sprint("key-", random.IntN(12)), fmt.Sprint(i))
		if random.IntN(4) == 0 {
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		}
		if random.IntN(25) == 0 {
			reshard(s, random)
		}
	}
	stop(t, p)
	checkDelivered(t, s, r, n, !losing)
	for data, result := range maps.All(r.by) {
		if result.Err != nil {
			t.Errorf("%s was not put: %v", data, result.Err)
		}
	}
	if ordered {
		checkOrder(t, s)
	}
}

// reshard splits a shard or merges two.
func reshard(s *service, random *rand.Rand) {
	open := s.open()
	if at := random.IntN(len(open)); len(open) < 8 && (at == 0 || random.IntN(2) == 0) {
		s.split(open[at])
	} else if at > 0 {
		s.merge(open[at-1], open[at])
	}
}

// checkOrder sees that the first deliveries of a key's records are in order.
func checkOrder(t *testing.T, s *service) {
	t.Helper()
	last := map[string]int{}
	seen := map[string]bool{}
	for _, d := range s.read() {
		n, err := strconv.Atoi(string(d.Data))
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(d.Data)] {
			continue
		}
		seen[string(d.Data)] = true
		if before, ok := last[d.PartitionKey]; ok && n < before {
			t.Errorf("%s: %d comes after %d", d.PartitionKey, n, before)
		}
		last[d.PartitionKey] = n
	}
}

// dice are thrown by several goroutines.
type dice struct{ throws chan *rand.Rand }

func newDice(seed uint64) dice {
	d := dice{make(chan *rand.Rand, 1)}
	d.throws <- rand.New(rand.NewPCG(seed, 11))
	return d
}

// one reports whether the one of n sides is on top.
func (d dice) one(n int) bool {
	r := <-d.throws
	defer func() { d.throws <- r }()
	return r.IntN(n) == 0
}

// TestTooLate sees a split that nobody can find out about: the map cannot be read
// any more. What is stored in an unknown shard is not known to be delivered.
func TestTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.mapFault = func(n int) error {
			if n > 0 {
				return apiError("AccessDeniedException")
			}
			return nil
		}
		p, r := start(t, s), newResults(t)
		enqueue(t, p, r, "k", "so that the map is known")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.split(0)
		for i := range 20 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, p, r, "k", "alone")
		stop(t, p)
		checkDelivered(t, s, r, 22, true)
		got := r.get("3")
		failed, _ := errors.AsType[*Error](got.Err)
		if failed == nil || failed.Code != CodeExpired || !slices.Equal([]string{got.codes()}, []string{"[Wrong Shard Expired]"}) {
			t.Errorf("%s: %v", got.codes(), got.Err)
		}
		if r.get("alone").Err != nil {
			t.Errorf("a record that no prediction is needed for: %v", r.get("alone").Err)
		}
	})
}
