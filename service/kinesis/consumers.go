package kinesis

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// consumerOf returns which consumer of the caller's a request is about: by its
// ARN, or by its name and its stream's ARN; nil means not given. What is given
// besides has to agree. Whether it exists is not looked at. AWS's texts are
// unknown.
func consumerOf(caller api.Caller, streamARN, name, consumerARN *string) (catalog.ConsumerRef, error) {
	if consumerARN == nil {
		if streamARN == nil || name == nil {
			return catalog.ConsumerRef{}, api.Errorf(kinesisapi.InvalidArgument,
				"Either ConsumerARN, or both StreamARN and ConsumerName must be provided.")
		}
		ref, err := refTo(caller, "", *streamARN)
		return catalog.ConsumerRef{Ref: ref, Consumer: *name}, err
	}
	c, err := consumerByARN(caller, *consumerARN)
	if err != nil {
		return c, err
	}
	if streamARN != nil {
		ref, err := refTo(caller, "", *streamARN)
		if err != nil {
			return c, err
		}
		if ref != c.Ref {
			return c, api.Errorf(kinesisapi.InvalidArgument, "StreamARN and ConsumerARN do not refer to the same stream.")
		}
	}
	if name != nil && *name != c.Consumer {
		return c, api.Errorf(kinesisapi.InvalidArgument, "ConsumerName and ConsumerARN do not refer to the same consumer.")
	}
	return c, nil
}

// consumerByARN is consumerOf for an ARN alone. As with streams, one from
// another account or region names nothing.
func consumerByARN(caller api.Caller, arn string) (catalog.ConsumerRef, error) {
	c, ok := parseConsumerARN(arn)
	if !ok {
		return catalog.ConsumerRef{}, api.Errorf(kinesisapi.InvalidArgument, "ConsumerARN %s is not the ARN of a consumer.", arn)
	}
	if c.Region != caller.Region || c.Account != caller.Account {
		return catalog.ConsumerRef{}, catalog.ConsumerNotFound(c.Account, arn)
	}
	return c, nil
}

// parseConsumerARN takes the ARN of a consumer apart, whoever's it is.
func parseConsumerARN(arn string) (catalog.ConsumerRef, bool) {
	region, account, name, ok := parseARN(arn)
	streamName, consumer, ok2 := strings.Cut(name, consumerInARN)
	consumer, created, ok3 := strings.Cut(consumer, ":")
	seconds, err := strconv.ParseInt(created, 10, 64)
	return catalog.ConsumerRef{
		Ref: catalog.Ref{Account: account, Region: region, Name: streamName}, Consumer: consumer, CreatedSeconds: seconds,
	}, ok && ok2 && ok3 && err == nil && seconds > 0
}

// consumerInARN stands between the ARN of a stream and the rest of its
// consumers'.
const consumerInARN = "/consumer/"

// admitConsumer is admit for a request about a consumer.
func (s *Service) admitConsumer(ctx context.Context, operation string, streamARN, name, consumerARN *string) (catalog.ConsumerRef, error) {
	c, err := consumerOf(api.CallerOf(ctx), streamARN, name, consumerARN)
	if err != nil {
		return c, err
	}
	_, err = s.admit(ctx, operation, "", c.ARN())
	return c, err
}

// existingConsumer returns the consumer, and the stream it is of, when there
// is one. A consumer known by its ARN need not be told about the stream.
func (s *Service) existingConsumer(c catalog.ConsumerRef) (*catalog.Stream, *catalog.Consumer, error) {
	x, err := s.existing(c.Ref)
	if err != nil && c.CreatedSeconds != 0 {
		err = catalog.ConsumerNotFound(c.Account, c.String())
	}
	if err != nil {
		return nil, nil, err
	}
	consumer, refused := c.In(x)
	if refused != nil {
		return nil, nil, refused
	}
	return x, consumer, nil
}

// consumerShape is how most operations show a consumer of the stream.
func consumerShape(streamARN string, c *catalog.Consumer) types.Consumer {
	return types.Consumer{
		ConsumerName:              aws.String(c.Name),
		ConsumerARN:               aws.String(c.ARN(streamARN)),
		ConsumerStatus:            c.Status,
		ConsumerCreationTimestamp: aws.Time(time.Unix(c.CreatedSeconds, 0)),
	}
}
