package catalog

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const maxKey = "340282366920938463463374607431768211455"

func TestSplitShard(t *testing.T) {
	r := testRig(t)
	r.create(2)
	const outside = "InvalidArgumentException: NewStartingHashKey %s used in SplitShard() on shard shardId-000000000001 " +
		"in stream orders under account 000000000000 is not both greater than one plus the shard's StartingHashKey " +
		"170141183460469231731687303715884105728 and less than the shard's EndingHashKey " + maxKey + "."
	for _, key := range []string{
		"0", "170141183460469231731687303715884105728", "170141183460469231731687303715884105729",
		maxKey, "340282366920938463463374607431768211456", "999999999999999999999999999999999999999",
	} {
		r.refuse(&SplitShard{Ref: orders, Shard: 1, NewStartingHashKey: key}, fmt.Sprintf(outside, key))
	}
	r.refuse(&SplitShard{Ref: orders, Shard: 2, NewStartingHashKey: "1"},
		"ResourceNotFoundException: Could not find shard shardId-000000000002 in stream orders under account 000000000000.")
	r.must(&SplitShard{Ref: orders, Shard: 1, NewStartingHashKey: "170141183460469231731687303715884105730"})
	x := r.orders()
	r.checkShards(x)
	parent, left, right := x.Shards[1], x.Shards[2], x.Shards[3]
	if !parent.Closed() || left.Parent != 1 || right.Parent != 1 || left.AdjacentParent != NoShard || right.AdjacentParent != NoShard {
		t.Errorf("%+v", x.Shards)
	}
	if got := right.Range.Start.String(); got != "170141183460469231731687303715884105730" || left.Range.End != right.Range.Start.Prev() {
		t.Errorf("split at %s", got)
	}
	if p := parent.EndingSequenceNumber().Parts(); p.Seconds != t0/1000 || left.CreateSeconds != t0/1000+1 {
		t.Errorf("closed in second %d, child created in %d", p.Seconds, left.CreateSeconds)
	}
	r.refuse(&SplitShard{Ref: orders, Shard: 1, NewStartingHashKey: "1"}, "InvalidArgumentException: "+
		"Shard shardId-000000000001 in stream orders under account 000000000000 has already been merged or split, "+
		"and thus is not eligible for merging or splitting.")

	// A chain of splits within one second stays in order.
	for id := range 5 {
		x = r.orders()
		sh, _ := x.Shard(x.Open()[0].ID())
		r.must(&SplitShard{Ref: orders, Shard: sh.ID(), NewStartingHashKey: middle(sh.Range).String()})
		r.checkShards(r.orders())
		if got := r.orders().Open()[0].CreateSeconds; got != t0/1000+1+int64(id) {
			t.Errorf("generation %d was created in second %d", id, got)
		}
	}

	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	const mode = "ValidationException: Request is invalid. Stream orders under account 000000000000 is in On-Demand mode."
	r.refuse(&SplitShard{Ref: orders, Shard: 99, NewStartingHashKey: "1"}, mode)
	r.refuse(&MergeShards{Ref: orders, Shard: 98, Adjacent: 99}, mode)
}

func TestSplitShardQuota(t *testing.T) {
	r := testRig(t)
	r.terms.Quotas.Shards = 2
	r.create(2)
	r.refuse(&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "0"}, "LimitExceededException: "+
		"This request would exceed the shard limit for the account 000000000000 in us-east-1. "+
		"Current shard count for the account: 2. Limit: 2. Number of additional shards that would have resulted from this request: 1. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.")
}

