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
	defaultMaxRecordKiB = 1024
)

// CreateStream begins a stream; it is CREATING until its shards are there.
//
// Without a mode it is PROVISIONED when a shard count is given and ON_DEMAND
// when not: AWS gives the latter four shards, as it does on-demand streams. The
// shard count of an on-demand stream is ignored; a warm throughput gives it more.
//
// Errors, in the order they are checked:
//   - LimitExceededException: the call rate
//   - ValidationException: PROVISIONED without a shard count
//   - InvalidArgumentException: a distribution strategy AUTO on a provisioned
//     stream, illegal characters in tags, more than 50 tags
//   - ResourceInUseException: the name is taken, also by a stream that is DELETING
//   - LimitExceededException: five streams are CREATING or DELETING already; the
//     account would have too many shards or on-demand streams
//   - ValidationException: a warm throughput, for a provisioned stream or without
//     the account's commitment
//   - LimitExceededException: a warm throughput higher than a stream may have
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
		WarmMiBps:    in.WarmThroughputMiBps,
		Auto:         in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto,
	}
	if cmd.Mode == types.StreamModeOnDemand {
		cmd.Shards = catalog.WarmShards(aws.ToInt32(in.WarmThroughputMiBps))
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
	if cmd.Auto && cmd.Mode == types.StreamModeProvisioned {
		return catalog.AutoIsOnDemand()
	}
	if err := checkAddedTags(cmd.Ref, in.Tags); err != nil {
		return err
	}
	if len(in.Tags) > catalog.MaxTags {
		return catalog.TooManyTags(cmd.Account, cmd.Name)
	}
	return nil
}
