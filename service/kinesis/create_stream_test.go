package kinesis

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestCreateStream(t *testing.T) {
	details := func(m types.StreamMode) *types.StreamModeDetails { return &types.StreamModeDetails{StreamMode: m} }
	for _, c := range []struct {
		count  *int32
		mode   *types.StreamModeDetails
		want   types.StreamMode
		shards int
	}{
		{aws.Int32(3), nil, types.StreamModeProvisioned, 3},
		{aws.Int32(1), details(types.StreamModeProvisioned), types.StreamModeProvisioned, 1},
		{nil, details(types.StreamModeOnDemand), types.StreamModeOnDemand, 4},
		{aws.Int32(7), details(types.StreamModeOnDemand), types.StreamModeOnDemand, 4},
		{nil, nil, types.StreamModeOnDemand, 4},
	} {
		r := newRig(t, 0, rigOptions{})
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{
			StreamName: &testRef.Name, ShardCount: c.count, StreamModeDetails: c.mode,
			Tags: map[string]string{"team": "red"}, MaxRecordSizeInKiB: aws.Int32(2048),
		})
		ok(t, err)
		d := r.describe()
		if d.StreamModeDetails.StreamMode != c.want || len(d.Shards) != c.shards || d.StreamStatus != types.StreamStatusActive {
			t.Errorf("%v, %v: %v, %d shards, %s", c.count, c.mode, d.StreamModeDetails, len(d.Shards), d.StreamStatus)
		}
		if x := r.orders(); x.Tags["team"] != "red" || x.MaxRecordKiB != 2048 {
			t.Errorf("%+v", x)
		}
	}
}

func TestCreateStreamRefused(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	many := make(map[string]string)
	for i := range 51 {
		many[strings.Repeat("k", i+1)] = ""
	}
	for _, c := range []struct {
		in   kinesis.CreateStreamInput
		want string
	}{
		{kinesis.CreateStreamInput{StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned}},
			"ValidationException: 1 validation error detected: " +
				"Value null at 'shardCount' failed to satisfy constraint: Member must not be null"},
		{kinesis.CreateStreamInput{WarmThroughputMiBps: aws.Int32(1)},
			"ValidationException: WarmThroughputMiBps requires the minimum throughput billing commitment of the account."},
		{kinesis.CreateStreamInput{ShardCount: aws.Int32(1), RecordDistributionStrategy: types.RecordDistributionStrategyAuto},
			"InvalidArgumentException: RecordDistributionStrategy AUTO is only supported for data streams with on-demand mode."},
		{kinesis.CreateStreamInput{Tags: map[string]string{"a\tb": ""}},
			"InvalidArgumentException: Some tags contain invalid characters. " +
				"Valid characters: Unicode letters, digits, white space, _ . / = + - % @."},
		{kinesis.CreateStreamInput{Tags: many}, "InvalidArgumentException: Failed to add tags to stream new under account " +
			"000000000000 because a given stream cannot have more than 10 tags associated with it."},
		{kinesis.CreateStreamInput{StreamName: &testRef.Name},
			"ResourceInUseException: Stream orders under account 000000000000 already exists."},
		// The server's own bound.
		{kinesis.CreateStreamInput{ShardCount: aws.Int32(100_000)}, "LimitExceededException: " +
			"This request would exceed the shard limit for the account 000000000000 in us-east-1. " +
			"Current shard count for the account: 1. Limit: 100000. Number of additional shards that would have resulted from this request: 100000. " +
			"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) " +
			"for current limits and how to request higher limits."},
	} {
		if c.in.StreamName == nil {
			c.in.StreamName = aws.String("new")
		}
		_, err := r.CreateStream(r.ctx, &c.in)
		wantError(t, err, c.want)
	}
}
