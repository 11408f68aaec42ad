package consumer

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

// Counts are what a worker has done since it was made, and what it does now.
type Counts struct {
	// Records and Bytes are user records that were processed and their data,
	// Batches how many calls of ProcessRecords that took, and FailedBatches the
	// calls that returned an error or panicked.
	Records, Bytes, Batches, FailedBatches int64
	// Reads of shards: events, where they are pushed. FailedReads includes the
	// Throttled ones. ExpiredIterators were got again.
	Reads, FailedReads, Throttled, ExpiredIterators int64
	// ShardsEnded were processed to their end. LeasesLost went to other workers
	// without having been given up.
	ShardsEnded, LeasesLost int64
	// Leases are held now. Leading says whether this worker leads the others.
	Leases  int
	Leading bool
}

// counters are what Counts are read from.
type counters struct {
	records, bytes, batches, failedBatches          atomic.Int64
	reads, failedReads, throttled, expiredIterators atomic.Int64
	shardsEnded, leasesLost                         atomic.Int64
}

// Counts returns what the worker has done so far.
func (w *Worker) Counts() Counts {
	c := &w.counts
	return Counts{
		Records: c.records.Load(), Bytes: c.bytes.Load(), Batches: c.batches.Load(), FailedBatches: c.failedBatches.Load(),
		Reads: c.reads.Load(), FailedReads: c.failedReads.Load(), Throttled: c.throttled.Load(), ExpiredIterators: c.expiredIterators.Load(),
		ShardsEnded: c.shardsEnded.Load(), LeasesLost: c.leasesLost.Load(),
		Leases: len(w.runs()), Leading: w.leading.Load(),
	}
}

// shardEvents counts, measures and logs what happens to one shard.
type shardEvents struct {
	worker        *Worker
	stream, shard string
	logger        *slog.Logger
}

func (e *shardEvents) key(operation string) metricKey {
	return metricKey{operation: operation, stream: e.stream, shard: e.shard}
}

// readDone is a read that brought a page. It took no time when that was pushed.
func (e *shardEvents) readDone(took time.Duration, p page) {
	e.worker.counts.reads.Add(1)
	m, key := e.worker.metrics, e.key("ProcessTask")
	if m == nil {
		return
	}
	m.done(key, "KinesisDataFetcher.getRecords", took, nil)
	m.took(key, "MillisBehindLatest", p.behind)
	m.took(metricKey{operation: "ApplicationTracker", stream: e.stream}, "MillisBehindLatest", p.behind)
}

// readFailed is a read that did not.
func (e *shardEvents) readFailed(err error) {
	e.worker.counts.failedReads.Add(1)
	e.worker.metrics.count(e.key("ProcessTask"), "KinesisDataFetcher.getRecords.Success", 0)
	if isThrottle(err) {
		e.worker.counts.throttled.Add(1)
		e.logger.Debug("read throttled", "err", err)
		return
	}
	e.logger.Warn("read failed and is tried again", "err", err)
}

func (e *shardEvents) iteratorExpired() {
	e.worker.counts.expiredIterators.Add(1)
	e.worker.metrics.count(e.key("PrefetchRecordsPublisher"), "ExpiredIterator", 1)
}

func (e *shardEvents) initialized(took time.Duration, err error) {
	key := e.key("InitializeTask")
	e.worker.metrics.took(key, "RecordProcessor.initialize.Time", took)
	e.worker.metrics.done(key, "", took, err)
}

// processed is a call of ProcessRecords.
func (e *shardEvents) processed(b *Batch, took time.Duration, err error) {
	c := &e.worker.counts
	c.batches.Add(1)
	bytes := 0
	for i := range b.Records {
		bytes += len(b.Records[i].Data)
	}
	if err == nil {
		c.records.Add(int64(len(b.Records)))
		c.bytes.Add(int64(bytes))
	} else {
		c.failedBatches.Add(1)
	}
	m, key := e.worker.metrics, e.key("ProcessTask")
	m.count(key, "RecordsProcessed", len(b.Records))
	m.add(metricKey{operation: "ProcessTask", stream: e.stream, shard: e.shard, name: "DataBytesProcessed", unit: unitBytes}, float64(bytes))
	m.took(key, "RecordProcessor.processRecords.Time", took)
	m.done(key, "", took, err)
}

// shutDown is the end of a shard.
func (e *shardEvents) shutDown(took time.Duration, err error) {
	key := e.key("ShutdownTask")
	e.worker.metrics.took(key, "RecordProcessor.shutdown.Time", took)
	e.worker.metrics.done(key, "", took, err)
}

