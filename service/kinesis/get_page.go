package kinesis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// What one GetRecords call returns at most (spec data-streams §14.2).
const (
	maxPageRecords = 10_000
	maxPageBytes   = 10 << 20
)

var reads = sync.Pool{New: func() any { return new(storage.ReadResult) }}

// GetPage carries out GetRecords; see there for what is checked in which order.
// It replaces what p held and keeps the capacity of its records.
func (s *Service) GetPage(ctx context.Context, in *kinesis.GetRecordsInput, p *kinesisapi.Page) (err error) {
	began := time.Now()
	*p = kinesisapi.Page{Records: p.Records[:0]}
	now := s.clock.Now()
	sealer, err := s.iterators(ctx)
	if err != nil {
		return err
	}
	it, err := sealer.open(aws.ToString(in.ShardIterator), now.UnixMilli())
	if err != nil {
		return err
	}
	x, sh, err := s.iteratedShard(ctx, &it, in.StreamARN, now.UnixMilli())
	if err != nil {
		return err
	}
	if aws.ToBool(in.DryRun) {
		return errDryRun
	}
	bytes := 0
	defer func() { s.measureGet(x, sh, p, bytes, now, time.Since(began), err) }()
	limited := s.limited(x)
	if limited && !s.throttle.takeRead(logKey(x, sh), now) {
		return shardRateExceeded(x, sh.ID())
	}

	// Whether the shard is closed is asked before the read: a record cannot
	// come in between then, and the read sees all there will ever be.
	end, ends, err := s.endOfShard(x, sh)
	var res *storage.ReadResult
	if err == nil {
		res = reads.Get().(*storage.ReadResult)
		defer releaseRead(res)
		err = s.log.Read(ctx, readRequest(x, sh, &it, in.Limit, now.UnixMilli()), res)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return shardGone(x.Account, x.Name, sh.ID())
	}
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", sh.ID(), x.ARN(), err)
	}
	if err := s.unseal(ctx, x, res); err != nil {
		return err
	}
	bytes = fillPage(p, sh, res, now.UnixMilli())
	if limited {
		s.throttle.chargeRead(logKey(x, sh), bytes, now)
	}
	// A position that no record has yet, of a number from the future, stays.
	it.offset = max(it.offset, res.Next)
	if ends && it.offset >= end {
		p.ChildShards = childShards(x, sh)
		return nil
	}
	p.NextShardIterator = sealer.seal(&it, now.UnixMilli())
	return nil
}

// iteratedShard returns the shard that the iterator is for, if it and its
// stream still exist. streamARN, when given, must name that stream.
func (s *Service) iteratedShard(ctx context.Context, it *shardIterator, streamARN *string, nowMillis int64) (*catalog.Stream, *catalog.Shard, error) {
	caller := api.CallerOf(ctx)
	account, region := caller.Account, caller.Region
	if streamARN != nil {
		ref, err := refTo(caller, "", *streamARN)
		if err != nil {
			return nil, nil, err
		}
		if ref.Name != it.name {
			return nil, nil, api.Errorf(kinesisapi.InvalidArgument,
				"StreamARN and ShardIterator do not refer to the same stream.")
		}
		account, region = ref.Account, ref.Region
	}
	x, ok := s.catalog.StreamByID(it.stream)
	if !ok || x.Account != account || x.Region != region {
		return nil, nil, shardGone(account, it.name, it.shardID())
	}
	sh, ok := x.Shard(it.shardID())
	if !ok || x.Expired(sh, nowMillis) {
		return nil, nil, shardGone(account, it.name, it.shardID())
	}
	return x, sh, nil
}

// endOfShard returns the offset after the last record of a closed shard. The
// log is asked as well as the catalog, which may know of a reshard a moment
// before the last records of its parents can be read.
func (s *Service) endOfShard(x *catalog.Stream, sh *catalog.Shard) (end storage.Offset, ends bool, err error) {
	if !sh.Closed() {
		return 0, false, nil
	}
	bounds, err := s.log.Bounds(logKey(x, sh))
	return bounds.Next, bounds.Closed, err
}

// readRequest asks for the records from the iterator's position, or from the
// trim horizon when that is later.
func readRequest(x *catalog.Stream, sh *catalog.Shard, it *shardIterator, limit *int32, nowMillis int64) storage.ReadRequest {
	req := storage.ReadRequest{
		Key:             logKey(x, sh),
		From:            it.offset,
		NotBeforeMillis: x.HorizonMillis(nowMillis),
		MaxRecords:      maxPageRecords,
		MaxBytes:        maxPageBytes,
	}
	if limit != nil {
		req.MaxRecords = min(int(*limit), maxPageRecords)
	}
	return req
}

// fillPage turns what was read into the page, and returns how many bytes of
// data and keys that is.
func fillPage(p *kinesisapi.Page, sh *catalog.Shard, res *storage.ReadResult, nowMillis int64) (bytes int) {
	for i := range res.Records {
		r := &res.Records[i]
		bytes += len(r.PartitionKey) + len(r.Data)
		p.Records = append(p.Records, kinesisapi.PageRecord{
			Data:           r.Data,
			PartitionKey:   keyOf(r),
			SequenceNumber: sh.SequenceNumber(r.Offset, r.ArrivalMillis),
			ArrivalMillis:  r.ArrivalMillis,
			Encrypted:      r.KeyVersion != 0,
		})
	}
	if res.NextMillis != 0 {
		p.MillisBehindLatest = max(0, nowMillis-res.NextMillis)
	}
	return bytes
}

// keyOf returns the partition key, nil of a record that was put without. No key
// is empty, so that storage need not tell one from none.
func keyOf(r *storage.Record) []byte {
	if len(r.PartitionKey) == 0 {
		return nil
	}
	return r.PartitionKey
}

// childShards lists the direct children of a closed shard, each with all its
// parents.
func childShards(x *catalog.Stream, sh *catalog.Shard) []types.ChildShard {
	var list []types.ChildShard
	for _, c := range x.Children(sh.ID()) {
		child := types.ChildShard{
			ShardId: aws.String(c.ID().String()),
			HashKeyRange: &types.HashKeyRange{
				StartingHashKey: aws.String(c.Range.Start.String()),
				EndingHashKey:   aws.String(c.Range.End.String()),
			},
		}
		for _, parent := range []int32{c.Parent, c.AdjacentParent} {
			if parent != catalog.NoShard {
				child.ParentShards = append(child.ParentShards, stream.ShardID(parent).String())
			}
		}
		list = append(list, child)
	}
	return list
}

// releaseRead gives the space back without the records' memory in it.
func releaseRead(res *storage.ReadResult) {
	clear(res.Records)
	reads.Put(res)
}
