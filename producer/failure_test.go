package producer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/stream"
)

// TestFailures lists how requests and entries fail, and what a record learns of
// it.
func TestFailures(t *testing.T) {
	first := func(err error) func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		return func(n int, _ *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			if n == 0 {
				return nil, err
			}
			return nil, nil
		}
	}
	always := func(err error) func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		return func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) { return nil, err }
	}
	for _, c := range []struct {
		what    string
		fault   func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error)
		refuse  string // the code with which the first request's entries are refused
		options []Option
		codes   string // of the attempts
		code    string // of the result; empty where the record is put
	}{
		{"throttled", first(apiError("ProvisionedThroughputExceededException")), "", nil, "[ProvisionedThroughputExceededException ]", ""},
		{"throttled by calls", first(apiError("ThrottlingException")), "", nil, "[ThrottlingException ]", ""},
		{"trouble inside", first(apiError("InternalFailure")), "", nil, "[InternalFailure ]", ""},
		{"trouble of a name that nobody knows", first(&smithy.GenericAPIError{Code: "Odd", Fault: smithy.FaultServer}), "", nil, "[Odd ]", ""},
		{"keys throttled", first(apiError("KMSThrottlingException")), "", nil, "[KMSThrottlingException ]", ""},
		{"credentials too old", first(apiError("ExpiredTokenException")), "", nil, "[ExpiredTokenException ]", ""},
		{"no answer", first(errLost), "", nil, "[No Answer ]", ""},
		{"an entry throttled", nil, "ProvisionedThroughputExceededException", nil, "[ProvisionedThroughputExceededException ]", ""},
		{"an entry fails", nil, "InternalFailure", nil, "[InternalFailure ]", ""},

		{"no such stream", always(apiError("ResourceNotFoundException")), "", nil, "[ResourceNotFoundException]", "ResourceNotFoundException"},
		{"no permission", always(apiError("AccessDeniedException")), "", nil, "[AccessDeniedException]", "AccessDeniedException"},
		{"a wrong request", always(apiError("ValidationException")), "", nil, "[ValidationException]", "ValidationException"},
		{"a request the SDK does not make", always(smithy.InvalidParamsError{}), "", nil, "[No Answer]", "No Answer"},
		{"FailIfThrottled", always(apiError("ProvisionedThroughputExceededException")), "", []Option{FailIfThrottled(true)},
			"[ProvisionedThroughputExceededException]", "ProvisionedThroughputExceededException"},
		{"FailIfThrottled, an entry", nil, "ProvisionedThroughputExceededException", []Option{FailIfThrottled(true)},
			"[ProvisionedThroughputExceededException]", "ProvisionedThroughputExceededException"},
		{"FailIfThrottled, trouble inside", nil, "InternalFailure", []Option{FailIfThrottled(true)}, "[InternalFailure ]", ""},
		{"an answer too short", func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			return &kinesis.PutRecordsOutput{}, nil
		}, "", nil,
			"[Record Count Mismatch]", CodeRecordCountMismatch},
		{"an entry with nothing in it", func(n int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			if n > 0 {
				return nil, nil
			}
			return &kinesis.PutRecordsOutput{Records: make([]types.PutRecordsResultEntry, len(in.Records))}, nil
		}, "", nil, "[ ]", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 1)
				s.fault = c.fault
				s.refuse = func(n int, _ string) string {
					if n == 0 {
						return c.refuse
					}
					return ""
				}
				p, r := start(t, s, c.options...), newResults(t)
				enqueue(t, p, r, "k", "a")
				enqueue(t, p, r, "l", "b") // in the same aggregate
				stop(t, p)
				for _, data := range []string{"a", "b"} {
					got := r.get(data)
					failed, _ := errors.AsType[*Error](got.Err)
					if got.codes() != c.codes || (got.Err != nil) != (c.code != "") || failed != nil && failed.Code != c.code {
						t.Errorf("%s: %s, %v", data, got.codes(), got.Err)
					}
					if len(got.Attempts) > 1 && got.Attempts[1].Start.Sub(got.Attempts[0].Start) < retryLeast/2 {
						t.Error("tried again without a pause")
					}
				}
				if want := map[bool]int{true: 0, false: 2}[c.code != ""]; len(s.read()) != want {
					t.Errorf("%d records, want %d", len(s.read()), want)
				}
			})
		})
	}
}

