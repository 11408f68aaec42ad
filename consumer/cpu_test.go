package consumer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

// TestCPUMeter reads the files of machines and containers twice, ten seconds
// apart.
func TestCPUMeter(t *testing.T) {
	const (
		token = "var/run/secrets/kubernetes.io/serviceaccount/token"
		ec2   = "sys/class/dmi/id/sys_vendor"
	)
	v2 := map[string]string{"sys/fs/cgroup/cgroup.controllers": "cpu", "sys/fs/cgroup/cpu.stat": "usage_usec 1000000\nuser_usec 7\n"}
	v1 := map[string]string{
		"sys/fs/cgroup/cpu/cpuacct.usage": "1000000000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n", "sys/fs/cgroup/cpuset/cpuset.effective_cpus": "0-1,4,6-7\n",
	}
	stat := map[string]string{"proc/stat": "cpu  100 0 50 800 50 9 9 9 0 0\ncpu0 1 2 3 4 5\n"}
	with := func(files map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		for name, text := range files {
			all[name] = text
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	for _, c := range []struct {
		name   string
		files  map[string]string
		ecs    bool
		none   bool // not measured at all
		change []string
		want   float64 // -1 for an error
	}{
		{name: "no such files", none: true},
		{name: "a machine at home", files: stat, none: true},
		{name: "a container at home", files: with(v2, "sys/fs/cgroup/cpu.max", "max 100000"), none: true},
		{
			// Of 400 ticks 100 were idle, and iowait counts as the KCL has it.
			name: "EC2", files: with(stat, ec2, "Amazon EC2\n"), change: []string{"proc/stat", "cpu  200 50 100 900 150 99 99 99 0 0\n"}, want: 75,
		},
		{
			name: "EC2 on Xen", files: with(stat, "sys/hypervisor/uuid", "ec2e1916-9099-7caf-fd21-012345abcdef\n"),
			change: []string{"proc/stat", "cpu  200 0 50 900 50 9 9 9 0 0\n"}, want: 50,
		},
		{name: "EC2, unchanged", files: with(stat, ec2, "Amazon EC2\n"), want: 0},
		{name: "EC2, unreadable", files: with(stat, ec2, "Amazon EC2\n"), change: []string{"proc/stat", "gpu 1 2 3 4 5\n"}, want: -1},
		{name: "EC2, not a number", files: with(stat, ec2, "Amazon EC2\n"), change: []string{"proc/stat", "cpu a b c d e\n"}, want: -1},
		{
			name: "half a processor", files: with(v2, token, "", "sys/fs/cgroup/cpu.max", "50000 100000\n"),
			change: []string{"sys/fs/cgroup/cpu.stat", "usage_usec 2000000\n"}, want: 20,
		},
		{
			name: "no limit", files: with(v2, token, "", "sys/fs/cgroup/cpu.max", "max 100000\n", "sys/fs/cgroup/cpuset.cpus.effective", "0-3\n"),
			change: []string{"sys/fs/cgroup/cpu.stat", "usage_usec 3000000\n"}, want: 5,
		},
		{
			name: "more than all", files: with(v2, "sys/fs/cgroup/cpu.max", "50000 100000\n"), ecs: true,
			change: []string{"sys/fs/cgroup/cpu.stat", "usage_usec 9000000\n"}, want: 100,
		},
		{
			name: "a container begun anew", files: with(v2, token, "", "sys/fs/cgroup/cpu.max", "50000 100000\n"),
			change: []string{"sys/fs/cgroup/cpu.stat", "usage_usec 1\n"}, want: 0,
		},
		{name: "no such set", files: with(v2, token, "", "sys/fs/cgroup/cpu.max", "max 100000\n"), want: -1},
		{
			name: "version 1", files: with(v1, token, ""),
			change: []string{"sys/fs/cgroup/cpu/cpuacct.usage", "3000000000\n"}, want: 40,
		},
		{
			name: "version 1, no limit", files: with(v1, token, "", "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
			change: []string{"sys/fs/cgroup/cpu/cpuacct.usage", "11000000000\n"}, want: 20,
		},
		{name: "version 1, unreadable", files: with(v1, token, ""), change: []string{"sys/fs/cgroup/cpu/cpu.cfs_period_us", "0\n"}, want: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range c.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			now := time.Unix(1700000000, 0)
			getenv := func(name string) string {
				if c.ecs && name == "ECS_CONTAINER_METADATA_URI_V4" {
					return "http://169.254.170.2/v4/1"
				}
				return ""
			}
			m := newCPUMeter(root, getenv, func() time.Time { return now })
			if (m == nil) != c.none {
				t.Fatalf("measured: %v", m != nil)
			}
			if c.none {
				return
			}
			if first, err := m.percent(); first != 0 || err != nil && c.want >= 0 {
				t.Errorf("at first %v, %v", first, err)
			}
			now = now.Add(10 * time.Second)
			for i := 0; i < len(c.change); i += 2 {
				root[c.change[i]] = &fstest.MapFile{Data: []byte(c.change[i+1])}
			}
			got, err := m.percent()
			if err != nil {
				got = -1
			}
			if fmt.Sprintf("%.6f", got) != fmt.Sprintf("%.6f", c.want) {
				t.Errorf("%v %% (%v), want %v", got, err, c.want)
			}
		})
	}
}

// TestCPUReports looks at what a worker tells the leader.
func TestCPUReports(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		var reports atomic.Int64
		w := r.start("one", nil, CPUUtilization(func() (float64, error) {
			n := reports.Add(1)
			if n == 12 {
				return 0, errors.New("no such file")
			}
			return float64(n) + 1.0/3, nil
		}))
		report := func() lease.WorkerStats {
			all, err := r.leases.List(r.ctx)
			if err != nil || len(all.Stats) != 1 {
				t.Fatalf("%d reports, %v", len(all.Stats), err)
			}
			return all.Stats[0]
		}
		r.until("three reports", func() bool { return reports.Load() == 3 })
		if got, want := report().Metrics["C"], []float64{1.333333, 2.333333, 3.333333}; !slices.Equal(got, want) {
			t.Errorf("reported %v, want %v", got, want)
		}
		if got := report().OperatingRange["C"]; !slices.Equal(got, []int64{100}) {
			t.Errorf("an operating range of %v", got)
		}
		r.until("a value that cannot be had", func() bool { return reports.Load() == 12 })
		if got := report().Metrics["C"]; len(got) != 10 || got[0] != 3.333333 || got[9] != lease.NotCaptured {
			t.Errorf("reported %v", got)
		}
		w.stopped()
	})
}

