package consumer

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

// TestOptions gives options that cannot be meant.
func TestOptions(t *testing.T) {
	id := StreamID{"111122223333", "orders", 1700000000}
	list := func(context.Context) ([]StreamID, error) { return nil, nil }
	for want, options := range map[string][]Option{
		"no stream":           nil,
		"other options":       {StreamsFrom(list), Streams(id)},
		"StreamsFrom: no":     {StreamsFrom(nil)},
		"only with":           {Streams(id), ForgetStreams(time.Hour)},
		"ForgetStreams of -":  {StreamsFrom(list), ForgetStreams(-1)},
		"exclude":             {Stream("orders"), Streams(id)},
		"one stream":          {Stream("orders"), Stream("returns")},
		"identifier":          {Streams(StreamID{Name: "orders"})},
		"IdleTime":            {Stream("orders"), IdleTime(0)},
		"FailoverTime of 1ms": {Stream("orders"), FailoverTime(time.Millisecond)},
		"FailoverTime of 0s":  {Stream("orders"), FailoverTime(0)},
		"MaxLeases of 0":      {Stream("orders"), MaxLeases(0)},
		"Failover of":         {Stream("orders"), Policy(lease.Policy{Failover: time.Millisecond})},
		"MaxRecords of 0":     {Stream("orders"), MaxRecords(0)},
		"MaxLeases":           {Stream("orders"), MaxLeases(-1)},
		"WorkerID":            {Stream("orders"), WorkerID("")},
		"EnhancedFanOut":      {Stream("orders"), EnhancedFanOut("")},
		"*kinesis.Client":     {Stream("orders"), EnhancedFanOut("application")},
		"ParentPoll":          {Stream("orders"), ParentPollInterval(0)},
		"ShutdownGrace of -":  {Stream("orders"), ShutdownGrace(-1)},
		"Dampening of 101":    {Stream("orders"), Policy(lease.Policy{Dampening: 101})},
	} {
		_, err := New(InProcess(nil), memlease.New(), Func(nil), options...)
		if err == nil || !strings.HasPrefix(err.Error(), "consumer: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error about %q: %v", want, err)
		}
	}
}

func TestStreamID(t *testing.T) {
	const text = "111122223333:orders:1700000000"
	id, err := ParseStreamID(text)
	if err != nil || id != (StreamID{"111122223333", "orders", 1700000000}) || id.String() != text {
		t.Errorf("%v, %v", id, err)
	}
	for _, bad := range []string{"", "orders", "1:orders", "x:orders:1", "1:orders:0", "1:or:ders:1", "1::1", text + "0000000000000"} {
		if _, err := ParseStreamID(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if s := sourceOf("arn:aws:kinesis:us-east-1:111122223333:stream/orders"); s.name != "orders" || s.arn == nil || s.nameOrNil() != nil {
		t.Errorf("source of an ARN: %+v", s)
	}
}

// TestRunOnce calls Run and Shutdown in orders that make no sense.
func TestRunOnce(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		w := r.start("one", nil)
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 && w.Counts().Leading })
		if err := w.Run(r.ctx); err == nil {
			t.Error("Run ran twice")
		}
		must(t, w.Shutdown(r.ctx))
		must(t, w.Shutdown(r.ctx))
		must(t, <-w.done)
		two, err := New(r.client(), r.leases, Func(r.seen.process), Stream("orders"))
		must(t, err)
		must(t, two.Shutdown(r.ctx))
		must(t, two.Run(r.ctx)) // it was shut down before
	})
}
