package dynamolease_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

var update = flag.Bool("update", false, "rewrite the requests in testdata")

// TestGoldenRequests holds the requests against those in testdata, which are to
// be those of spec clients §3.11: a worker in Java sees nothing else of ours.
func TestGoldenRequests(t *testing.T) {
	r := &recorder{Client: dynamolease.InProcess(newService(t))}
	s := dynamolease.New(r, "app", quick)
	ctx := t.Context()
	var l lease.Lease
	step := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fmt.Fprintf(&r.text, "^ %s\n\n", name)
	}
	changed := func(name string) func(lease.Lease, error) {
		return func(now lease.Lease, err error) {
			t.Helper()
			step(name, err)
			l = now
		}
	}
	step("open", s.Open(ctx))
	_, err := s.Empty(ctx)
	step("empty", err)
	l = lease.New("123456789012:orders:1700000000", "shardId-000000000002", lease.TrimHorizon)
	l.Parents = []string{"shardId-000000000000", "shardId-000000000001"}
	l.HasHashRange, l.HashRange = true, stream.HashKeyRange{End: stream.MaxHashKey}
	_, err = s.Create(ctx, l)
	step("create", err)
	_, err = s.Get(ctx, l.Key)
	step("get", err)
	_, err = s.Keys(ctx, "a")
	step("keys of an owner", err)
	_, err = s.List(ctx)
	step("list", err)
	changed("assign what nobody has")(s.Assign(ctx, l, "a"))
	changed("renew")(s.Renew(ctx, l))
	l.HasThroughput, l.Throughput = true, 12.5
	changed("renew with a throughput")(s.Renew(ctx, l))
	changed("checkpoint")(s.Update(ctx, l.Checkpointed(lease.Checkpoint{Sequence: "17", SubSequence: 3})))
	changed("prepare a checkpoint")(s.Update(ctx, l.Prepared(lease.Checkpoint{Sequence: "18"}, []byte("note"))))
	changed("take")(s.Take(ctx, l, "b"))
	changed("start a hand-off")(s.Handoff(ctx, l, "c"))
	changed("renew in a hand-off")(s.Renew(ctx, l))
	changed("end a hand-off")(s.Assign(ctx, l, l.Owner))
	changed("start a hand-off")(s.Handoff(ctx, l, "d"))
	changed("evict in a hand-off")(s.Evict(ctx, l))
	changed("evict")(s.Evict(ctx, l))
	step("set children", s.SetChildren(ctx, l.Key, []string{"shardId-000000000008", "shardId-000000000009"}))
	step("set hash range", s.SetHashRange(ctx, l.Key, stream.HashKeyRange{End: stream.MaxHashKey}))
	step("delete", s.Delete(ctx, l.Key))

	w := lease.WorkerStats{Worker: "a", Updated: time.Unix(1700000000, 0), SupportCode: lease.SingleTable, SupportUpdated: time.Unix(1700000000, 0)}
	step("report nothing", s.PutStats(ctx, w))
	w.Metrics = map[string][]float64{lease.MetricCPU: {12.5, -1}}
	w.OperatingRange = map[string][]int64{lease.MetricCPU: {80}}
	step("report", s.PutStats(ctx, w))
	step("delete a report", s.DeleteStats(ctx, "a"))

	held := lease.Lock{Owner: "a", Duration: 2 * time.Minute, Version: "1"}
	step("acquire the lock", s.AcquireLock(ctx, nil, held))
	step("heartbeat", s.Heartbeat(ctx, held, "2"))
	held.Version = "2"
	next := lease.Lock{Owner: "b", Duration: 2 * time.Minute, Version: "3"}
	step("acquire the lock of a silent leader", s.AcquireLock(ctx, &held, next))
	_, err = s.Lock(ctx)
	step("read the lock", err)
	step("release the lock", s.ReleaseLock(ctx, next))

	m := lease.Migration{Version: lease.Version2x, ModifiedBy: "a", Modified: time.UnixMilli(1700000000123)}
	step("create the migration", s.SetMigration(ctx, nil, m))
	step("change the migration", s.SetMigration(ctx, &m, lease.Migration{
		Version: lease.Version3x, ModifiedBy: "b", Modified: time.UnixMilli(1700000001123),
		History: []lease.MigrationEntry{{Version: m.Version, ModifiedBy: m.ModifiedBy, Modified: m.Modified}},
	}))

	file := filepath.Join("testdata", "requests.txt")
	if *update {
		if err := os.WriteFile(file, []byte(r.text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.text.String(); got != string(want) {
		t.Errorf("the requests are not those of %s but\n%s", file, got)
	}
}
