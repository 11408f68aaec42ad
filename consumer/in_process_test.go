package consumer

import (
	"context"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/service/dynamodb"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
)

// TestInProcess runs workers in the process of the service, with nothing between
// that the test could have fail: polling and pushed, their leases in the command
// log, and told the account by the context of Run alone.
func TestInProcess(t *testing.T) {
	for name, options := range map[string][]Option{"polling": nil, "pushed": {EnhancedFanOut("application")}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(r *rig) {
				all := tables.New()
				log := memlog.Open(map[string]storage.Machine{tables.MachineName: all}, memlog.Options{})
				defer log.Close()
				leases := dynamolease.InProcess(dynamodb.New(dynamodb.Options{Log: log, Tables: all}))
				start := func() (context.CancelFunc, chan error) {
					options := append([]Option{Stream("orders"), CPUUtilization(nil), WithLogger(testLogger(t))}, options...)
					w, err := New(InProcess(r.Service), dynamolease.New(leases, "application"), Func(r.seen.process), options...)
					if err != nil {
						t.Fatal(err)
					}
					ctx, stop := context.WithCancel(r.ctx)
					done := make(chan error, 1)
					go func() { done <- w.Run(ctx) }()
					return stop, done
				}
				stop, done := start()
				for i := range 60 {
					if i == 20 {
						r.scale(4)
					}
					r.putRecords(20)
					time.Sleep(time.Second)
				}
				r.allSeen()
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
				r.putRecords(20)
				stop, done = start() // goes on after the checkpoints of the first
				r.allSeen()
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
				r.seen.check(t, 0)
			})
		})
	}
}