// TestSpoiledRequest sees a record that the service does not take fail alone: the
// service refuses the whole request that it is in.
func TestSpoiledRequest(t *testing.T) {
	for _, code := range []string{"ValidationException", "InvalidArgumentException"} {
		for _, options := range [][]Option{{AggregationEnabled(false)}, {AggregationEnabled(false), InOrder()}, {AggregationMaxSize(64)}} {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 2)
				s.fault = func(_ int, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
					for _, entry := range in.Records {
						if strings.Contains(string(entry.Data), "too large") {
							return nil, apiError(code)
						}
					}
					return nil, nil
				}
				p, r := start(t, s, options...), newResults(t)
				for i := range 20 {
					enqueue(t, p, r, fmt.Sprint("key ", i%5), fmt.Sprint("record ", i))
				}
				wrong := "too large" + strings.Repeat(".", 100)
				enqueue(t, p, r, "key 1", wrong)
				enqueue(t, p, r, "key 1", "the last")
				stop(t, p)
				for i := range 20 {
					if got := r.get(fmt.Sprint("record ", i)); got.Err != nil {
						t.Errorf("%s spoils record %d: %v", code, i, got.Err)
					}
				}
				failed, _ := errors.AsType[*Error](r.get(wrong).Err)
				if failed == nil || failed.Code != code {
					t.Errorf("the wrong record: %v", failed)
				}
				if n := len(s.read()); n != 21 {
					t.Errorf("%d records, want 21", n)
				}
			})
		}
	}
}

// TestExpiry sees records fail when their time is over, and not before, and say
// why the last attempt failed.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := newService(t, 2), time.Now()
		s.fault = func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			return nil, apiError("InternalFailure")
		}
		p, r := start(t, s, RecordTTL(10*time.Second)), newResults(t)
		for i := range 20 {
			enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint(i))
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("they failed after %v", took)
		}
		for i := range 20 {
			got := r.get(fmt.Sprint(i))
			failed, _ := errors.AsType[*Error](got.Err)
			last, _ := errors.AsType[smithy.APIError](got.Err)
			if failed == nil || failed.Code != CodeExpired || last == nil || last.ErrorCode() != "InternalFailure" || !strings.HasSuffix(got.codes(), "InternalFailure Expired]") {
				t.Errorf("%d: %v, %v", i, got.codes(), got.Err)
			}
		}
		// Ten seconds of failures are not thousands of requests.
		if n := len(s.made()); n > 60 {
			t.Errorf("%d requests", n)
		}
		stop(t, p)
		if got := p.Stats(); got.UserRecordsExpired != 20 {
			t.Errorf("%+v", got)
		}
	})
}

// TestOutage sees everything put that was enqueued while the service was gone.
func TestOutage(t *testing.T) {
	for name, options := range map[string][]Option{"": nil, "in order": {InOrder()}, "alone": {AggregationEnabled(false)}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, began := newService(t, 3), time.Now()
				gone := func() error {
					if time.Since(began) < 20*time.Second {
						return errLost
					}
					return nil
				}
				s.mapFault = func(int) error { return gone() }
				s.fault = func(int, *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) { return nil, gone() }
				p, r := start(t, s, options...), newResults(t)
				for i := range 200 {
					enqueue(t, p, r, fmt.Sprint(i%10), fmt.Sprint(i))
					time.Sleep(50 * time.Millisecond)
				}
				stop(t, p)
				if took := time.Since(began); took > 30*time.Second || len(s.read()) != 200 {
					t.Errorf("%d records after %v", len(s.read()), took)
				}
				for i := range 200 {
					if got := r.get(fmt.Sprint(i)); got.Err != nil {
						t.Errorf("%d: %v", i, got.Err)
					}
				}
			})
		})
	}
}

// TestNoAnswer sees a request that hangs given up after RequestTimeout.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.hang = func(n int) bool { return n == 0 }
		p, r := start(t, s, RequestTimeout(2*time.Second)), newResults(t)
		enqueue(t, p, r, "k", "a")
		stop(t, p)
		if got := r.get("a"); got.Err != nil || got.codes() != "[No Answer ]" || got.Attempts[0].Duration != 2*time.Second {
			t.Errorf("%+v", got)
		}
	})
}

