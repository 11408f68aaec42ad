package kinesis

import (
	"context"
	"errors"
	"fmt"
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

// GetShardIterator returns a token for reading one shard from a position on,
// valid for 300 s.
//
// Errors, in the order they are checked: InvalidArgumentException without a
// stream's name; ResourceNotFoundException for a shard id that cannot be one,
// then for a stream or shard that does not exist, or for an expired shard;
// InvalidArgumentException for a starting sequence number that is missing or
// not wanted, not one, of another shard, or of another stream, and for a
// timestamp that is missing or in the future; DryRunOperationException;
// ProvisionedThroughputExceededException after the fifth call in a second for
// a shard under the limits of AWS.
// Differs from AWS: a sequence number of version 0, such as "0", did not come
// from this stream, where AWS answers with an InternalFailure. Cases:
// testdata/get_shard_iterator.
func (s *Service) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	now := s.clock.Now()
	x, sh, err := s.requestedShard(ctx, in, now)
	if err != nil {
		return nil, err
	}
	offset, err := startingOffset(x, sh, in, now)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun
	}
	if s.limited(x) && !s.throttle.takeIterator(logKey(x, sh), now) {
		return nil, shardRateExceeded(x, sh.ID())
	}
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeLatest:
		var bounds storage.Bounds
		bounds, err = s.log.Bounds(logKey(x, sh))
		offset = bounds.Next
	case types.ShardIteratorTypeAtTimestamp:
		offset, err = s.log.OffsetAt(ctx, logKey(x, sh), in.Timestamp.UnixMilli())
	}
	if errors.Is(err, storage.ErrNotFound) {
		return nil, shardGone(x.Account, x.Name, sh.ID())
	}
	if err != nil {
		return nil, fmt.Errorf("find a position in %s of %s: %w", sh.ID(), x.ARN(), err)
	}
	sealer, err := s.iterators(ctx)
	if err != nil {
		return nil, err
	}
	token := sealer.seal(&shardIterator{stream: x.ID, name: x.Name, shard: sh.Index, offset: offset}, now.UnixMilli())
	return &kinesis.GetShardIteratorOutput{ShardIterator: &token}, nil
}

// requestedShard returns the shard that the request names.
func (s *Service) requestedShard(ctx context.Context, in *kinesis.GetShardIteratorInput, now time.Time) (*catalog.Stream, *catalog.Shard, error) {
	ref, err := refTo(api.CallerOf(ctx), aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, nil, err
	}
	id, ok := stream.ParseShardID(aws.ToString(in.ShardId))
	if !ok {
		return nil, nil, catalog.ShardNotFound(ref.Account, ref.Name, aws.ToString(in.ShardId))
	}
	x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name)
	if !ok {
		return nil, nil, shardGone(ref.Account, ref.Name, id)
	}
	sh, ok := x.Shard(id)
	if !ok || x.Expired(sh, now.UnixMilli()) {
		return nil, nil, shardGone(ref.Account, ref.Name, id)
	}
	return x, sh, nil
}

// startingOffset checks what the request says about the position, and returns
// the offset for the types of iterator that need not ask the log.
func startingOffset(x *catalog.Stream, sh *catalog.Shard, in *kinesis.GetShardIteratorInput, now time.Time) (storage.Offset, error) {
	bySequence := in.ShardIteratorType == types.ShardIteratorTypeAtSequenceNumber ||
		in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber
	given := in.StartingSequenceNumber != nil
	switch {
	case given && !bySequence:
		return 0, badStart(in.ShardIteratorType, "also a")
	case given:
		return sequenceOffset(x, sh, in)
	case bySequence:
		return 0, badStart(in.ShardIteratorType, "no")
	case in.ShardIteratorType != types.ShardIteratorTypeAtTimestamp:
		return 0, nil
	case in.Timestamp == nil:
		return 0, api.Errorf(kinesisapi.InvalidArgument, "Must specify timestampInMillis parameter for"+
			" iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	case in.Timestamp.UnixMilli() > now.UnixMilli():
		return 0, api.Errorf(kinesisapi.InvalidArgument, "The timestampInMillis parameter cannot be greater"+
			" than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d",
			in.Timestamp.UnixMilli(), now.UnixMilli())
	}
	return 0, nil
}

// badStart is the answer to a starting sequence number where there must be
// none, and to none where there must be one.
func badStart(kind types.ShardIteratorType, which string) error {
	return api.Errorf(kinesisapi.InvalidArgument, "Must either specify (1) AT_SEQUENCE_NUMBER or"+
		" AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no"+
		" StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.", kind, which)
}

// sequenceOffset returns the offset of the first record at or after the
// starting sequence number. The number's index tells, for a shard's records
// are numbered without gaps: those of index n have offset n-1. The numbers
// that bound the shard are fine too, and so are indexes that no record has yet.
func sequenceOffset(x *catalog.Stream, sh *catalog.Shard, in *kinesis.GetShardIteratorInput) (storage.Offset, error) {
	text := *in.StartingSequenceNumber
	invalid := func(why string) error {
		return api.Errorf(kinesisapi.InvalidArgument,
			"StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid%s.",
			text, sh.ID(), x.Name, x.Account, why)
	}
	n, err := stream.ParseAnySequenceNumber(text)
	if err != nil {
		return 0, invalid("")
	}
	parts := n.Parts()
	if parts.Shard != sh.ID() {
		return 0, api.Errorf(kinesisapi.InvalidArgument, "Invalid StartingSequenceNumber. It encodes %s,"+
			" while it was used in a call to a shard with %s", parts.Shard, sh.ID())
	}
	if n.Version() != 2 || parts.CreateSeconds != sh.CreateSeconds {
		return 0, invalid(" because it did not come from this stream")
	}
	offset := storage.Offset(parts.Index)
	if offset > 0 && in.ShardIteratorType == types.ShardIteratorTypeAtSequenceNumber {
		offset--
	}
	return offset, nil
}
