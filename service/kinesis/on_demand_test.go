package kinesis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// loadRig is a rig with an on-demand stream testRef, whose load the test has
// looked at.
type loadRig struct {
	*rig
	watch loadWatch
}

func newLoadRig(t *testing.T, o rigOptions) *loadRig {
	t.Helper()
	r := &loadRig{rig: newRig(t, 0, o)}
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &testRef.Name})
	ok(t, err)
	r.watch.lastMillis = r.nowMillis()
	return r
}

// count has the meter of a shard count so many records of 100 bytes a second,
// in the interval until the next look, of that many keys.
func (r *loadRig) count(shard stream.ShardID, perSecond, keys int) {
	r.t.Helper()
	sh, ok := r.orders().Shard(shard)
	if !ok || sh.Meter() == nil {
		r.t.Fatalf("shard %v has no meter", shard)
	}
	for i := range perSecond * int(loadInterval.Seconds()) {
		sh.Meter().Count(100, uint64(i%keys)*1000)
	}
}

// lookAfter has the service look once the time has passed.
func (r *loadRig) lookAfter(d time.Duration) {
	r.t.Helper()
	r.clock.Advance(d)
	ok(r.t, r.look(&r.watch))
}

// wantOpen compares the open shards, by range.
func (r *loadRig) wantOpen(want ...stream.ShardID) {
	r.t.Helper()
	var got []stream.ShardID
	for _, sh := range r.orders().Open() {
		got = append(got, sh.ID())
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("open shards %v, want %v", got, want)
	}
}

func TestSplitHotShard(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	r.count(1, 501, 2)
	r.count(2, 500, 2) // not above
	r.lookAfter(loadInterval)
	r.wantOpen(0, 4, 5, 2, 3)
	if x := r.orders(); x.Shards[4].Parent != 1 || x.Shards[5].Parent != 1 || x.Shards[4].Range.End.Next() != x.Shards[5].Range.Start {
		t.Errorf("children %+v and %+v", x.Shards[4], x.Shards[5])
	}

	// What was counted is gone.
	r.lookAfter(loadInterval)
	r.wantOpen(0, 4, 5, 2, 3)
}

func TestSplitByBytes(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	m := r.orders().Shards[3].Meter()
	m.Count(hotBytes*10, 1000)
	m.Count(1, 2000)
	r.lookAfter(loadInterval)
	r.wantOpen(0, 1, 2, 4, 5)
}

func TestKeepHotShardOfOneKey(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	r.count(1, 5000, 1) // more than half of what the stream takes
	r.lookAfter(loadInterval)
	r.wantOpen(0, 1, 2, 3)
	// With another hot one the stream doubles, without it.
	r.count(1, 5000, 1)
	r.count(2, 501, 2)
	r.lookAfter(loadInterval)
	r.wantOpen(4, 5, 1, 6, 7, 8, 9)
}

func TestSplitAutoWhateverItsKeys(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	r.change(&catalog.SetDistribution{Ref: testRef, Auto: true})
	r.count(1, 501, 1)
	r.lookAfter(loadInterval)
	r.wantOpen(0, 4, 5, 2, 3)
}

func TestDoubleUnderLoad(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	for shard := range stream.ShardID(3) {
		r.count(shard, 700, 2)
	}
	r.lookAfter(loadInterval)
	r.wantOpen(4, 5, 6, 7, 8, 9, 10, 11)
}

// TestScaleAsFarAsAllowed has a region where streams may not be large.
func TestScaleAsFarAsAllowed(t *testing.T) {
	r := newLoadRig(t, rigOptions{limits: LimitsAWS})
	ref := catalog.Ref{Account: testRef.Account, Region: "eu-south-1", Name: "large"}
	_, err := r.propose(r.ctx, ref, &catalog.CreateStream{
		Ref: ref, Mode: types.StreamModeOnDemand, Shards: onDemandShards - 10, MaxRecordKiB: 1024})
	ok(t, err)
	for range 2 {
		x, err := r.existing(ref)
		ok(t, err)
		for _, sh := range x.Open() {
			sh.Meter().Count(hotBytes*10, 1000)
			sh.Meter().Count(hotBytes*10, 2000)
		}
		r.lookAfter(loadInterval)
	}
	x, err := r.existing(ref)
	ok(t, err)
	if n := len(x.Open()); n != onDemandShards {
		t.Errorf("%d shards, want %d", n, onDemandShards)
	}
}