func (e *shardEvents) leaseCreated(l lease.Lease, made bool) {
	if made {
		e.logger.Info("lease created", "of", l.ShardID())
	}
	e.worker.metrics.leaseCreated("ShutdownTask", l, made)
}

func (e *shardEvents) missingMergeParent() {
	e.worker.metrics.count(e.key("ShutdownTask"), "MissingMergeParentLease", 1)
}

// What follows is about the worker as a whole.

func (m *metrics) leaseCreated(operation string, l lease.Lease, made bool) {
	if !made {
		return
	}
	kind := l.Checkpoint.Sequence
	if l.Checkpoint.IsSequence() {
		kind = "SEQUENCE_NUMBER"
	}
	key := metricKey{operation: operation, stream: l.Stream}
	m.count(key, "CreateLease.Success", 1)
	m.count(key, "CreateLease_"+kind+".Success", 1)
}

// ofWorker returns the key of what a worker does.
func (m *metrics) ofWorker(operation string) metricKey {
	key := metricKey{operation: operation}
	if m != nil {
		key.worker = m.worker
	}
	return key
}

func (m *metrics) renewed(leases int, took time.Duration) {
	key := m.ofWorker("RenewAllLeases")
	m.count(key, "CurrentLeases", leases)
	m.done(key, "", took, nil)
}

func (m *metrics) leaseLost() { m.count(m.ofWorker("RenewAllLeases"), "LostLeases", 1) }

func (m *metrics) discovered(leases int, took time.Duration) {
	key := m.ofWorker("LeaseDiscovery")
	m.count(key, "NewLeasesDiscovered", leases)
	m.done(key, "", took, nil)
}

// reported is a report of this worker to the leader.
func (m *metrics) reported(took time.Duration, err error) {
	m.done(m.ofWorker("WorkerMetricStatsReporter"), "", took, err)
}

// notMeasured is a value of such a report that could not be had.
func (m *metrics) notMeasured() {
	m.count(metricKey{operation: "WorkerMetricStatsReporter"}, "InMemoryMetricStatsReporterFailure", 1)
}

func (m *metrics) leads(leads bool) {
	n := 0
	if leads {
		n = 1
	}
	m.count(m.ofWorker("LeaderDecider"), "LeaderDecider:IsLeader", n)
}

func (m *metrics) assigned(out lease.Outcome, took time.Duration, err error) {
	key := metricKey{operation: "LeaseAssignmentManager"}
	m.count(key, "TotalLeases", out.Leases)
	m.count(key, "NumWorkers", out.Workers)
	m.count(key, "ExpiredLeases", out.Available)
	m.count(key, "LeaseSpillover", out.Unassigned)
	m.count(key, "NumOfLeasesReassignment", out.Moved)
	m.count(key, "NumWorkersWithFailingWorkerMetric", out.Failing)
	m.count(key, "NumWorkersWithInvalidEntry", out.Invalid)
	m.count(key, "LeaseDeserializationFailureCount", out.Unreadable)
	m.count(key, "FailedAssignmentCount", out.Conflicts)
	m.took(key, "LeaseAndWorkerMetricsLoad.Time", out.Loading)
	m.took(key, "ParallelyAssignLeases.Time", out.Writing)
	m.done(key, "", took, err)
}

func (m *metrics) took2x(want lease.Wanted, taken, leases int, took time.Duration) {
	key := m.ofWorker("TakeLeases")
	m.count(key, "TakenLeases", taken)
	m.count(key, "UntakenLeases", len(want.Leases)-taken)
	m.count(key, "ExpiredLeases", want.Expired)
	m.count(key, "LeaseSpillover", want.Spillover)
	m.count(key, "NumWorkers", want.Workers)
	m.count(key, "VeryOldLeases", want.VeryOld)
	m.count(key, "LeasesToTake", len(want.Leases))
	m.count(key, "NeededLeases", want.Needed)
	m.count(key, "TotalLeases", leases)
	m.done(key, "", took, nil)
}

func (m *metrics) audited(partial, synced int, took time.Duration, err error) {
	key := metricKey{operation: "PeriodicShardSyncManager"}
	m.count(key, "NumStreamsWithPartialLeases", partial)
	m.count(key, "NumStreamsToSync", synced)
	m.done(key, "", took, err)
}

// listed is what became of a list of streams.
func (m *metrics) listed(active, absent, forgotten int) {
	key := metricKey{operation: "MultiStreamTracker"}
	m.count(key, "ActiveStreams.Count", active)
	m.count(key, "StreamsPendingDeletion.Count", absent)
	m.count(key, "DeletedStreams.Count", forgotten)
}