func TestMergeShards(t *testing.T) {
	r := testRig(t)
	r.create(3)
	pair := func(a, b string) string {
		return fmt.Sprintf("InvalidArgumentException: Shards shardId-00000000000%s and shardId-00000000000%s in stream orders "+
			"under account 000000000000 are not an adjacent pair of shards eligible for merging", a, b)
	}
	r.refuse(&MergeShards{Ref: orders, Shard: 1, Adjacent: 0}, pair("1", "0"))
	r.refuse(&MergeShards{Ref: orders, Shard: 0, Adjacent: 2}, pair("0", "2"))
	r.refuse(&MergeShards{Ref: orders, Shard: 2, Adjacent: 0}, pair("2", "0")) // the space is no ring
	r.refuse(&MergeShards{Ref: orders, Shard: 1, Adjacent: 1}, pair("1", "1"))
	r.refuse(&MergeShards{Ref: orders, Shard: 0, Adjacent: 3},
		"ResourceNotFoundException: Could not find shard shardId-000000000003 in stream orders under account 000000000000.")
	r.terms.AtMillis += 5000
	r.must(&MergeShards{Ref: orders, Shard: 1, Adjacent: 2})
	x := r.orders()
	r.checkShards(x)
	child := x.Shards[3]
	if child.Parent != 1 || child.AdjacentParent != 2 || child.Range.Start != x.Shards[1].Range.Start ||
		child.Range.End != x.Shards[2].Range.End || child.OpenedMillis != t0+5000 || child.CreateSeconds != t0/1000+6 {
		t.Errorf("%+v", child)
	}
	closed := func(id string) string {
		return "InvalidArgumentException: Shard shardId-00000000000" + id + " in stream orders under account 000000000000 " +
			"has already been merged or split, and thus is not eligible for merging or splitting."
	}
	r.refuse(&MergeShards{Ref: orders, Shard: 0, Adjacent: 1}, closed("1"))
	r.refuse(&MergeShards{Ref: orders, Shard: 2, Adjacent: 1}, closed("2"))
	r.refuse(&MergeShards{Ref: orders, Shard: 1, Adjacent: 9}, // existence first
		"ResourceNotFoundException: Could not find shard shardId-000000000009 in stream orders under account 000000000000.")
}

// A clock that was set back does not make a shard close before it opened.
func TestClockSetBack(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms.AtMillis += 5000
	r.must(&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "1000"})
	r.terms.AtMillis -= 60_000
	r.must(&MergeShards{Ref: orders, Shard: 1, Adjacent: 2})
	x := r.orders()
	if x.Shards[1].ClosedMillis != t0+5001 || x.Shards[3].OpenedMillis != t0+5001 {
		t.Errorf("%+v", x.Shards)
	}
	r.terms.AtMillis += 60_001
	r.checkShards(x)
}

func TestMovingStreamsQuota(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms.DelayMillis, r.terms.Quotas.MovingStreams = 500, 5
	for i := range 5 {
		r.must(&CreateStream{Ref: Ref{orders.Account, orders.Region, fmt.Sprint(i)}, Mode: types.StreamModeProvisioned, Shards: 1})
	}
	const moving = "LimitExceededException: This request would have exceed the limit on the number of streams " +
		"that can simultaneously be in CREATING or DELETING. Limit: 5"
	sixth := &CreateStream{Ref: Ref{orders.Account, orders.Region, "6"}, Mode: types.StreamModeProvisioned, Shards: 1}
	r.refuse(sixth, moving)
	r.refuse(&DeleteStream{Ref: orders}, moving)
	r.must(&DeleteStream{Ref: Ref{orders.Account, orders.Region, "3"}}) // one of the five
	r.must(&UpdateShardCount{Ref: orders, Target: 2})                   // UPDATING does not count
	r.must(&CreateStream{Ref: Ref{"111111111111", orders.Region, "x"}, Mode: types.StreamModeProvisioned, Shards: 1})
	r.finish()
	r.must(sixth)
}

func TestCountQuotas(t *testing.T) {
	r := testRig(t)
	r.terms.Quotas = Quotas{Shards: 5, OnDemandStreams: 1}
	r.create(2)
	r.must(&UpdateShardCount{Ref: orders, Target: 4}) // closed shards do not count
	other := Ref{orders.Account, orders.Region, "other"}
	r.refuse(&CreateStream{Ref: other, Mode: types.StreamModeProvisioned, Shards: 2}, "LimitExceededException: "+
		"This request would exceed the shard limit for the account 000000000000 in us-east-1. "+
		"Current shard count for the account: 4. Limit: 5. Number of additional shards that would have resulted from this request: 2. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.")
	r.must(&CreateStream{Ref: other, Mode: types.StreamModeOnDemand, Shards: 4}) // nor do those of on-demand streams
	const onDemand = "LimitExceededException: This request would exceed the limit on the number of on-demand streams " +
		"for the account 000000000000 in us-east-1. Limit: 1"
	r.refuse(&CreateStream{Ref: Ref{orders.Account, orders.Region, "third"}, Mode: types.StreamModeOnDemand, Shards: 4}, onDemand)
	r.refuse(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand}, onDemand)
	// Shards that are yet to open count.
	r.terms.DelayMillis = 500
	r.must(&CreateStream{Ref: Ref{orders.Account, orders.Region, "third"}, Mode: types.StreamModeProvisioned, Shards: 1})
	if answer := r.apply(&SplitShard{Ref: orders, Shard: 4, NewStartingHashKey: "1000"}); answer == nil {
		t.Error("a sixth shard")
	}
}

