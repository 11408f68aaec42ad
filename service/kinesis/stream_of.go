package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
)

// StreamOf returns the name of the stream that an input's shard iterator or
// NextToken is about, and "" when it has none, or none that is valid.
func (s *Service) StreamOf(ctx context.Context, input any) string {
	switch in := input.(type) {
	case *kinesis.GetRecordsInput:
		sealer, err := s.iterators(ctx)
		if err != nil {
			return ""
		}
		it, _ := sealer.open(aws.ToString(in.ShardIterator), s.nowMillis())
		return it.name
	case *kinesis.ListShardsInput:
		body, err := s.openToken(ctx, shardsToken, aws.ToString(in.NextToken))
		if err != nil {
			return ""
		}
		if l, _, err := readShardListing(body, api.CallerOf(ctx)); err == nil {
			return l.name
		}
	}
	return ""
}