// TestLostAnswer sees what the package comment admits: a request whose answer is
// lost is made again, and only its records are there twice.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2)
		s.lose = func(n int) bool { return n == 1 }
		p, r := start(t, s), newResults(t)
		for round := range 3 {
			for i := range 10 {
				enqueue(t, p, r, fmt.Sprint(i), fmt.Sprint("round ", round, ", ", i))
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		stop(t, p)
		times := map[string]int{}
		for _, d := range s.read() {
			times[string(d.Data)]++
		}
		for round := range 3 {
			for i := range 10 {
				data := fmt.Sprint("round ", round, ", ", i)
				if want := map[bool]int{true: 2, false: 1}[round == 1]; times[data] != want || r.get(data).Err != nil {
					t.Errorf("%s is there %d times: %v", data, times[data], r.get(data).Err)
				}
			}
		}
	})
}

// TestMaxConnections sees no more requests under way than allowed, and as many
// where there is enough to send.
func TestMaxConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.latency = time.Second
		p := start(t, s, MaxConnections(3), AggregationEnabled(false), CollectionMaxCount(10))
		for range 500 {
			if err := p.TryEnqueue(Record{PartitionKey: "k"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		stop(t, p)
		if s.most != 3 || len(s.made()) != 50 {
			t.Errorf("%d at the same time, %d requests", s.most, len(s.made()))
		}
	})
}

// TestRateLimit sees a shard get no more than it may, and others unhindered.
func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 2)
		p := start(t, s, AggregationEnabled(false), RateLimit(50))
		seconds := map[string]time.Duration{}
		began := time.Now()
		for i := range 3000 { // 1,000 at once, and 500 a second
			key, hashKey := "slow", "0"
			if i%10 == 0 {
				key, hashKey = "quick", "340282366920938463463374607431768211455"
			}
			err := p.Enqueue(t.Context(), Record{PartitionKey: key, ExplicitHashKey: hashKey}, func(Result) {
				p.mu.Lock()
				defer p.mu.Unlock()
				seconds[key] = time.Since(began)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		stop(t, p)
		if got := seconds["slow"]; got < 3300*time.Millisecond || got > 3600*time.Millisecond {
			t.Errorf("2,700 records took %v", got)
		}
		if got := seconds["quick"]; got > 200*time.Millisecond {
			t.Errorf("300 records of another shard took %v", got)
		}
	})
}

func TestBucket(t *testing.T) {
	now := time.Now()
	var b bucket
	for i := range 10 { // a burst of 10 MiB
		if wait := b.take(1<<20, 150, now); wait != 0 {
			t.Fatalf("record %d waits %v", i, wait)
		}
	}
	wait := b.take(3<<20, 150, now)
	if wait < 2*time.Second || wait > 2*time.Second+time.Microsecond {
		t.Errorf("3 MiB at 1.5 MiB a second wait %v", wait)
	}
	if again := b.take(3<<20, 150, now.Add(wait)); again != 0 {
		t.Errorf("and then %v", again)
	}
	if wait := new(bucket).take(20<<20, 1, now); wait != 0 {
		t.Errorf("what is larger than the burst waits %v for a full bucket", wait)
	}
}

// TestBlockedIsDue sees a shard that had to wait be sent to as soon as it may,
// whoever finds out that it may: its parcels are in no list of deadlines any
// more.
func TestBlockedIsDue(t *testing.T) {
	p := &Producer{kick: make(chan struct{}, 1), config: defaults()}
	now := time.Now()
	s := &shard{notBefore: now.Add(time.Second)}
	p.pushLocked(s, newLone(Record{PartitionKey: "k"}, stream.HashKey{}, nil, 1), now)
	if s.place != blocked || p.mu.due {
		t.Fatalf("at first: place %d, due %v", s.place, p.mu.due)
	}
	p.settledLocked(s, now.Add(2*time.Second))
	if s.place != ready || !p.mu.due {
		t.Errorf("afterwards: place %d, due %v", s.place, p.mu.due)
	}
}
