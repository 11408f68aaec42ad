package producer

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// withoutRetries has the SDK make a request once.
func withoutRetries(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

// send makes a request of a batch, and settles what becomes of it.
func (p *Producer) send(b *batch) {
	entries := make([]types.PutRecordsRequestEntry, len(b.parcels))
	for i, q := range b.parcels {
		q.encode()
		entries[i] = types.PutRecordsRequestEntry{
			Data: q.encoded.data, PartitionKey: &q.encoded.partitionKey, ExplicitHashKey: &q.encoded.explicitHashKey,
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.config.requestTimeout)
	made := time.Now()
	out, err := p.client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: p.name.name, StreamARN: p.name.arn, Records: entries}, withoutRetries)
	cancel()
	o := outcome{p: p, made: made, now: time.Now()}

	p.mu.Lock()
	p.mu.requests--
	p.mu.metrics.request(b, o.now.Sub(made))
	p.mu.stats.Requests++
	switch {
	case err != nil:
		o.failedLocked(b, err)
	case len(out.Records) != len(b.parcels):
		err := &Error{Code: CodeRecordCountMismatch, Message: fmt.Sprintf("%d records were sent, %d are in the answer", len(b.parcels), len(out.Records))}
		for _, q := range b.parcels {
			o.refusedLocked(q, err, false)
		}
	default:
		for i, q := range b.parcels {
			o.entryLocked(q, out.Records[i])
		}
	}
	o.retryLocked()
	for _, q := range b.parcels {
		p.settledLocked(q.shard, o.now)
	}
	p.mu.Unlock()
	p.deliver(o.done)
	p.wakeUp()
}

// outcome settles what becomes of the parcels of one request.
type outcome struct {
	p         *Producer
	made, now time.Time // when the request was made, and answered
	retry     []*parcel // in their order
	done      []finished
}

// failedLocked settles a request that failed as a whole. Where one record may
// have spoiled it for the others, all are tried again, each alone.
func (o *outcome) failedLocked(b *batch, err error) {
	code, message := codeOf(err)
	alone := spoiled[code] && len(b.parcels) > 1
	again := alone || isPassing(err) && !(code == codeThrottled && o.p.config.failIfThrottled)
	o.p.mu.metrics.errorOf("", code)
	o.p.mu.stats.count(code)
	for _, q := range b.parcels {
		q.alone = q.alone || alone
		o.refusedLocked(q, &Error{Code: code, Message: message, Err: err}, again)
	}
}

// entryLocked settles a parcel by its entry in the answer.
func (o *outcome) entryLocked(q *parcel, entry types.PutRecordsResultEntry) {
	p := o.p
	if aws.ToString(entry.SequenceNumber) == "" {
		code := aws.ToString(entry.ErrorCode)
		p.mu.metrics.kinesisRecord(q, code)
		p.mu.stats.count(code)
		// What the service names in an entry is always for the moment: throttling,
		// or trouble of its own.
		o.refusedLocked(q, &Error{Code: code, Message: aws.ToString(entry.ErrorMessage)}, !(code == codeThrottled && p.config.failIfThrottled))
		return
	}
	p.mu.metrics.kinesisRecord(q, "")
	p.mu.stats.KinesisRecordsPut++
	s := q.shard
	s.failures = 0
	at := stored{aws.ToString(entry.ShardId), aws.ToString(entry.SequenceNumber)}
	attempt := Attempt{Start: o.made, Duration: o.now.Sub(o.made)}
	if s.id != at.shardID && s != p.mu.anywhere {
		p.suspectLocked(s, o.made, o.now)
	}
	if s.id != at.shardID && q.encoded.aggregate {
		owns, known := p.mu.shards.ranges[at.shardID]
		if !known {
			p.mu.shards.held = append(p.mu.shards.held, held{q, attempt, at})
			p.refreshLocked()
			return // and stays under way
		}
		if !q.coveredBy(owns) {
			o.refusedLocked(q, wrongShard(s.id, at.shardID), true)
			return
		}
	}
	s.underWay--
	o.done = append(o.done, p.succeedLocked(q, attempt, at))
}

