package kinesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// position is from where a request wants to read a shard.
type position struct {
	operation string // of the request, for messages
	kind      types.ShardIteratorType
	sequence  *string    // nil when not given
	timestamp *time.Time // nil when not given
}

// check judges the position, and returns the offset for the types of it that
// need not ask the log.
func (p position) check(x *catalog.Stream, sh *catalog.Shard, now time.Time) (storage.Offset, error) {
	bySequence := p.kind == types.ShardIteratorTypeAtSequenceNumber ||
		p.kind == types.ShardIteratorTypeAfterSequenceNumber
	given := p.sequence != nil
	switch {
	case given && !bySequence:
		return 0, badStart(p.kind, "also a")
	case given:
		return p.sequenceOffset(x, sh)
	case bySequence:
		return 0, badStart(p.kind, "no")
	case p.kind != types.ShardIteratorTypeAtTimestamp:
		return 0, nil
	case p.timestamp == nil:
		return 0, api.Errorf(kinesisapi.InvalidArgument, "Must specify timestampInMillis parameter for"+
			" iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	case p.timestamp.UnixMilli() > now.UnixMilli():
		return 0, api.Errorf(kinesisapi.InvalidArgument, "The timestampInMillis parameter cannot be greater"+
			" than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d",
			p.timestamp.UnixMilli(), now.UnixMilli())
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
func (p position) sequenceOffset(x *catalog.Stream, sh *catalog.Shard) (storage.Offset, error) {
	text := *p.sequence
	invalid := func(why string) error {
		return api.Errorf(kinesisapi.InvalidArgument,
			"StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid%s.",
			text, p.operation, sh.ID(), x.Name, x.Account, why)
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
	if offset > 0 && p.kind == types.ShardIteratorTypeAtSequenceNumber {
		offset--
	}
	return offset, nil
}

// find returns the offset of a position that check has let through with the
// offset given. LATEST is after the last record of now.
func (s *Service) find(ctx context.Context, p position, offset storage.Offset, x *catalog.Stream, sh *catalog.Shard) (storage.Offset, error) {
	var err error
	switch p.kind {
	case types.ShardIteratorTypeLatest:
		var bounds storage.Bounds
		bounds, err = s.log.Bounds(logKey(x, sh))
		offset = bounds.Next
	case types.ShardIteratorTypeAtTimestamp:
		offset, err = s.log.OffsetAt(ctx, logKey(x, sh), p.timestamp.UnixMilli())
	}
	if errors.Is(err, storage.ErrNotFound) {
		return 0, shardGone(x.Account, x.Name, sh.ID())
	}
	if err != nil {
		return 0, fmt.Errorf("find a position in %s of %s: %w", sh.ID(), x.ARN(), err)
	}
	return offset, nil
}
