package kinesis

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// listedConsumers is the most consumers in one reply.
const listedConsumers = 100

// ListStreamConsumers lists the consumers of a stream by name, up to 100 at a
// time, those that are CREATING or DELETING included.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: a NextToken together with a creation time, an
//     ARN that is not of a stream
//   - LimitExceededException: the call rate of the stream
//   - InvalidArgumentException: a token that this server did not give, or for
//     another stream
//   - ExpiredNextTokenException: a token older than 300 s
//   - ResourceNotFoundException: no such stream, or not the one created then
//   - ResourceInUseException: it is CREATING or DELETING
func (s *Service) ListStreamConsumers(ctx context.Context, in *kinesis.ListStreamConsumersInput) (*kinesis.ListStreamConsumersOutput, error) {
	if in.NextToken != nil && in.StreamCreationTimestamp != nil {
		return nil, api.Errorf(kinesisapi.InvalidArgument, "NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	ref, err := s.admit(ctx, "ListStreamConsumers", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	var token []byte // the stream's identity, and the last name that was listed
	if in.NextToken != nil {
		if token, err = s.openToken(ctx, consumersToken, *in.NextToken); err != nil {
			return nil, err
		}
	}
	x, err := s.listable(ref)
	if err != nil {
		return nil, err
	}
	identity := binary.BigEndian.AppendUint32(nil, uint32(x.ID))
	after, ours := strings.CutPrefix(string(token), string(identity))
	switch {
	case in.NextToken != nil && !ours:
		return nil, errInvalidToken
	case in.StreamCreationTimestamp != nil && in.StreamCreationTimestamp.Unix() != created(x).Unix():
		return nil, catalog.StreamNotFound(x.Account, x.Name)
	}
	page, more := consumersAfter(x, after, pageSize(in.MaxResults, listedConsumers))
	out := &kinesis.ListStreamConsumersOutput{Consumers: []types.Consumer{}}
	for i := range page {
		out.Consumers = append(out.Consumers, consumerShape(x.ARN(), &page[i]))
	}
	if more {
		out.NextToken, err = s.sealToken(ctx, consumersToken, append(identity, page[len(page)-1].Name...))
	}
	return out, err
}

// consumersAfter returns the consumers whose names come after the text, up to
// limit, and whether there are more after them.
func consumersAfter(x *catalog.Stream, after string, limit int) ([]catalog.Consumer, bool) {
	first, found := slices.BinarySearchFunc(x.Consumers, after, func(c catalog.Consumer, name string) int {
		return strings.Compare(c.Name, name)
	})
	if found {
		first++
	}
	rest := x.Consumers[first:]
	page := rest[:min(len(rest), limit)]
	return page, len(page) < len(rest)
}