func TestMergeColdShards(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	for shard := range stream.ShardID(4) {
		r.count(shard, 700, 2)
	}
	r.lookAfter(loadInterval)
	r.wantOpen(4, 5, 6, 7, 8, 9, 10, 11)

	// One shard is lukewarm after half of the time.
	r.lookAfter(coldTime / 2)
	r.count(6, coldRecords+1, 2)
	r.lookAfter(loadInterval)
	r.lookAfter(coldTime/2 - loadInterval - time.Millisecond)
	r.wantOpen(4, 5, 6, 7, 8, 9, 10, 11)
	r.lookAfter(time.Millisecond)
	r.wantOpen(12, 6, 13, 14, 11)

	// Four stay, however cold they are.
	r.lookAfter(coldTime)
	r.wantOpen(15, 13, 14, 11)
	r.lookAfter(coldTime)
	r.wantOpen(15, 13, 14, 11)
}

// TestWarmShardsStay ends with the commitment that the warm throughput needs.
func TestWarmShardsStay(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	commit := func(status types.MinimumThroughputBillingCommitmentInputStatus) {
		_, err := r.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
			MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: status}})
		ok(t, err)
	}
	commit(types.MinimumThroughputBillingCommitmentInputStatusEnabled)
	_, err := r.UpdateStreamWarmThroughput(r.ctx, &kinesis.UpdateStreamWarmThroughputInput{
		StreamName: &testRef.Name, WarmThroughputMiBps: aws.Int32(6)})
	ok(t, err)
	for range 2 {
		r.lookAfter(coldTime)
		if n := len(r.orders().Open()); n != 6 {
			t.Fatalf("%d shards, want 6", n)
		}
	}
	commit(types.MinimumThroughputBillingCommitmentInputStatusDisabled)
	r.lookAfter(loadInterval)
	if n := len(r.orders().Open()); n != 4 {
		t.Errorf("%d shards without the commitment, want 4", n)
	}
}

func TestClockSetBack(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	r.count(1, 600, 2)
	r.lookAfter(-time.Hour)
	r.wantOpen(0, 1, 2, 3)
	r.lookAfter(loadInterval)
	r.wantOpen(0, 4, 5, 2, 3)
}

// TestMeterPuts has the puts themselves counted, and those that are not stored.
func TestMeterPuts(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	put := func(dryRun bool, keys ...string) {
		in := &kinesis.PutRecordsInput{StreamName: &testRef.Name, DryRun: &dryRun}
		for i, key := range keys {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte("data"), PartitionKey: &keys[i]})
			if key == "explicit" {
				in.Records[i].ExplicitHashKey = aws.String("0")
			}
		}
		if _, err := r.PutRecords(r.ctx, in); (err != nil) != dryRun {
			t.Fatal(err)
		}
	}
	take := func(shard int) catalog.Counted { return r.orders().Shards[shard].Meter().Take() }
	put(false, "explicit", "explicit")
	if got := take(0); got != (catalog.Counted{Bytes: 24, Records: 2}) {
		t.Errorf("one explicit hash key: %+v", got)
	}
	put(true, "explicit")
	if got := take(0); got != (catalog.Counted{}) {
		t.Errorf("dry run: %+v", got)
	}
	var keys []string
	for i := range 100 {
		keys = append(keys, fmt.Sprint("k", i+100))
	}
	put(false, keys...)
	var records, bytes int64
	for shard := range 4 {
		c := take(shard)
		records, bytes = records+c.Records, bytes+c.Bytes
		if !c.Mixed() {
			t.Errorf("shard %d: %+v", shard, c)
		}
	}
	if records != 100 || bytes != 800 {
		t.Errorf("%d records of %d bytes", records, bytes)
	}
}

// TestMeterRefusedPuts: what a shard refuses is what it has no room for.
func TestMeterRefusedPuts(t *testing.T) {
	r := newLoadRig(t, rigOptions{limits: LimitsAWS})
	in := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
	for range 500 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0")})
	}
	for call, refused := range []int32{0, 0, 500} {
		out, err := r.PutRecords(r.ctx, in)
		ok(t, err)
		if *out.FailedRecordCount != refused {
			t.Errorf("call %d: %d refused, want %d", call, *out.FailedRecordCount, refused)
		}
	}
	if got := r.orders().Shards[0].Meter().Take(); got.Records != 1500 {
		t.Errorf("counted %+v", got)
	}
}

// TestProvisionedIsNotMetered: what nobody reads costs nothing.
func TestProvisionedIsNotMetered(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	if r.orders().Shards[0].Meter() != nil {
		t.Error("a provisioned shard has a meter")
	}
	r.put("0", "x")
	ok(t, r.look(&loadWatch{}))
}
