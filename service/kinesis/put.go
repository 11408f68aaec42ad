package kinesis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// maxPutBytes bounds the data and partition keys of one put (spec data-streams
// §13.2).
const maxPutBytes = 10 << 20

// A shard may close between the look at the catalog and the append, which then
// refuses the whole batch. It is routed anew once the catalog has moved on, so
// many times at most and waiting that long each time.
const (
	maxRoutes   = 16
	rerouteWait = 5 * time.Second
)

// The outcome of a record that there is no room for (spec data-streams §13.2).
const (
	recordFailure     = "InternalFailure" // a record's code; a call's is longer
	recordFailureText = "Internal service failure."
)

// put is the scratch space of one PutBatch.
type put struct {
	stream *catalog.Stream // nil before the stream is known
	batch  storage.Batch
	shards []*catalog.Shard // of each record of the batch
	// hashes are of the request's records; of those with an explicit hash key
	// they mean nothing before they are routed.
	hashes []stream.HashKey
	// refusals are the messages of shards that refused a record.
	refusals map[*catalog.Shard]string
	// arena has the sealed records of an encrypted stream, context what they are
	// authenticated with besides.
	arena, context []byte
}

var puts = sync.Pool{New: func() any { return new(put) }}

// release gives the space back without the request's memory in it.
func (p *put) release() {
	p.reset()
	if cap(p.arena) > maxKeptArena {
		p.arena = nil
	}
	puts.Put(p)
}

func (p *put) reset() {
	p.stream = nil
	clear(p.batch.Records)
	clear(p.shards)
	clear(p.refusals)
	p.batch.Records = p.batch.Records[:0]
	p.shards = p.shards[:0]
}

// PutBatch carries out PutRecords, or PutRecord when b.Single is set; see
// there for what is checked in which order. Each record's outcome is written
// into b. An error means that nothing was stored, unless the log itself failed.
func (s *Service) PutBatch(ctx context.Context, b *kinesisapi.PutBatch) error {
	p := puts.Get().(*put)
	defer p.release()
	began := time.Now()
	err := s.put(ctx, p, b)
	s.measurePut(p.stream, b, time.Since(began), err)
	return err
}

// put carries out b with the scratch space p, in which it leaves the stream.
func (s *Service) put(ctx context.Context, p *put, b *kinesisapi.PutBatch) error {
	keyless := checkPartitionKeys(b)
	p.hash(b.Records)
	for routes := 1; ; routes++ {
		x, err := s.writable(ctx, b)
		if keyless != nil && (err != nil || !x.Auto) {
			return keyless
		}
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if err := s.route(p, b, x, now); err != nil {
			return err
		}
		if b.DryRun {
			return cmp.Or(s.checkSealing(ctx, x), error(errDryRun))
		}
		p.meter()
		s.throttlePut(p, b, x, now)
		if err := s.seal(ctx, p); err != nil {
			return err
		}
		err = s.append(ctx, p)
		switch {
		case err == nil:
			p.settle(b)
			return singleError(b)
		case errors.Is(err, storage.ErrFull):
			s.logFull(now, x, err)
			refuseAll(b)
			return singleError(b)
		case !errors.Is(err, storage.ErrClosed) && !errors.Is(err, storage.ErrNotFound) || routes == maxRoutes:
			return fmt.Errorf("append to stream %s: %w", x.ARN(), err)
		}
		if err := s.waitNewer(ctx, x); err != nil {
			return fmt.Errorf("append to stream %s: shards changed, but not the catalog: %w", x.ARN(), err)
		}
	}
}

// hash fills p.hashes, two keys at a time.
func (p *put) hash(records []kinesisapi.PutRecord) {
	p.hashes = slices.Grow(p.hashes[:0], len(records))[:len(records)]
	waiting := -1 // the record that waits for another to be hashed with
	for i := range records {
		switch {
		case records[i].ExplicitHashKey != nil:
		case waiting < 0:
			waiting = i
		default:
			p.hashes[waiting], p.hashes[i] =
				stream.HashPartitionKeys(records[waiting].PartitionKey, records[i].PartitionKey)
			waiting = -1
		}
	}
	if waiting >= 0 {
		p.hashes[waiting] = stream.HashPartitionKey(records[waiting].PartitionKey)
	}
}

// writable returns the stream of a put when it takes records.
func (s *Service) writable(ctx context.Context, b *kinesisapi.PutBatch) (*catalog.Stream, error) {
	x, err := s.stream(ctx, b.StreamName, b.StreamARN)
	if err != nil {
		return nil, err
	}
	if len(x.Open()) == 0 {
		return nil, catalog.StreamNotFound(x.Account, x.Name)
	}
	return x, nil
}

