package producer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TestPutAsync sees futures have what callbacks get, for all who ask and as often
// as they do.
func TestPutAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.latency = time.Second
		s.fault = func(n int, _ *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
			if n == 0 {
				return nil, apiError("ResourceNotFoundException")
			}
			return nil, nil
		}
		p := start(t, s)
		failing, err := p.PutAsync(t.Context(), Record{PartitionKey: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := failing.Wait(t.Context()); err == nil || err != r.Err || len(r.Attempts) != 1 {
			t.Errorf("%+v, %v", r, err)
		}

		var futures []*Future
		for i := range 10 {
			f, err := p.PutAsync(t.Context(), Record{PartitionKey: "k", Data: []byte(fmt.Sprint(i))})
			if err != nil {
				t.Fatal(err)
			}
			futures = append(futures, f)
		}
		hurry, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := futures[0].Wait(hurry); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait in a hurry: %v", err)
		}
		for i, f := range futures {
			<-f.Done()
			// A result that is there counts for more than a context that has ended.
			for range 20 {
				if r, err := f.Wait(hurry); err != nil || r.SubSequenceNumber != i {
					t.Fatalf("%d: %+v, %v", i, r, err)
				}
			}
		}
		stop(t, p)
		if f, err := p.PutAsync(t.Context(), Record{PartitionKey: "k"}); f != nil || err != ErrClosed {
			t.Errorf("after Close: %v, %v", f, err)
		}
	})
}
