package leasetest

import (
	"reflect"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

var fleetTests = []test{
	{"reports are kept and replaced", putStats},
	{"a report without metrics is kept", putNoStats},
	{"reports can be deleted", deleteStats},
	{"the migration is kept", migration},
	{"a migration expects what was seen", migrationStale},
}

// stats returns a report with everything in it.
func stats(worker string) lease.WorkerStats {
	return lease.WorkerStats{
		Worker:         worker,
		Updated:        time.Unix(1700000000, 0),
		Metrics:        map[string][]float64{lease.MetricCPU: {12.5, -1, 80}, lease.MetricNetworkIn: {0}},
		OperatingRange: map[string][]int64{lease.MetricCPU: {80}, lease.MetricNetworkIn: {90}},
		SupportCode:    lease.SingleTable, SupportUpdated: time.Unix(1700000001, 0),
	}
}

// reports fails unless these are the reports that are listed.
func (f *fixture) reports(want ...lease.WorkerStats) {
	f.Helper()
	all, err := f.b.List(f.ctx)
	f.must(err)
	if len(all.Stats) != len(want) || len(all.Leases) != 0 || all.Unreadable != 0 {
		f.Fatalf("listed %+v", all)
	}
	for _, w := range want {
		found := false
		for _, got := range all.Stats {
			found = found || sameStats(got, w)
		}
		if !found {
			f.Errorf("%+v is not in %+v", w, all.Stats)
		}
	}
}

// sameStats compares reports; an empty map is as good as none.
func sameStats(a, b lease.WorkerStats) bool {
	if !a.Updated.Equal(b.Updated) || !a.SupportUpdated.Equal(b.SupportUpdated) {
		return false
	}
	a.Updated, a.SupportUpdated = b.Updated, b.SupportUpdated
	for _, s := range []*lease.WorkerStats{&a, &b} {
		if len(s.Metrics) == 0 {
			s.Metrics = nil
		}
		if len(s.OperatingRange) == 0 {
			s.OperatingRange = nil
		}
		if len(s.Properties) == 0 {
			s.Properties = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

func putStats(f *fixture) {
	a, b := stats("a"), stats("b")
	b.Properties = map[string]string{"zone": "eu-1"}
	f.must(f.a.PutStats(f.ctx, a))
	f.must(f.b.PutStats(f.ctx, b))
	f.reports(a, b)
	a.Updated = a.Updated.Add(30 * time.Second)
	a.Metrics = map[string][]float64{lease.MetricCPU: {1, 2}}
	f.must(f.a.PutStats(f.ctx, a))
	f.reports(a, b)
}

func putNoStats(f *fixture) {
	s := lease.WorkerStats{Worker: "a", Updated: time.Unix(1700000000, 0), SupportCode: lease.SingleTable, SupportUpdated: time.Unix(1700000000, 0)}
	f.must(f.a.PutStats(f.ctx, s))
	f.reports(s)
}

func deleteStats(f *fixture) {
	f.must(f.a.PutStats(f.ctx, stats("a")))
	f.must(f.a.PutStats(f.ctx, stats("b")))
	f.must(f.b.DeleteStats(f.ctx, "a"))
	f.must(f.b.DeleteStats(f.ctx, "a"))
	f.reports(stats("b"))
}

// expectMigration fails unless the row is like this.
func (f *fixture) expectMigration(want lease.Migration) {
	f.Helper()
	got, err := f.b.Migration(f.ctx)
	f.must(err)
	same := got.Version == want.Version && got.ModifiedBy == want.ModifiedBy && got.Modified.Equal(want.Modified) && len(got.History) == len(want.History)
	for i := range want.History {
		same = same && got.History[i].Version == want.History[i].Version &&
			got.History[i].ModifiedBy == want.History[i].ModifiedBy && got.History[i].Modified.Equal(want.History[i].Modified)
	}
	if !same {
		f.Fatalf("migration is %+v, want %+v", got, want)
	}
}

func migration(f *fixture) {
	_, err := f.a.Migration(f.ctx)
	f.is(err, lease.ErrNotFound)
	first := lease.Migration{Version: lease.VersionUpgradeFrom2x, ModifiedBy: "a", Modified: time.UnixMilli(1700000000123)}
	f.must(f.a.SetMigration(f.ctx, nil, first))
	f.expectMigration(first)
	second := lease.Migration{
		Version: lease.Version3xRollback, ModifiedBy: "b", Modified: time.UnixMilli(1700000001456),
		History: []lease.MigrationEntry{{Version: first.Version, ModifiedBy: first.ModifiedBy, Modified: first.Modified}},
	}
	f.must(f.b.SetMigration(f.ctx, &first, second))
	f.expectMigration(second)
}

func migrationStale(f *fixture) {
	row := lease.Migration{Version: lease.Version3x, ModifiedBy: "a", Modified: time.UnixMilli(1700000000000)}
	other := lease.Migration{Version: lease.Version2x, ModifiedBy: "b", Modified: time.UnixMilli(1700000000000)}
	f.is(f.a.SetMigration(f.ctx, &other, row), lease.ErrConflict)
	f.must(f.a.SetMigration(f.ctx, nil, row))
	f.is(f.b.SetMigration(f.ctx, nil, other), lease.ErrConflict)
	f.is(f.b.SetMigration(f.ctx, &other, other), lease.ErrConflict)
	f.expectMigration(row)
}