func TestUpdateStreamMode(t *testing.T) {
	r := testRig(t)
	r.create(3)
	r.terms.Quotas.ModesPerDay = 2
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned}) // no switch
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	r.terms.AtMillis += 1000
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned})
	if x := r.orders(); x.Mode != types.StreamModeProvisioned || len(x.Open()) != 3 {
		t.Errorf("%+v", x)
	}
	r.terms.AtMillis += dayMillis - 1001
	const twice = "LimitExceededException: You cannot update the capacity mode of your data stream more than twice within 24 hours."
	r.refuse(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand}, twice)
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned}) // still no switch
	r.terms.AtMillis++
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	r.refuse(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned}, twice)
}

func TestRetention(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.refuse(&SetRetention{Ref: orders, Hours: 48}, "InvalidArgumentException: Requested retention period (48 hours) "+
		"for stream orders can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.")
	r.must(&SetRetention{Ref: orders, Hours: 24})
	r.must(&SetRetention{Ref: orders, Hours: 24, Increase: true})
	r.must(&SetRetention{Ref: orders, Hours: 48, Increase: true})
	wantRetain(t, r, 48)
	r.refuse(&SetRetention{Ref: orders, Hours: 47, Increase: true}, "InvalidArgumentException: Requested retention period (47 hours) "+
		"for stream orders can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.")
	r.must(&SetRetention{Ref: orders, Hours: 30})
	wantRetain(t, r, 30)
}

// What is past retention once stays so, however long the retention becomes.
func TestHorizonNeverGoesBack(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.must(&SetRetention{Ref: orders, Hours: 48, Increase: true})
	horizon := func(want int64) {
		t.Helper()
		if got := r.orders().HorizonMillis(r.terms.AtMillis); got != want {
			t.Errorf("horizon %d ms after the start, want %d", got-t0, want-t0)
		}
	}
	r.terms.AtMillis = t0 + 100*hourMillis
	horizon(t0 + 52*hourMillis)
	r.must(&SetRetention{Ref: orders, Hours: 24})
	horizon(t0 + 76*hourMillis)
	r.must(&SetRetention{Ref: orders, Hours: 100, Increase: true})
	horizon(t0 + 76*hourMillis)
	r.terms.AtMillis = t0 + 200*hourMillis
	horizon(t0 + 100*hourMillis)
	r.must(&SetRetention{Ref: orders, Hours: 150, Increase: true})
	horizon(t0 + 100*hourMillis)
}

// A change by a clock that is doubted gives up nothing for good.
func TestRetentionByDoubtedClock(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms = Terms{AtMillis: t0 + 100_000*hourMillis, Doubted: true}
	r.must(&SetRetention{Ref: orders, Hours: 48, Increase: true})
	r.must(&SetRetention{Ref: orders, Hours: 24})
	if got := r.orders().HorizonMillis(t0); got != t0-24*hourMillis {
		t.Errorf("horizon %d", got)
	}
}

func TestLineageQuota(t *testing.T) {
	r := testRig(t)
	r.create(3)
	r.terms.Quotas.Lineage = 5
	r.must(&MergeShards{Ref: orders, Shard: 0, Adjacent: 1})
	r.must(&SplitShard{Ref: orders, Shard: 2, NewStartingHashKey: middle(r.orders().Shards[2].Range).String()})
	const full = "LimitExceededException: Stream orders under account 000000000000 has 6 shards with those closed " +
		"within its retention period. Limit: 5"
	r.refuse(&MergeShards{Ref: orders, Shard: 4, Adjacent: 5}, full)
	r.refuse(&SplitShard{Ref: orders, Shard: 4, NewStartingHashKey: "2"}, full)
	r.refuse(&UpdateShardCount{Ref: orders, Target: 2}, full)
	r.terms.AtMillis += 25 * hourMillis
	r.must(&Expire{Stream: r.orders().ID})
	r.must(&UpdateShardCount{Ref: orders, Target: 2})
}

