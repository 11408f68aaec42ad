package kinesis

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func TestDescribeStream(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.split(0, "1000")
	r.merge(1, 2)
	created := time.Unix(1700000000, 0)
	want := &types.StreamDescription{
		StreamName: aws.String("orders"), StreamARN: aws.String(testARN), StreamStatus: "ACTIVE",
		StreamModeDetails: &types.StreamModeDetails{StreamMode: "PROVISIONED"}, HasMoreShards: aws.Bool(false),
		RetentionPeriodHours: aws.Int32(24), StreamCreationTimestamp: &created, EncryptionType: "NONE",
		EnhancedMonitoring: []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}},
	}
	const last = "340282366920938463463374607431768211455"
	for _, sh := range []struct{ id, parent, adjacent, from, to string }{
		{"shardId-000000000000", "", "", "0", last},
		{"shardId-000000000001", "shardId-000000000000", "", "0", "999"},
		{"shardId-000000000002", "shardId-000000000000", "", "1000", last},
		{"shardId-000000000003", "shardId-000000000001", "shardId-000000000002", "0", last},
	} {
		want.Shards = append(want.Shards, types.Shard{
			ShardId: &sh.id, ParentShardId: text(sh.parent), AdjacentParentShardId: text(sh.adjacent),
			HashKeyRange: &types.HashKeyRange{StartingHashKey: &sh.from, EndingHashKey: &sh.to},
		})
	}
	got := r.describe()
	for i := range got.Shards {
		keys := got.Shards[i].SequenceNumberRange
		if closed := keys.EndingSequenceNumber != nil; closed != (i < 3) || len(*keys.StartingSequenceNumber) != 56 {
			t.Errorf("shard %d: %s to %v", i, *keys.StartingSequenceNumber, keys.EndingSequenceNumber)
		}
		got.Shards[i].SequenceNumberRange = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	_, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException: Stream none under account 000000000000 not found.")
}

func TestDescribeStreamPages(t *testing.T) {
	r := newRig(t, 250, rigOptions{})
	page := func(limit *int32, after string) (ids []string, more bool) {
		t.Helper()
		out, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{
			StreamARN: aws.String(testARN), Limit: limit, ExclusiveStartShardId: text(after),
		})
		ok(t, err)
		for _, sh := range out.StreamDescription.Shards {
			ids = append(ids, strings.TrimLeft(strings.TrimPrefix(*sh.ShardId, "shardId-"), "0"))
		}
		return ids, *out.StreamDescription.HasMoreShards
	}
	for _, c := range []struct {
		limit       *int32
		after       string
		first, last string
		n           int
		more        bool
	}{
		{nil, "", "", "99", 100, true},
		{aws.Int32(10000), "", "", "99", 100, true},
		{aws.Int32(3), "shardId-000000000099", "100", "102", 3, true},
		{nil, "shardId-000000000149", "150", "249", 100, false},
		{nil, "shardId-000000000150", "151", "249", 99, false},
		{nil, "248", "249", "249", 1, false},
		{nil, "a-text-that-sorts-before", "", "99", 100, true},
	} {
		ids, more := page(c.limit, c.after)
		if len(ids) != c.n || ids[0] != c.first || ids[len(ids)-1] != c.last || more != c.more {
			t.Errorf("after %q: %v, %v", c.after, ids, more)
		}
	}
	for _, after := range []string{"shardId-000000000249", "zzz"} {
		if ids, more := page(nil, after); len(ids) != 0 || more {
			t.Errorf("after %q: %v, %v", after, ids, more)
		}
	}
}

func TestDescribeStreamSummary(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	r.split(0, "1000")
	summary := func() *types.StreamDescriptionSummary {
		t.Helper()
		out, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &testRef.Name})
		ok(t, err)
		return out.StreamDescriptionSummary
	}
	created := time.Unix(1700000000, 0)
	want := &types.StreamDescriptionSummary{
		StreamName: aws.String("orders"), StreamARN: aws.String(testARN), StreamStatus: "ACTIVE",
		StreamModeDetails: &types.StreamModeDetails{StreamMode: "PROVISIONED"},
		OpenShardCount:    aws.Int32(3), ConsumerCount: aws.Int32(0), ChannelCount: aws.Int32(0),
		RetentionPeriodHours: aws.Int32(24), StreamCreationTimestamp: &created, EncryptionType: "NONE",
		EnhancedMonitoring: []types.EnhancedMetrics{{ShardLevelMetrics: []types.MetricsName{}}},
		MaxRecordSizeInKiB: aws.Int32(1024),
	}
	if got := summary(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{
		StreamARN: aws.String(testARN), StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
	})
	ok(t, err)
	want.StreamModeDetails.StreamMode = types.StreamModeOnDemand
	want.RecordDistributionStrategy = types.RecordDistributionStrategyUserPartitionKey
	if got := summary(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	_, err = r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException: Stream none under account 000000000000 not found.")
}