func wrongShard(predicted, actual string) *Error {
	return &Error{Code: CodeWrongShard, Message: fmt.Sprintf("an aggregate for %s came to %s, which does not own all of it", predicted, actual)}
}

// refusedLocked notes a failed attempt of a parcel, which is then tried again or
// not.
func (o *outcome) refusedLocked(q *parcel, err *Error, again bool) {
	p := o.p
	q.shard.underWay--
	q.attempts = append(q.attempts, Attempt{Start: o.made, Duration: o.now.Sub(o.made), Code: err.Code, Message: err.Message})
	q.lastErr = err
	if err.Code != CodeWrongShard {
		q.shard.fail(o.made, o.now)
	}
	switch {
	case p.ctx.Err() != nil:
		o.done = append(o.done, p.failLocked(q, ErrClosed))
	case !again:
		o.done = append(o.done, p.failLocked(q, err))
	case p.expired(q, o.now):
		o.done = append(o.done, p.expireLocked(q))
	default:
		o.retry = append(o.retry, q)
	}
}

// retryLocked brings what is tried again back into the queues, before what came
// later.
func (o *outcome) retryLocked() {
	p := o.p
	var homeless []*parcel
	touched := map[*shard][]*parcel{}
	var order []*shard
	for _, q := range o.retry {
		if q.shard.gone || q.lastErr.(*Error).Code == CodeWrongShard {
			homeless = append(homeless, q)
			continue
		}
		if touched[q.shard] == nil {
			order = append(order, q.shard)
		}
		touched[q.shard] = append(touched[q.shard], q)
	}
	for _, s := range order {
		s.pushFront(touched[s]...)
	}
	if len(homeless) > 0 {
		p.regroupLocked(homeless, true, o.now)
	}
}

// judgeHeldLocked decides about what was held until more was known about strange
// shards. What came to one that the service has forgotten is put again, and what
// is held since then stays so.
func (p *Producer) judgeHeldLocked(strange map[string]*shard, now time.Time) []finished {
	m := &p.mu.shards
	for id, s := range strange {
		if s != nil {
			m.ranges[id] = s.owns
		}
	}
	var done []finished
	var again []*parcel
	var settled []*shard
	kept := m.held[:0]
	for _, h := range m.held {
		q := h.parcel
		owns, known := m.ranges[h.stored.shardID]
		if _, asked := strange[h.stored.shardID]; !known && !asked {
			kept = append(kept, h)
			m.refreshAt = now
			continue
		}
		q.shard.underWay--
		settled = append(settled, q.shard)
		switch {
		case known && q.coveredBy(owns):
			done = append(done, p.succeedLocked(q, h.attempt, h.stored))
		case p.expired(q, now):
			done = append(done, p.expireLocked(h.refuse()))
		default:
			again = append(again, h.refuse())
		}
	}
	clear(m.held[len(kept):])
	m.held = kept
	p.regroupLocked(again, true, now)
	for _, s := range settled {
		p.settledLocked(s, now)
	}
	return done
}

// refuse notes that a held parcel came to the wrong shard.
func (h held) refuse() *parcel {
	err := wrongShard(h.parcel.shard.id, h.stored.shardID)
	h.attempt.Code, h.attempt.Message = err.Code, err.Message
	h.parcel.attempts = append(h.parcel.attempts, h.attempt)
	h.parcel.lastErr = err
	return h.parcel
}

// sweepMapLocked fails what has waited for the map until it expired.
func (p *Producer) sweepMapLocked(now time.Time) (expired []finished) {
	m := &p.mu.shards
	for len(m.unplaced) > 0 && p.expired(m.unplaced[0], now) {
		expired = append(expired, p.expireLocked(m.unplaced[0]))
		m.unplaced = m.unplaced[1:]
	}
	kept := m.held[:0]
	for _, h := range m.held {
		if !p.expired(h.parcel, now) {
			kept = append(kept, h)
			continue
		}
		h.parcel.shard.underWay--
		expired = append(expired, p.expireLocked(h.refuse()))
	}
	m.held = kept
	return expired
}