// TestCPUReportsNonsense has a measure give what no percentage is, which the
// table could not keep, and a little more than all.
func TestCPUReportsNonsense(t *testing.T) {
	values := []float64{math.NaN(), math.Inf(1), -3, 100.5, 0, 100}
	w, err := New(InProcess(nil), memlease.New(), Func(nil), Stream("orders"), CPUUtilization(func() (float64, error) {
		percent := values[0]
		values = values[1:]
		return percent, nil
	}))
	must(t, err)
	for len(values) > 0 {
		w.nextCPU()
	}
	if want := []float64{-1, 100, -1, 100, 0, 100}; !slices.Equal(w.cpu, want) {
		t.Errorf("reports %v, want %v", w.cpu, want)
	}
}

// TestBalanceByCPU has the busier of two workers give leases to the other, though
// both read the same.
func TestBalanceByCPU(t *testing.T) {
	bubble(t, 8, func(r *rig) {
		var slow, fast atomic.Pointer[running]
		use := func(w *atomic.Pointer[running], percentPerLease float64) Option {
			return CPUUtilization(func() (float64, error) {
				if w.Load() == nil {
					return 0, nil
				}
				return percentPerLease * float64(w.Load().Counts().Leases), nil
			})
		}
		slow.Store(r.start("slow", nil, use(&slow, 12)))
		fast.Store(r.start("fast", nil, use(&fast, 3)))
		for range 900 {
			r.putRecords(80)
			time.Sleep(time.Second)
		}
		r.allSeen()
		if s, f := slow.Load().Counts().Leases, fast.Load().Counts().Leases; s < 1 || s > 2 || s+f != 8 {
			t.Errorf("the slow worker has %d leases, the fast one %d", s, f)
		}
		slow.Load().stopped()
		fast.Load().stopped()
		r.seen.check(t, 0)
	})
}
