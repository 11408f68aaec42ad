package kinesis

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestRetentionPeriod(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	increase := func(name string, hours int32) error {
		_, err := r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: &name, RetentionPeriodHours: &hours})
		return err
	}
	decrease := func(name string, hours int32) error {
		_, err := r.DecreaseStreamRetentionPeriod(r.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: &name, RetentionPeriodHours: &hours})
		return err
	}
	for _, change := range []func(string, int32) error{increase, decrease} {
		// The range comes before existence.
		wantError(t, change("none", 23), "InvalidArgumentException: Minimum allowed retention period is 24 hours. "+
			"Requested retention period (23 hours) is too short.")
		wantError(t, change("none", 8761), "InvalidArgumentException: Maximum allowed retention period is 8760 hours. "+
			"Requested retention period (8761 hours) is too long.")
		wantError(t, change("none", 24), "ResourceNotFoundException: Stream none under account 000000000000 not found.")
		ok(t, change("orders", 24))
	}
	wantError(t, decrease("orders", 25), "InvalidArgumentException: Requested retention period (25 hours) for stream orders "+
		"can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.")
	ok(t, increase("orders", 8760))
	wantError(t, increase("orders", 48), "InvalidArgumentException: Requested retention period (48 hours) for stream orders "+
		"can not be shorter than existing retention period (8760 hours). Use DecreaseRetentionPeriod API.")
	ok(t, decrease("orders", 48))
	if d := r.describe(); *d.RetentionPeriodHours != 48 || d.StreamStatus != types.StreamStatusActive {
		t.Errorf("%d hours, %s", *d.RetentionPeriodHours, d.StreamStatus)
	}
}

func TestUpdateMaxRecordSize(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	_, err := r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: aws.String(testARN), MaxRecordSizeInKiB: aws.Int32(10240)})
	ok(t, err)
	if got := r.orders().MaxRecordKiB; got != 10240 {
		t.Errorf("%d KiB", got)
	}
	_, err = r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{MaxRecordSizeInKiB: aws.Int32(10240)})
	wantError(t, err, "InvalidArgumentException: Either StreamName or StreamARN must be provided.")
	_, err = r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: aws.String(testARN + "2"), MaxRecordSizeInKiB: aws.Int32(10240)})
	wantError(t, err, "ResourceNotFoundException: Stream orders2 under account 000000000000 not found.")
}

func TestUpdateStreamMode(t *testing.T) {
	r := newRig(t, 3, rigOptions{limits: LimitsAWS})
	update := func(mode types.StreamMode, warm *int32) error {
		_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{
			StreamARN: aws.String(testARN), StreamModeDetails: &types.StreamModeDetails{StreamMode: mode}, WarmThroughputMiBps: warm,
		})
		return err
	}
	ok(t, update(types.StreamModeProvisioned, nil)) // as it is
	ok(t, update(types.StreamModeOnDemand, nil))
	wantError(t, update(types.StreamModeOnDemand, aws.Int32(10)),
		"ValidationException: WarmThroughputMiBps requires the minimum throughput billing commitment of the account.")
	ok(t, update(types.StreamModeProvisioned, nil))
	wantError(t, update(types.StreamModeOnDemand, nil), "LimitExceededException: "+
		"You cannot update the capacity mode of your data stream more than twice within 24 hours.")
	if d := r.describe(); d.StreamModeDetails.StreamMode != types.StreamModeProvisioned || len(d.Shards) != 3 {
		t.Errorf("%+v", d)
	}
}

func TestReshardOperations(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	name := &testRef.Name
	split := func(stream, shard, key string) error {
		_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: &shard, NewStartingHashKey: &key})
		return err
	}
	merge := func(stream, a, b string) error {
		_, err := r.MergeShards(r.ctx, &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: &a, AdjacentShardToMerge: &b})
		return err
	}
	// What cannot be an id comes before existence, and is shown as it was given.
	const noShard = "ResourceNotFoundException: Could not find shard %s in stream %s under account 000000000000."
	const noStream = "ResourceNotFoundException: Stream none under account 000000000000 not found."
	wantError(t, split("none", "shardId-x", "1"), fmt.Sprintf(noShard, "shardId-x", "none"))
	wantError(t, split("none", "0", "1"), noStream)
	wantError(t, split("orders", "7", "1"), fmt.Sprintf(noShard, "shardId-000000000007", "orders"))
	wantError(t, merge("none", "0", "x"), fmt.Sprintf(noShard, "x", "none"))
	wantError(t, merge("none", "y", "x"), fmt.Sprintf(noShard, "y", "none"))
	wantError(t, merge("none", "0", "1"), noStream)
	ok(t, split("orders", "shard-0", "1000"))
	ok(t, merge("orders", "shardId-000000000003", "1"))

	out, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(4), ScalingType: types.ScalingTypeUniformScaling})
	ok(t, err)
	if *out.StreamName != "orders" || *out.StreamARN != testARN || *out.CurrentShardCount != 2 || *out.TargetShardCount != 4 {
		t.Errorf("%+v", out)
	}
	if got := len(r.orders().Open()); got != 4 {
		t.Errorf("%d open", got)
	}
	_, err = r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("none"), TargetShardCount: aws.Int32(4)})
	wantError(t, err, noStream)

	remove := func(arn string) error {
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamARN: &arn})
		return err
	}
	ok(t, remove(testARN))
	wantError(t, remove(testARN), "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
}
