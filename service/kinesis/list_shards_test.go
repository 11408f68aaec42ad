package kinesis

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"pgregory.net/rapid"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// list returns the shards of a listing from page to page. between is called
// after each page that is not the last.
func (r *rig) list(in kinesis.ListShardsInput, between func()) []types.Shard {
	r.t.Helper()
	in.StreamName = &testRef.Name
	var shards []types.Shard
	for {
		out, err := r.ListShards(r.ctx, &in)
		ok(r.t, err)
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards
		}
		if in.MaxResults != nil && len(out.Shards) != int(*in.MaxResults) {
			r.t.Fatalf("%d shards in a page of %d", len(out.Shards), *in.MaxResults)
		}
		in = kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: in.MaxResults}
		if between != nil {
			between()
		}
	}
}

func filter(kind types.ShardFilterType, at *time.Time) kinesis.ListShardsInput {
	return kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{Type: kind, Timestamp: at}}
}

// idsOf returns the numbers of the shards.
func idsOf(shards []types.Shard) (ids []int) {
	for _, sh := range shards {
		id, err := strconv.Atoi(strings.TrimPrefix(*sh.ShardId, "shardId-"))
		if err != nil {
			panic(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func TestListShardsFilters(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	start := r.clock.Now()
	after := func(d time.Duration) *time.Time { return aws.Time(start.Add(d)) }
	wait := func(d time.Duration) { r.clock.Advance(start.Add(d).Sub(r.clock.Now())) }

	wait(1 * time.Hour)
	r.split(1, "200000000000000000000000000000000000000") // 2, 3
	wait(2 * time.Hour)
	r.merge(0, 2) // 4
	wait(3 * time.Hour)
	r.scale(3) // 5 to 9

	check := func(name string, in kinesis.ListShardsInput, want ...int) {
		t.Helper()
		if got := idsOf(r.list(in, nil)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		in.MaxResults = aws.Int32(1)
		if got := idsOf(r.list(in, nil)); !slices.Equal(got, want) {
			t.Errorf("%s, one by one: %v, want %v", name, got, want)
		}
	}
	// From two to three: 4 is split into 5 and 6, 3 into 7 and 8, and 6 and 7 are
	// merged into 9, all at once.
	check("all", kinesis.ListShardsInput{}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	check("from trim horizon", filter(types.ShardFilterTypeFromTrimHorizon, nil), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	check("at trim horizon", filter(types.ShardFilterTypeAtTrimHorizon, nil), 0, 1)
	check("at latest", filter(types.ShardFilterTypeAtLatest, nil), 5, 8, 9)
	check("at creation", filter(types.ShardFilterTypeAtTimestamp, after(0)), 0, 1)
	check("before the split", filter(types.ShardFilterTypeAtTimestamp, after(time.Hour-time.Millisecond)), 0, 1)
	check("at the split", filter(types.ShardFilterTypeAtTimestamp, after(time.Hour)), 0, 2, 3)
	check("at the merge", filter(types.ShardFilterTypeAtTimestamp, after(2*time.Hour)), 3, 4)
	check("at the scaling", filter(types.ShardFilterTypeAtTimestamp, after(3*time.Hour)), 5, 8, 9)
	check("in the future", filter(types.ShardFilterTypeAtTimestamp, after(1000*time.Hour)), 5, 8, 9)
	check("before creation", filter(types.ShardFilterTypeAtTimestamp, after(-1000*time.Hour)), 0, 1)
	check("from the merge", filter(types.ShardFilterTypeFromTimestamp, after(2*time.Hour)), 0, 2, 3, 4, 5, 6, 7, 8, 9)
	check("from after the merge", filter(types.ShardFilterTypeFromTimestamp, after(2*time.Hour+1e6)), 3, 4, 5, 6, 7, 8, 9)
	check("from before creation", filter(types.ShardFilterTypeFromTimestamp, after(-time.Hour)), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	check("after a shard", kinesis.ListShardsInput{ShardFilter: &types.ShardFilter{
		Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String("shardId-000000000007")}}, 8, 9)
	check("exclusive start", kinesis.ListShardsInput{ExclusiveStartShardId: aws.String("shardId-000000000007")}, 8, 9)
	check("exclusive start of none", kinesis.ListShardsInput{ExclusiveStartShardId: aws.String("zzz")})
	check("exclusive start before all", kinesis.ListShardsInput{ExclusiveStartShardId: aws.String("a-b")}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	open := filter(types.ShardFilterTypeAtLatest, nil)
	open.ExclusiveStartShardId = aws.String("7")
	check("open after a shard", open, 8, 9)

	// The first three shards expire, first to the eye, then from the catalog.
	wait(26*time.Hour + time.Millisecond)
	for range 2 {
		check("all, later", kinesis.ListShardsInput{}, 3, 4, 5, 6, 7, 8, 9)
		check("at trim horizon, later", filter(types.ShardFilterTypeAtTrimHorizon, nil), 3, 4)
		check("at what is gone", filter(types.ShardFilterTypeAtTimestamp, after(time.Hour)), 3, 4)
		check("from what is gone", filter(types.ShardFilterTypeFromTimestamp, after(time.Hour)), 3, 4, 5, 6, 7, 8, 9)
		if got := len(r.describe().Shards); got != 7 {
			t.Errorf("%d shards described", got)
		}
		r.change(&catalog.Expire{Stream: r.orders().ID})
	}
}

// TestListShardsTiles reshards a stream at random times and demands that every
// AT_ filter, at any instant and in pages of any size, tiles the hash key space,
// also when the stream is resharded or shards expire between two pages.
func TestListShardsTiles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rapid.Int32Range(1, 5).Draw(rt, "shards"), rigOptions{})
		start := r.clock.Now()
		reshard := func() {
			r.clock.Advance(time.Duration(rapid.SampledFrom([]int{0, 1, 900, 5000, 3600_000, 40_000_000}).Draw(rt, "passed")) * time.Millisecond)
			switch open := r.orders().Open(); {
			case rapid.Bool().Draw(rt, "scale"):
				r.scale(rapid.Int32Range(1, 8).Draw(rt, "target"))
			case len(open) > 1 && rapid.Bool().Draw(rt, "merge"):
				r.merge(open[0].ID(), open[1].ID())
			default:
				r.change(&catalog.UpdateShardCount{Ref: testRef, Target: int32(len(open)) + 1})
			}
			if rapid.Bool().Draw(rt, "expire") {
				_, err := r.propose(r.ctx, testRef, &catalog.Expire{Stream: r.orders().ID})
				ok(t, err)
			}
		}
		for range rapid.IntRange(0, 6).Draw(rt, "reshards") {
			reshard()
		}
		kind := rapid.SampledFrom([]types.ShardFilterType{
			types.ShardFilterTypeAtTrimHorizon, types.ShardFilterTypeAtLatest, types.ShardFilterTypeAtTimestamp,
		}).Draw(rt, "filter")
		in := filter(kind, nil)
		if kind == types.ShardFilterTypeAtTimestamp {
			in = filter(kind, aws.Time(start.Add(time.Duration(rapid.Int64Range(-1000, 200_000_000).Draw(rt, "at"))*time.Millisecond)))
		}
		in.MaxResults = aws.Int32(rapid.Int32Range(1, 4).Draw(rt, "page"))
		interrupt := func() {
			if rapid.Bool().Draw(rt, "interrupt") {
				r.scale(rapid.Int32Range(1, 8).Draw(rt, "target"))
			}
		}
		if err := tiles(r.list(in, interrupt)); err != nil {
			rt.Fatalf("%s: %v", kind, err)
		}
	})
}

// tiles checks what KCL demands of a generation of shards (spec data-streams
// §11.6).
func tiles(shards []types.Shard) error {
	number := func(s *string) *big.Int { n, _ := new(big.Int).SetString(*s, 10); return n }
	slices.SortFunc(shards, func(a, b types.Shard) int {
		return number(a.HashKeyRange.StartingHashKey).Cmp(number(b.HashKeyRange.StartingHashKey))
	})
	next := "0"
	for _, sh := range shards {
		if *sh.HashKeyRange.StartingHashKey != next {
			return fmt.Errorf("%s starts at %s, want %s, in %v", *sh.ShardId, *sh.HashKeyRange.StartingHashKey, next, idsOf(shards))
		}
		next = new(big.Int).Add(number(sh.HashKeyRange.EndingHashKey), big.NewInt(1)).String()
	}
	if next != "340282366920938463463374607431768211456" {
		return fmt.Errorf("ends before %s, in %v", next, idsOf(shards))
	}
	return nil
}

func TestListShardsRefused(t *testing.T) {
	r := newRig(t, 3, rigOptions{})
	out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name, MaxResults: aws.Int32(1)})
	ok(t, err)
	token, now, id := out.NextToken, r.clock.Now(), aws.String("shardId-000000000000")
	stream := func(f *types.ShardFilter) kinesis.ListShardsInput {
		return kinesis.ListShardsInput{StreamName: &testRef.Name, ShardFilter: f}
	}
	for _, c := range []struct {
		in   kinesis.ListShardsInput
		want string
	}{
		{kinesis.ListShardsInput{}, "InvalidArgumentException: Either NextToken or StreamName should be provided."},
		{kinesis.ListShardsInput{NextToken: token, StreamName: &testRef.Name},
			"InvalidArgumentException: NextToken and StreamName cannot be provided together."},
		{kinesis.ListShardsInput{NextToken: token, StreamCreationTimestamp: &now},
			"InvalidArgumentException: NextToken and StreamCreationTimestamp cannot be provided together."},
		{kinesis.ListShardsInput{NextToken: token, ExclusiveStartShardId: id},
			"InvalidArgumentException: NextToken and ExclusiveStartShardId cannot be provided together."},
		{kinesis.ListShardsInput{NextToken: token, StreamARN: aws.String(testARN + "2")}, "InvalidArgumentException: Invalid NextToken."},
		{kinesis.ListShardsInput{StreamName: aws.String("none")},
			"ResourceNotFoundException: Stream none under account 000000000000 not found."},
		{kinesis.ListShardsInput{StreamName: &testRef.Name, StreamCreationTimestamp: aws.Time(now.Add(time.Second))},
			"ResourceNotFoundException: Stream orders under account 000000000000 not found."},
		{stream(&types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp}),
			"InvalidArgumentException: Timestamp must be provided with ShardFilter type AT_TIMESTAMP."},
		{stream(&types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp}),
			"InvalidArgumentException: Timestamp must be provided with ShardFilter type FROM_TIMESTAMP."},
		{stream(&types.ShardFilter{Type: types.ShardFilterTypeAtLatest, Timestamp: &now}),
			"InvalidArgumentException: Timestamp cannot be provided with ShardFilter type AT_LATEST."},
		{stream(&types.ShardFilter{Type: types.ShardFilterTypeAfterShardId}),
			"InvalidArgumentException: ShardId must be provided with ShardFilter type AFTER_SHARD_ID."},
		{stream(&types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon, ShardId: id}),
			"InvalidArgumentException: ShardId cannot be provided with ShardFilter type AT_TRIM_HORIZON."},
	} {
		_, err := r.ListShards(r.ctx, &c.in)
		wantError(t, err, c.want)
	}
	for _, in := range []kinesis.ListShardsInput{
		{NextToken: token, StreamARN: aws.String(testARN)},
		{StreamName: &testRef.Name, StreamCreationTimestamp: aws.Time(now.Truncate(time.Second))},
		{StreamName: &testRef.Name, StreamCreationTimestamp: aws.Time(now.Truncate(time.Second).Add(999 * time.Millisecond))},
	} {
		_, err := r.ListShards(r.ctx, &in)
		ok(t, err)
	}

	// A token is of one stream, not of its name, and of one account.
	other := api.WithCaller(r.ctx, api.Caller{Account: "111111111111", Region: testRef.Region})
	_, err = r.ListShards(other, &kinesis.ListShardsInput{NextToken: token})
	wantError(t, err, "ResourceNotFoundException: Stream orders under account 111111111111 not found.")
	r.change(&catalog.DeleteStream{Ref: testRef})
	_, err = r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: token})
	wantError(t, err, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	r.create(testRef.Name, 3)
	_, err = r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: token})
	wantError(t, err, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
}

func TestListShardsPageSizes(t *testing.T) {
	r := newRig(t, 2500, rigOptions{})
	for _, limit := range []*int32{nil, aws.Int32(10_000)} {
		out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name, MaxResults: limit})
		ok(t, err)
		if len(out.Shards) != 1000 || out.NextToken == nil {
			t.Errorf("%d shards, token %v", len(out.Shards), out.NextToken)
		}
	}
	if got := len(r.list(kinesis.ListShardsInput{}, nil)); got != 2500 {
		t.Errorf("%d shards", got)
	}
}
