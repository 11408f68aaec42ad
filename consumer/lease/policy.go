package lease

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"
)

// Strategy says by what a leader balances.
type Strategy int

const (
	// ByUtilization evens out the metrics that workers report, or their
	// throughput when they report none: the KCL's WORKER_UTILIZATION_AWARE.
	ByUtilization Strategy = iota
	// ByCount evens out the numbers of leases: the KCL's LEASE_COUNT_BASED.
	ByCount
)

// Policy is by what rules leases are assigned. All workers of an application
// should have the same; Failover they must. The zero value has the KCL's
// defaults (spec clients §3.3).
type Policy struct {
	// Failover is after how long without renewal a lease is somebody else's
	// for the taking. The default is 10 seconds.
	Failover time.Duration
	// MaxLeases is how many leases one worker is given. The default is no
	// limit.
	MaxLeases int

	// The rest is for a leader, that is to say, for applications in 3.x mode.

	Strategy Strategy
	// NoHandoff moves leases without asking their holders first.
	NoHandoff bool
	// HandoffTimeout is how long a holder may take to let go of a lease before
	// it is taken away. The default is 30 seconds.
	HandoffTimeout time.Duration
	// ReportInterval is how often workers report. One that has missed two
	// reports is given nothing. The default is 30 seconds.
	ReportInterval time.Duration
	// StatsTTL is after how long the report of a worker is deleted. The
	// default is a day.
	StatsTTL time.Duration
	// BalanceEvery is how many runs of the leader there are for one that moves
	// leases from worker to worker. The default is 3.
	BalanceEvery int
	// RebalanceThreshold is how far from the average, in percent of it, a
	// worker must be before leases are moved. The default is 10.
	RebalanceThreshold float64
	// Dampening is which part, in percent, of a worker's excess is moved at a
	// time. The default is 60.
	Dampening float64
	// NoOvershoot leaves a worker alone when its smallest lease is more than
	// is to be moved.
	NoOvershoot bool
	// Alpha is the weight of the newer value in the running average of a
	// worker's metric, from 0 to 1. The default is 0.5.
	Alpha float64
	// MaxThroughput is how much, in KB/s, one worker is given. The default is
	// no limit.
	MaxThroughput float64

	// The rest is for workers that help themselves, in 2.x mode.

	// MaxSteal is how many leases a worker takes from another at a time. The
	// default is 1.
	MaxSteal int
	// NoPriority leaves leases that have expired for very long in the queue.
	NoPriority bool
}

// missedReports is how many reports a worker may miss.
const missedReports = 2

// withDefaults returns p with its zeros replaced.
func (p Policy) withDefaults() Policy {
	p.Failover = cmp.Or(p.Failover, 10*time.Second)
	p.MaxLeases = cmp.Or(p.MaxLeases, math.MaxInt32)
	p.HandoffTimeout = cmp.Or(p.HandoffTimeout, 30*time.Second)
	p.ReportInterval = cmp.Or(p.ReportInterval, 30*time.Second)
	p.StatsTTL = cmp.Or(p.StatsTTL, 24*time.Hour)
	p.BalanceEvery = cmp.Or(p.BalanceEvery, 3)
	p.RebalanceThreshold = cmp.Or(p.RebalanceThreshold, 10)
	p.Dampening = cmp.Or(p.Dampening, 60)
	p.Alpha = cmp.Or(p.Alpha, 0.5)
	p.MaxThroughput = cmp.Or(p.MaxThroughput, math.Inf(1))
	p.MaxSteal = cmp.Or(p.MaxSteal, 1)
	return p
}

const (
	// MinFailover is the shortest Failover: three renewals have to fit into it.
	MinFailover = 500 * time.Millisecond
	// MaxDuration is the longest of all durations in a Policy. It is as good as for
	// ever, and the multiples and sums that are made of it are no overflow.
	MaxDuration = 10 * 365 * 24 * time.Hour
)

// Validate reports all that is out of range.
func (p Policy) Validate() error {
	p = p.withDefaults()
	var errs []error
	check := func(ok bool, what string, value any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s of %v: %s", what, value, want))
		}
	}
	span := func(least time.Duration, what string, d time.Duration) {
		check(d >= least && d <= MaxDuration, what, d, fmt.Sprintf("between %v and %v", least, MaxDuration))
	}
	span(MinFailover, "Failover", p.Failover)
	check(p.MaxLeases >= 1, "MaxLeases", p.MaxLeases, "at least 1")
	check(p.Strategy == ByUtilization || p.Strategy == ByCount, "Strategy", p.Strategy, "ByUtilization or ByCount")
	span(1, "HandoffTimeout", p.HandoffTimeout)
	span(1, "ReportInterval", p.ReportInterval)
	span(1, "StatsTTL", p.StatsTTL)
	check(p.BalanceEvery >= 1, "BalanceEvery", p.BalanceEvery, "at least 1")
	check(p.RebalanceThreshold >= 0, "RebalanceThreshold", p.RebalanceThreshold, "a percentage")
	check(p.Dampening > 0 && p.Dampening <= 100, "Dampening", p.Dampening, "a percentage, more than 0 and up to 100")
	check(p.Alpha > 0 && p.Alpha <= 1, "Alpha", p.Alpha, "more than 0 and up to 1")
	check(p.MaxThroughput > 0, "MaxThroughput", p.MaxThroughput, "more than 0")
	check(p.MaxSteal >= 1, "MaxSteal", p.MaxSteal, "at least 1")
	return errors.Join(errs...)
}

// RenewInterval returns how often a worker renews its leases, so that three
// tries fit into the failover time.
func (p Policy) RenewInterval() time.Duration { return p.withDefaults().Failover/3 - epsilon }

// TakeInterval returns how often a worker in 2.x mode looks for leases to
// take.
func (p Policy) TakeInterval() time.Duration { return 2 * (p.withDefaults().Failover + epsilon) }

// AssignInterval returns how often a leader assigns leases.
func (p Policy) AssignInterval() time.Duration { return 2 * p.withDefaults().Failover }

// DiscoverInterval returns how often a worker looks for leases that it was
// given.
func (p Policy) DiscoverInterval() time.Duration { return p.AssignInterval()/2 - epsilon }

// epsilon is what the KCL takes off, or adds to, an interval so that it does
// not coincide with another.
const epsilon = 25 * time.Millisecond