// route checks the records of b and fills p with them and their shards, with
// their outcomes in b reset.
func (s *Service) route(p *put, b *kinesisapi.PutBatch, x *catalog.Stream, now time.Time) error {
	p.reset()
	p.stream, p.batch.Stream = x, x.ID
	maxRecordBytes := int(x.MaxRecordKiB) << 10
	total, tooLarge := 0, -1
	var auto spread
	if x.Auto {
		auto = s.spreadOver(x, len(b.Records))
	}
	for i := range b.Records {
		r := &b.Records[i]
		r.ErrorCode, r.ErrorMessage = "", ""
		stored := storage.Record{PartitionKey: r.PartitionKey, Data: r.Data}
		if r.ExplicitHashKey != nil && !x.Auto {
			hash, err := stream.ParseHashKey(r.ExplicitHashKey)
			if err != nil {
				return api.Errorf(kinesisapi.InvalidArgument, "Invalid ExplicitHashKey. ExplicitHashKey must be"+
					" in the range: [0, 2^128-1]. Specified value was %s", r.ExplicitHashKey)
			}
			stored.ExplicitHashKey, stored.HasExplicitHashKey = hash, true
			p.hashes[i] = hash
		}
		size := len(r.PartitionKey) + len(r.Data)
		if total += size; size > maxRecordBytes && tooLarge < 0 {
			tooLarge = i
		}
		sh := x.Route(p.hashes[i])
		if x.Auto {
			sh = auto.shard(i)
		}
		stored.Shard = sh.Index
		p.batch.Records = append(p.batch.Records, stored)
		p.shards = append(p.shards, sh)
	}
	b.Failed, b.Encrypted = 0, x.Encrypted()
	if b.SequenceNumberForOrdering != "" {
		if err := s.checkOrdering(b.SequenceNumberForOrdering, x, p.shards[0], now); err != nil {
			return err
		}
	}
	if tooLarge >= 0 {
		return recordTooLarge(b, tooLarge, maxRecordBytes)
	}
	if total > maxPutBytes {
		return api.Errorf(kinesisapi.InvalidArgument, "Records size exceeds 10 MB limit")
	}
	return nil
}

// throttlePut takes the records that their shards refuse out of p, and writes
// that into b. A batch that is routed anew is charged anew: that its shards are
// new is what made it so.
func (s *Service) throttlePut(p *put, b *kinesisapi.PutBatch, x *catalog.Stream, now time.Time) {
	if !s.limited(x) {
		return
	}
	s.throttle.beginBatch()
	defer s.throttle.endBatch()
	kept := 0
	for i := range b.Records {
		sh, stored := p.shards[i], &p.batch.Records[i]
		if s.throttle.takePut(logKey(x, sh), len(stored.PartitionKey)+len(stored.Data), now) {
			p.shards[kept], p.batch.Records[kept] = sh, *stored
			kept++
			continue
		}
		b.Records[i].ErrorCode = kinesisapi.ProvisionedThroughputExceeded
		b.Records[i].ErrorMessage = p.refusal(x, sh)
		s.measureRefusal(x, sh)
		b.Failed++
	}
	clear(p.batch.Records[kept:])
	p.batch.Records, p.shards = p.batch.Records[:kept], p.shards[:kept]
}

// refusal returns the message of a record that the shard refused, made once for
// all of them.
func (p *put) refusal(x *catalog.Stream, sh *catalog.Shard) string {
	text, ok := p.refusals[sh]
	if !ok {
		if p.refusals == nil {
			p.refusals = make(map[*catalog.Shard]string)
		}
		text = shardRateExceeded(x, sh.ID()).Message
		p.refusals[sh] = text
	}
	return text
}

// append stores what was not refused.
func (s *Service) append(ctx context.Context, p *put) error {
	if len(p.batch.Records) == 0 {
		return nil
	}
	return s.log.Append(ctx, &p.batch)
}

// settle writes shards and sequence numbers of the stored records into b.
func (p *put) settle(b *kinesisapi.PutBatch) {
	next := 0
	for i := range b.Records {
		r := &b.Records[i]
		if r.ErrorCode != "" {
			continue
		}
		sh, stored := p.shards[next], &p.batch.Records[next]
		r.Shard = sh.ID()
		r.SequenceNumber = sh.SequenceNumber(stored.Offset, stored.ArrivalMillis)
		next++
	}
}

// refuseAll is the outcome of a batch for which there is no room.
func refuseAll(b *kinesisapi.PutBatch) {
	for i := range b.Records {
		b.Records[i].ErrorCode, b.Records[i].ErrorMessage = recordFailure, recordFailureText
	}
	b.Failed = len(b.Records)
}

// singleError returns the error of a PutRecord call whose record was refused.
func singleError(b *kinesisapi.PutBatch) error {
	if !b.Single || b.Failed == 0 {
		return nil
	}
	r := &b.Records[0]
	if r.ErrorCode == recordFailure {
		return api.Errorf(kinesisapi.InternalFailure, "%s", r.ErrorMessage)
	}
	return api.Errorf(r.ErrorCode, "%s", r.ErrorMessage)
}

// fullLogEvery is how often it is logged that there is no room.
const fullLogEvery = 10 * time.Second

// logFull tells the operator, once in a while.
func (s *Service) logFull(now time.Time, x *catalog.Stream, err error) {
	last := s.fullLoggedMillis.Load()
	if now.UnixMilli()-last < fullLogEvery.Milliseconds() || !s.fullLoggedMillis.CompareAndSwap(last, now.UnixMilli()) {
		return
	}
	s.logger.Error("storage is full, records are refused", "stream", x.ARN(), "err", err)
}

// waitNewer waits until x is not the current version of its stream.
func (s *Service) waitNewer(ctx context.Context, x *catalog.Stream) error {
	ctx, cancel := context.WithTimeout(ctx, rerouteWait)
	defer cancel()
	return s.catalog.WaitNewer(ctx, x)
}
