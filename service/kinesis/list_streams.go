package kinesis

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// listedStreams is the most streams in one reply.
const listedStreams = 100

// ListStreams lists the caller's streams by name, up to 100 at a time, those
// that are DELETING included. A caller goes on by NextToken, or by the last
// name as ExclusiveStartStreamName, which need not exist; the token wins.
//
// Errors, in the order they are checked:
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: a token that this server did not give
//   - ExpiredNextTokenException: a token older than 300 s
func (s *Service) ListStreams(ctx context.Context, in *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
	caller, err := s.admitAccount(ctx, "ListStreams")
	if err != nil {
		return nil, err
	}
	after := aws.ToString(in.ExclusiveStartStreamName)
	if in.NextToken != nil {
		name, err := s.openToken(ctx, streamsToken, *in.NextToken)
		if err != nil {
			return nil, err
		}
		after = string(name)
	}
	streams := s.catalog.Streams(caller.Account, caller.Region)
	first, found := slices.BinarySearchFunc(streams, after, func(x *catalog.Stream, name string) int {
		return strings.Compare(x.Name, name)
	})
	if found {
		first++
	}
	rest := streams[first:]
	page := rest[:min(len(rest), pageSize(in.Limit, listedStreams))]
	out := &kinesis.ListStreamsOutput{
		StreamNames:     []string{},
		StreamSummaries: []types.StreamSummary{},
		HasMoreStreams:  aws.Bool(len(page) < len(rest)),
	}
	for _, x := range page {
		out.StreamNames = append(out.StreamNames, x.Name)
		out.StreamSummaries = append(out.StreamSummaries, streamSummary(x))
	}
	if *out.HasMoreStreams {
		out.NextToken, err = s.sealToken(ctx, streamsToken, []byte(page[len(page)-1].Name))
	}
	return out, err
}

func streamSummary(x *catalog.Stream) types.StreamSummary {
	return types.StreamSummary{
		StreamName:              aws.String(x.Name),
		StreamARN:               aws.String(x.ARN()),
		StreamStatus:            x.Status,
		StreamModeDetails:       modeDetails(x),
		StreamCreationTimestamp: created(x),
	}
}
