package kinesis

import (
	"errors"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// measurePut counts a put that took so long. x is nil when it did not get as
// far as its stream.
func (s *Service) measurePut(x *catalog.Stream, b *kinesisapi.PutBatch, took time.Duration, err error) {
	if x == nil || b.DryRun {
		return
	}
	m := s.metricsOf(x)
	var bytes, stored, throttled, failed int
	switch {
	case err == nil:
		for i := range b.Records {
			r := &b.Records[i]
			switch r.ErrorCode {
			case "":
				stored++
				bytes += len(r.PartitionKey) + len(r.Data)
			case kinesisapi.ProvisionedThroughputExceeded:
				throttled++
			default:
				failed++
			}
		}
	case isThrottled(err):
		throttled = len(b.Records)
	case isFailure(err):
		failed = len(b.Records)
	}
	m.IncomingBytes.Add(uint64(bytes))
	m.IncomingRecords.Add(uint64(stored))
	m.WriteProvisionedThroughputExceeded.Add(uint64(throttled))
	if b.Single {
		m.PutRecord.call(took, err == nil, bytes)
	} else {
		m.PutRecords.call(took, stored > 0, bytes)
		m.TotalRecords.Add(uint64(len(b.Records)))
		m.SuccessfulRecords.Add(uint64(stored))
		m.ThrottledRecords.Add(uint64(throttled))
		m.FailedRecords.Add(uint64(failed))
	}
	if err == nil && len(x.Monitored) > 0 {
		s.measureShards(x, b)
	}
}

// measureShards counts the records of a put by shard. Those that were throttled
// are counted where that happens.
func (s *Service) measureShards(x *catalog.Stream, b *kinesisapi.PutBatch) {
	for i := range b.Records {
		r := &b.Records[i]
		if r.ErrorCode != "" {
			continue
		}
		if m := s.shardMetrics(x, uint32(r.Shard)); m != nil {
			m.IncomingBytes.Add(uint64(len(r.PartitionKey) + len(r.Data)))
			m.IncomingRecords.Add(1)
		}
	}
}

// measureRefusal counts a record that its shard refused.
func (s *Service) measureRefusal(x *catalog.Stream, sh *catalog.Shard) {
	if m := s.shardMetrics(x, sh.Index); m != nil {
		m.WriteProvisionedThroughputExceeded.Add(1)
	}
}

// measureGet counts a GetRecords call that began at now and took so long.
func (s *Service) measureGet(x *catalog.Stream, sh *catalog.Shard, p *kinesisapi.Page, bytes int, now time.Time, took time.Duration, err error) {
	m, shard := s.metricsOf(x), s.shardMetrics(x, sh.Index)
	m.GetRecords.call(took, err == nil, bytes)
	m.Records.Add(uint64(len(p.Records)))
	if err != nil {
		if isThrottled(err) {
			m.ReadProvisionedThroughputExceeded.Add(1)
			if shard != nil {
				shard.ReadProvisionedThroughputExceeded.Add(1)
			}
		}
		return
	}
	age := iteratorAge(p, now)
	m.IteratorAge.Observe(age)
	if shard != nil {
		shard.IteratorAge.Observe(age)
		shard.OutgoingBytes.Add(uint64(bytes))
		shard.OutgoingRecords.Add(uint64(len(p.Records)))
	}
}

// measureSubscribe counts a SubscribeToShard call that got as far as its place:
// it was given, or refused because the call or the subscription before was too
// recent.
func (s *Service) measureSubscribe(x *catalog.Stream, consumer string, given bool) {
	m := s.consumerMetrics(x, consumer)
	if given {
		m.Success.Add(1)
	} else {
		m.RateExceeded.Add(1)
	}
}

// measureEvent counts an event that is about to be pushed.
func (s *Service) measureEvent(x *catalog.Stream, sh *catalog.Shard, consumer string, p *kinesisapi.Page) {
	bytes := 0
	for i := range p.Records {
		bytes += len(p.Records[i].PartitionKey) + len(p.Records[i].Data)
	}
	m := s.consumerMetrics(x, consumer)
	m.Events.Add(1)
	m.Bytes.Add(uint64(bytes))
	m.Records.Add(uint64(len(p.Records)))
	m.MillisBehindLatest.Observe(time.Duration(p.MillisBehindLatest) * time.Millisecond)
	if shard := s.shardMetrics(x, sh.Index); shard != nil {
		shard.OutgoingBytes.Add(uint64(bytes))
		shard.OutgoingRecords.Add(uint64(len(p.Records)))
	}
}

// iteratorAge returns how long before now the last record of a page arrived; 0
// when there are none.
func iteratorAge(p *kinesisapi.Page, now time.Time) time.Duration {
	if len(p.Records) == 0 {
		return 0
	}
	last := time.UnixMilli(p.Records[len(p.Records)-1].ArrivalMillis)
	return max(0, now.Sub(last))
}

func isThrottled(err error) bool {
	var e *api.Error
	return errors.As(err, &e) && e.Code == kinesisapi.ProvisionedThroughputExceeded
}

// isFailure reports whether an error is the server's and not the caller's.
func isFailure(err error) bool {
	var e *api.Error
	return !errors.As(err, &e) || e.Code == kinesisapi.InternalFailure
}
