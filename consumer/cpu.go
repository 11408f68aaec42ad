package consumer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Where a worker of the KCL finds out on what it runs and how busy that is
// (spec clients §3.2); paths are relative to the root of the file system.
const (
	kubernetesToken = "var/run/secrets/kubernetes.io/serviceaccount/token"
	ecsMetadata     = "ECS_CONTAINER_METADATA_URI_V4" // a variable of the environment
	machineVendor   = "sys/class/dmi/id/sys_vendor"   // "Amazon EC2" on Nitro
	hypervisorUUID  = "sys/hypervisor/uuid"           // begins with ec2 on Xen
	cgroupRoot      = "sys/fs/cgroup/"
	cgroup2Mark     = cgroupRoot + "cgroup.controllers" // only in version 2
	machineStat     = "proc/stat"
)

// cpuMeter measures for how much of the time the processors that the worker may
// use were busy. It belongs to one goroutine.
type cpuMeter struct {
	read func() (usage, error)
	last *usage // nil before the first call
}

// usage is how long processors were busy since some beginning, and for how long
// they could have been, in one unit.
type usage struct{ busy, whole float64 }

// newCPUMeter returns what measures the machine or container with the files in
// root as the KCL does, so that workers of both can be compared, or nil where
// the KCL would not: there a leader goes by the throughput of leases. Containers
// of Kubernetes and ECS are measured by their control group, and machines of EC2
// as a whole.
//
// Two things are otherwise than in the KCL: containers of ECS have a control
// group too, so that their agent need not be asked, and EC2 is told by what the
// machine says about itself rather than by its metadata service.
func newCPUMeter(root fs.FS, getenv func(string) string, now func() time.Time) *cpuMeter {
	read := func(name string) (string, error) {
		b, err := fs.ReadFile(root, name)
		return strings.TrimSpace(string(b)), err
	}
	exists := func(name string) bool {
		_, err := fs.Stat(root, name)
		return err == nil
	}
	vendor, _ := read(machineVendor)
	uuid, _ := read(hypervisorUUID)
	switch {
	case exists(kubernetesToken) || getenv(ecsMetadata) != "":
		g := cgroup{files: read, began: now(), now: now}
		if exists(cgroup2Mark) {
			return &cpuMeter{read: g.usage2}
		}
		if exists(cgroupRoot + "cpu") {
			return &cpuMeter{read: g.usage1}
		}
	case vendor == "Amazon EC2" || strings.HasPrefix(strings.ToLower(uuid), "ec2"):
		return &cpuMeter{read: func() (usage, error) { return machineUsage(read) }}
	}
	return nil
}

// systemCPU is the meter of this machine or container, nil where there is none.
func systemCPU() *cpuMeter { return newCPUMeter(os.DirFS("/"), os.Getenv, time.Now) }

// percent returns how busy the processors were since the last call; 0 at first.
func (m *cpuMeter) percent() (float64, error) {
	now, err := m.read()
	if err != nil {
		return 0, err
	}
	last := m.last
	m.last = &now
	if last == nil || now.whole <= last.whole {
		return 0, nil
	}
	return max(0, min(100, 100*(now.busy-last.busy)/(now.whole-last.whole))), nil
}

// machineUsage reads the first line of /proc/stat, which counts what all
// processors together did: user, nice, system, idle, iowait and others. As in
// the KCL a processor that waits for a disk is busy, and the others are nothing.
func machineUsage(read func(string) (string, error)) (usage, error) {
	text, err := read(machineStat)
	if err != nil {
		return usage{}, err
	}
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[0] != "cpu" {
		return usage{}, fmt.Errorf("%s begins with %q", machineStat, line)
	}
	var u usage
	for i, field := range fields[1:6] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return usage{}, fmt.Errorf("%s: %w", machineStat, err)
		}
		u.whole += ticks
		if i != 3 { // idle
			u.busy += ticks
		}
	}
	return u, nil
}

// cgroup is the control group of a container. A limit that changes spoils one
// value.
type cgroup struct {
	files func(name string) (string, error)
	began time.Time
	now   func() time.Time
}

// usage2 reads version 2, in seconds of one processor.
func (g cgroup) usage2() (usage, error) {
	text, err := g.files(cgroupRoot + "cpu.stat")
	if err != nil {
		return usage{}, err
	}
	line, _, _ := strings.Cut(text, "\n")
	micros, err := strconv.ParseFloat(strings.TrimPrefix(line, "usage_usec "), 64)
	if err != nil {
		return usage{}, fmt.Errorf("cpu.stat: %w", err)
	}
	limit, err := g.files(cgroupRoot + "cpu.max")
	if err != nil {
		return usage{}, err
	}
	quota, period, _ := strings.Cut(limit, " ")
	processors, err := g.limit(quota, period, quota == "max", "cpuset.cpus.effective")
	return g.usage(micros/1e6, processors), err
}

// usage1 reads version 1, in seconds of one processor.
func (g cgroup) usage1() (usage, error) {
	var texts [3]string
	for i, name := range []string{"cpuacct.usage", "cpu.cfs_quota_us", "cpu.cfs_period_us"} {
		var err error
		if texts[i], err = g.files(cgroupRoot + "cpu/" + name); err != nil {
			return usage{}, err
		}
	}
	nanos, err := strconv.ParseFloat(texts[0], 64)
	if err != nil {
		return usage{}, fmt.Errorf("cpuacct.usage: %w", err)
	}
	processors, err := g.limit(texts[1], texts[2], texts[1] == "-1", "cpuset/cpuset.effective_cpus")
	return g.usage(nanos/1e9, processors), err
}

// usage returns that of so many seconds, where so many processors may be used.
func (g cgroup) usage(seconds, processors float64) usage {
	return usage{busy: seconds, whole: processors * g.now().Sub(g.began).Seconds()}
}

// limit returns how many processors the group may use: its quota of time in
// each period, or without a quota all those of its set.
func (g cgroup) limit(quota, period string, unlimited bool, set string) (float64, error) {
	if unlimited {
		text, err := g.files(cgroupRoot + set)
		if err != nil {
			return 0, err
		}
		return sizeOfSet(text)
	}
	q, errQuota := strconv.ParseFloat(quota, 64)
	p, errPeriod := strconv.ParseFloat(period, 64)
	if err := errors.Join(errQuota, errPeriod); err != nil || p <= 0 {
		return 0, fmt.Errorf("%q in %q is no limit of processors", quota, period)
	}
	return q / p, nil
}

// sizeOfSet counts the processors in a set such as 0-3,7.
func sizeOfSet(text string) (float64, error) {
	size := 0
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, errFrom := strconv.Atoi(first)
		to, errTo := strconv.Atoi(last)
		if err := errors.Join(errFrom, errTo); err != nil || to < from {
			return 0, fmt.Errorf("%q is no set of processors", text)
		}
		size += to - from + 1
	}
	return float64(size), nil
}
