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

// What a stream gets when nobody says (spec data-streams §11.1).
const (
	onDemandShards      = 4
	defaultMaxRecordKiB = 1024
)

// CreateStream begins a stream; it is CREATING until its shards are there.
//
// Without a mode it is PROVISIONED when a shard count is given and ON_DEMAND
// when not: AWS gives the latter four shards, as it does on-demand streams. The
// shard count of an on-demand stream is ignored.
//
// Errors, in the order they are checked:
//   - LimitExceededException: the call rate
//   - ValidationException: PROVISIONED without a shard count; a warm throughput,
//     for which an account commitment would be needed
//   - InvalidArgumentException: a distribution strategy AUTO on a provisioned
//     stream, illegal characters in tags, more than 50 tags
//   - ResourceInUseException: the name is taken, also by a stream that is DELETING
//   - LimitExceededException: five streams are CREATING or DELETING already; the
//     account would have too many shards or on-demand streams
//
// Differs from AWS: the strategy AUTO is refused on on-demand streams too.
func (s *Service) CreateStream(ctx context.Context, in *kinesis.CreateStreamInput) (*kinesis.CreateStreamOutput, error) {
	ref, err := s.admit(ctx, "CreateStream", aws.ToString(in.StreamName), "")
	if err != nil {
		return nil, err
	}
	cmd := &catalog.CreateStream{
		Ref:          ref,
		Mode:         createMode(in),
		Shards:       aws.ToInt32(in.ShardCount),
		MaxRecordKiB: defaultMaxRecordKiB,
		Tags:         in.Tags,
	}
	if cmd.Mode == types.StreamModeOnDemand {
		cmd.Shards = onDemandShards
	}
	if in.MaxRecordSizeInKiB != nil {
		cmd.MaxRecordKiB = *in.MaxRecordSizeInKiB
	}
	if err := checkCreate(in, cmd); err != nil {
		return nil, err
	}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.CreateStreamOutput{}, nil
}

func createMode(in *kinesis.CreateStreamInput) types.StreamMode {
	switch {
	case in.StreamModeDetails != nil:
		return in.StreamModeDetails.StreamMode
	case in.ShardCount != nil:
		return types.StreamModeProvisioned
	}
	return types.StreamModeOnDemand
}

// checkCreate judges what can be judged without the other streams.
func checkCreate(in *kinesis.CreateStreamInput, cmd *catalog.CreateStream) error {
	if cmd.Shards < 1 {
		return api.Errorf(kinesisapi.Validation, "1 validation error detected: "+
			"Value null at 'shardCount' failed to satisfy constraint: Member must not be null")
	}
	if in.WarmThroughputMiBps != nil {
		return errWarmThroughput
	}
	if in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto {
		if cmd.Mode == types.StreamModeProvisioned {
			return api.Errorf(kinesisapi.InvalidArgument,
				"RecordDistributionStrategy AUTO is only supported for data streams with on-demand mode.")
		}
		return api.Errorf(kinesisapi.Validation, "RecordDistributionStrategy AUTO is not supported by this server.")
	}
	if err := checkAddedTags(cmd.Ref, in.Tags); err != nil {
		return err
	}
	if len(in.Tags) > catalog.MaxTags {
		return catalog.TooManyTags(cmd.Account, cmd.Name)
	}
	return nil
}

// errWarmThroughput is the answer to a warm throughput, which is had with a
// commitment of the account only. AWS's text is unknown.
var errWarmThroughput = api.Errorf(kinesisapi.Validation,
	"WarmThroughputMiBps requires the minimum throughput billing commitment of the account.")
