package producer

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// pendingEvery is how often UserRecordsPending is sampled.
	pendingEvery = 200 * time.Millisecond
	// lastUpload is how long the last metrics may take when the producer closes.
	lastUpload = 5 * time.Second
)

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// request measures a request.
func (m *metrics) request(b *batch, took time.Duration) {
	if !m.on {
		return
	}
	users := 0
	for _, q := range b.parcels {
		users += len(q.users)
		m.add(metricKey{name: UserRecordsPerKinesisRecord, shardID: q.shard.id}, 1, float64(len(q.users)))
	}
	m.add(metricKey{name: RequestTime}, 1, millis(took))
	m.add(metricKey{name: KinesisRecordsPerPutRecordsRequest}, 1, float64(len(b.parcels)))
	m.add(metricKey{name: UserRecordsPerPutRecordsRequest}, 1, float64(users))
}

// errorOf measures an error of a request, or of an entry for a shard.
func (m *metrics) errorOf(shardID, code string) {
	m.add(metricKey{name: ErrorsByCode, shardID: shardID, code: code}, 1, 1)
	m.add(metricKey{name: AllErrors, shardID: shardID}, 1, 1)
}

// kinesisRecord measures an entry of an answer; code is empty where it was put.
func (m *metrics) kinesisRecord(q *parcel, code string) {
	if !m.on {
		return
	}
	shardID := q.shard.id
	if code != "" {
		m.add(metricKey{name: KinesisRecordsPut, shardID: shardID}, 1, 0)
		m.errorOf(shardID, code)
		return
	}
	m.add(metricKey{name: KinesisRecordsPut, shardID: shardID}, 1, 1)
	m.add(metricKey{name: KinesisRecordsDataPut, shardID: shardID}, 1, float64(len(q.encoded.data)))
	m.add(metricKey{name: AllErrors, shardID: shardID}, 1, 0)
}

// userRecords measures the user records of a finished parcel.
func (m *metrics) userRecords(q *parcel, shardID string, err error) {
	if !m.on {
		return
	}
	n := len(q.users)
	key := func(name MetricName) metricKey { return metricKey{name: name, shardID: shardID} }
	if err == nil {
		m.add(key(UserRecordsPut), n, 1)
		m.merge(key(UserRecordsDataPut), samples{float64(n), float64(q.data.sum), float64(q.data.least), float64(q.data.most)})
	} else {
		m.add(key(UserRecordsPut), n, 0)
		if e, ok := errors.AsType[*Error](err); ok && e.Code == CodeExpired {
			m.add(key(UserRecordExpired), n, 1)
		}
	}
	last := q.arrival
	for _, a := range q.attempts {
		m.add(key(BufferingTime), n, millis(a.Start.Sub(last)))
		last = a.Start.Add(a.Duration)
	}
	m.add(key(RetriesPerRecord), n, float64(max(0, len(q.attempts)-1)))
}

// uploadMetrics hands metrics to the sinks, until the producer is closed.
func (p *Producer) uploadMetrics() {
	upload, sample := time.NewTicker(p.config.metricsUploadDelay), time.NewTicker(pendingEvery)
	defer upload.Stop()
	defer sample.Stop()
	for received := int64(0); ; {
		select {
		case <-sample.C:
			p.mu.Lock()
			p.mu.metrics.add(metricKey{name: UserRecordsPending}, 1, float64(p.mu.buffer.records))
			p.mu.Unlock()
		case <-upload.C:
			received = p.uploadOnce(p.ctx, received)
		case <-p.ctx.Done():
			ctx, cancel := context.WithTimeout(context.Background(), lastUpload)
			p.uploadOnce(ctx, received)
			cancel()
			return
		}
	}
}

// uploadOnce hands out what was measured. It is told how many user records had
// been received the last time, and returns how many have now.
func (p *Producer) uploadOnce(ctx context.Context, received int64) int64 {
	p.mu.Lock()
	now := p.mu.stats.UserRecordsReceived
	p.mu.metrics.add(metricKey{name: UserRecordsReceived}, int(now-received), 1)
	sets := p.mu.metrics.drain()
	p.mu.Unlock()
	all := p.config.rollUp(sets, p.name.text(), time.Now())
	if len(all) == 0 {
		return now
	}
	for _, sink := range p.config.sinks {
		if err := sink.PutMetrics(ctx, all); err != nil {
			p.config.logger.Warn("metrics are lost", "err", err)
		}
	}
	return now
}

// text returns the stream's name, which an ARN ends with.
func (n streamName) text() string {
	if n.name != nil {
		return *n.name
	}
	return (*n.arn)[strings.LastIndex(*n.arn, "/")+1:]
}
