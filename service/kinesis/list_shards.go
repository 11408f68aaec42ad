package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// listedShards is the most shards in one reply.
const listedShards = 1000

// ListShards lists the shards of a stream in id order, up to 1000 at a time;
// those past retention never appear. What a filter selects is settled by the
// first call, see shardListing.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: a NextToken together with what identifies a
//     stream or where to start; none of them; a token that this server did not
//     give
//   - ExpiredNextTokenException: a token older than 300 s
//   - InvalidArgumentException: a filter without what its type needs, or with
//     what its type has no use for
//   - LimitExceededException: the call rate of the stream
//   - ResourceNotFoundException: no such stream, or not the one created then
//   - ResourceInUseException: it is CREATING or DELETING
func (s *Service) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	x, l, err := s.shardListing(ctx, in)
	if err != nil {
		return nil, err
	}
	shards, more := l.page(x, pageSize(in.MaxResults, listedShards), s.nowMillis())
	out := &kinesis.ListShardsOutput{Shards: shards}
	if more {
		out.NextToken, err = s.sealToken(ctx, shardsToken, l.append(nil))
	}
	return out, err
}

// shardListing returns what is to be listed, and of which stream.
func (s *Service) shardListing(ctx context.Context, in *kinesis.ListShardsInput) (*catalog.Stream, *shardListing, error) {
	switch given := in.StreamName != nil || in.StreamARN != nil; {
	case in.NextToken != nil:
		return s.continuedListing(ctx, in)
	case !given:
		return nil, nil, api.Errorf(kinesisapi.InvalidArgument, "Either NextToken or StreamName should be provided.")
	}
	if err := checkFilter(in.ShardFilter); err != nil {
		return nil, nil, err
	}
	ref, err := s.admit(ctx, "ListShards", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, nil, err
	}
	x, err := s.listable(ref)
	if err != nil {
		return nil, nil, err
	}
	if t := in.StreamCreationTimestamp; t != nil && t.Unix() != created(x).Unix() {
		return nil, nil, catalog.StreamNotFound(x.Account, x.Name)
	}
	return x, newShardListing(x, in, s.nowMillis()), nil
}

// continuedListing is shardListing for a request with a NextToken. The token
// identifies the stream; an ARN may come with it, since clients choose their
// endpoint by it.
func (s *Service) continuedListing(ctx context.Context, in *kinesis.ListShardsInput) (*catalog.Stream, *shardListing, error) {
	const both = "NextToken and %s cannot be provided together."
	switch {
	case in.StreamName != nil:
		return nil, nil, api.Errorf(kinesisapi.InvalidArgument, both, "StreamName")
	case in.StreamCreationTimestamp != nil:
		return nil, nil, api.Errorf(kinesisapi.InvalidArgument, both, "StreamCreationTimestamp")
	case in.ExclusiveStartShardId != nil:
		return nil, nil, api.Errorf(kinesisapi.InvalidArgument, both, "ExclusiveStartShardId")
	}
	body, err := s.openToken(ctx, shardsToken, *in.NextToken)
	if err != nil {
		return nil, nil, err
	}
	l, ref, err := readShardListing(body, api.CallerOf(ctx))
	if err != nil {
		return nil, nil, err
	}
	if in.StreamARN != nil && *in.StreamARN != ref.ARN() {
		return nil, nil, errInvalidToken
	}
	if _, err := s.admit(ctx, "ListShards", ref.Name, ""); err != nil {
		return nil, nil, err
	}
	x, err := s.listable(ref)
	if err == nil && x.ID != l.stream {
		err = catalog.StreamNotFound(ref.Account, ref.Name) // this one was created later
	}
	return x, l, err
}

// listable returns the stream when its shards can be listed.
func (s *Service) listable(ref catalog.Ref) (*catalog.Stream, error) {
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	if x.Status == types.StreamStatusCreating || x.Status == types.StreamStatusDeleting {
		return nil, catalog.NotActive(x)
	}
	return x, nil
}

// checkFilter judges the members of a filter. AWS's texts are unknown.
func checkFilter(f *types.ShardFilter) error {
	if f == nil {
		return nil
	}
	timed := f.Type == types.ShardFilterTypeAtTimestamp || f.Type == types.ShardFilterTypeFromTimestamp
	after := f.Type == types.ShardFilterTypeAfterShardId
	switch {
	case timed && f.Timestamp == nil:
		return api.Errorf(kinesisapi.InvalidArgument, "Timestamp must be provided with ShardFilter type %s.", f.Type)
	case !timed && f.Timestamp != nil:
		return api.Errorf(kinesisapi.InvalidArgument, "Timestamp cannot be provided with ShardFilter type %s.", f.Type)
	case after && f.ShardId == nil:
		return api.Errorf(kinesisapi.InvalidArgument, "ShardId must be provided with ShardFilter type %s.", f.Type)
	case !after && f.ShardId != nil:
		return api.Errorf(kinesisapi.InvalidArgument, "ShardId cannot be provided with ShardFilter type %s.", f.Type)
	}
	return nil
}