func TestExpire(t *testing.T) {
	r := testRig(t)
	x := r.create(2)
	r.must(&Expire{Stream: x.ID})
	r.must(&Expire{Stream: 99}) // nobody's error
	r.terms.AtMillis += hourMillis
	r.must(&UpdateShardCount{Ref: orders, Target: 1})
	closing := r.terms.AtMillis
	r.terms.AtMillis += hourMillis
	r.must(&SplitShard{Ref: orders, Shard: 2, NewStartingHashKey: "1000"})

	r.terms.AtMillis = closing + 24*hourMillis
	x = r.orders()
	if x.AnyExpired(r.terms.AtMillis) || x.Expired(&x.Shards[0], r.terms.AtMillis) {
		t.Error("expired at its last moment")
	}
	r.terms.AtMillis++
	if !x.AnyExpired(r.terms.AtMillis) || !x.Expired(&x.Shards[0], r.terms.AtMillis) || x.Expired(&x.Shards[2], r.terms.AtMillis) {
		t.Error("not expired after it")
	}
	// Before the command it is as if it were gone.
	r.refuse(&SplitShard{Ref: orders, Shard: 0, NewStartingHashKey: "1"},
		"ResourceNotFoundException: Could not find shard shardId-000000000000 in stream orders under account 000000000000.")
	r.refuse(&MergeShards{Ref: orders, Shard: 0, Adjacent: 1},
		"ResourceNotFoundException: Could not find shard shardId-000000000000 in stream orders under account 000000000000.")
	r.must(&Expire{Stream: x.ID})
	after := r.orders()
	r.checkShards(after)
	if len(after.Shards) != 3 || after.Shards[0].Index != 2 || len(x.Shards) != 5 {
		t.Errorf("%+v", after.Shards)
	}
	if _, ok := after.Shard(1); ok {
		t.Error("shard 1 is there")
	}
	if got := after.Children(2); len(got) != 2 {
		t.Errorf("children %v", got)
	}
	if got := after.ShardsAfter(0); len(got) != 3 {
		t.Errorf("shards after one that is gone: %v", got)
	}

	// A clock that is set back does not show a hole where they were.
	r.terms.AtMillis -= 20 * hourMillis
	r.checkShards(r.orders())
	if horizon := r.orders().HorizonMillis(r.terms.AtMillis); horizon <= closing {
		t.Errorf("horizon %d before the closing of what is gone at %d", horizon, closing)
	}
	r.terms.AtMillis += 20 * hourMillis

	// A longer retention does neither.
	r.must(&SetRetention{Ref: orders, Hours: 1000, Increase: true})
	r.checkShards(r.orders())
	if horizon := r.orders().HorizonMillis(r.terms.AtMillis); horizon <= closing {
		t.Errorf("horizon %d before the closing of what is gone at %d", horizon, closing)
	}
}

func TestTags(t *testing.T) {
	r := testRig(t)
	r.create(1)
	for i := range 50 {
		r.must(&AddTags{Ref: orders, Tags: map[string]string{fmt.Sprint(i): "x"}})
	}
	before := r.orders()
	r.refuse(&AddTags{Ref: orders, Tags: map[string]string{"0": "y", "50": "x"}}, "InvalidArgumentException: "+
		"Failed to add tags to stream orders under account 000000000000 because a given stream cannot have more than 10 tags associated with it.")
	r.must(&AddTags{Ref: orders, Tags: map[string]string{"0": "y"}})
	if before.Tags["0"] != "x" || r.orders().Tags["0"] != "y" {
		t.Error("overwriting a tag changed an older version, or nothing")
	}
	if same := r.orders(); r.must(&RemoveTags{Ref: orders, Keys: []string{"unknown"}}) != nil || r.orders() != same {
		t.Error("removing nothing made a new version")
	}
	r.must(&RemoveTags{Ref: orders, Keys: []string{"unknown", "0", "7"}})
	if n := len(r.orders().Tags); n != 48 {
		t.Errorf("%d tags", n)
	}
	r.must(&AddTags{Ref: orders, Tags: map[string]string{LimitsTag: "aws"}})
	if got := r.orders().Limits(); got != "aws" {
		t.Errorf("limits %q", got)
	}
}

func TestSecretStays(t *testing.T) {
	r := testRig(t)
	if r.Secret() != nil {
		t.Error("a secret")
	}
	r.must(&SetSecret{Secret: []byte("first")})
	r.must(&SetSecret{Secret: []byte("second")})
	if got := r.Secret(); !reflect.DeepEqual(got, []byte("first")) {
		t.Errorf("%q", got)
	}
}
