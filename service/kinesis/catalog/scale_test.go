package catalog

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"pgregory.net/rapid"
)

// TestScaleAsAWS has the outcomes of spec data-streams §15.4: what AWS was seen
// to do, and what the rule inferred from that gives elsewhere.
func TestScaleAsAWS(t *testing.T) {
	for _, c := range []struct{ from, to, total int }{
		// On record.
		{2, 4, 6}, {4, 5, 15}, {10, 13, 37}, {4, 2, 6}, {5, 3, 7}, {10, 3, 17}, {4, 3, 11},
		// By the rule.
		{1, 2, 3}, {5, 10, 15}, {8, 10, 30}, {4, 6, 14}, {8, 6, 22}, {10, 20, 30},
	} {
		t.Run(fmt.Sprintf("%d to %d", c.from, c.to), func(t *testing.T) {
			r := testRig(t)
			r.create(int32(c.from))
			if got := r.must(&UpdateShardCount{Ref: orders, Target: int32(c.to)}); got != (Scaled{int32(c.from)}) {
				t.Errorf("result %v", got)
			}
			x := r.orders()
			r.checkShards(x)
			if len(x.Open()) != c.to || len(x.Shards) != c.total {
				t.Errorf("%d open of %d, want %d", len(x.Open()), len(x.Shards), c.total)
			}
		})
	}
}

// TestScaleTraces has the ids of spec data-streams §15.4.
func TestScaleTraces(t *testing.T) {
	ids := func(spans ...[2]int) (all []int) {
		for _, s := range spans {
			for id := s[0]; id <= s[1]; id++ {
				all = append(all, id)
			}
		}
		return all
	}
	for _, c := range []struct {
		from, to int32
		open     []int
		merges   map[int][2]int32
	}{
		{4, 5, []int{4, 8, 11, 14, 13}, map[int][2]int32{8: {5, 6}, 11: {7, 9}, 14: {10, 12}}},
		{4, 3, []int{6, 9, 10}, map[int][2]int32{6: {0, 4}, 9: {5, 7}, 10: {8, 3}}},
		{10, 13, ids([2]int{30, 36}, [2]int{24, 29}), map[int][2]int32{30: {10, 11}, 36: {22, 23}}},
		{5, 3, []int{5, 6, 4}, map[int][2]int32{5: {0, 1}, 6: {2, 3}}},
		{10, 3, []int{15, 16, 14}, map[int][2]int32{15: {10, 11}, 16: {12, 13}}},
	} {
		t.Run(fmt.Sprintf("%d to %d", c.from, c.to), func(t *testing.T) {
			r := testRig(t)
			r.create(c.from)
			r.must(&UpdateShardCount{Ref: orders, Target: c.to})
			x := r.orders()
			if got := openIDs(x); !reflect.DeepEqual(got, c.open) {
				t.Errorf("open %v, want %v", got, c.open)
			}
			for child, parents := range c.merges {
				sh := x.Shards[child]
				if got := [2]int32{sh.Parent, sh.AdjacentParent}; got != parents {
					t.Errorf("shard %d merges %v, want %v", child, got, parents)
				}
			}
		})
	}
}

// A walk over equal shards gives equal shards, and where they were equal before
// but for rounding, it does not shift their ends by one.
func TestWalkKeepsEndsThatAreThere(t *testing.T) {
	r := testRig(t)
	x := r.create(5)
	ends := make(map[string]bool)
	for _, sh := range x.Open() {
		ends[sh.Range.End.String()] = true
	}
	r.must(&UpdateShardCount{Ref: orders, Target: 10})
	for i, sh := range r.orders().Open() {
		if i%2 == 1 && !ends[sh.Range.End.String()] {
			t.Errorf("shard %d ends at %s", i, sh.Range.End)
		}
	}
}

// TestScaleAnywhere scales streams with uneven shards to any count, also
// further than AWS would.
func TestScaleAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		r.create(rapid.Int32Range(1, 12).Draw(t, "shards"))
		for range rapid.IntRange(0, 6).Draw(t, "splits") {
			open := r.orders().Open()
			sh := open[rapid.IntRange(0, len(open)-1).Draw(t, "split")]
			r.must(&SplitShard{Ref: orders, Shard: sh.ID(), NewStartingHashKey: middle(sh.Range).String()})
		}
		for range rapid.IntRange(1, 3).Draw(t, "scales") {
			r.terms.AtMillis += rapid.Int64Range(0, 3000).Draw(t, "passed")
			target := rapid.Int32Range(1, 40).Draw(t, "target")
			r.must(&UpdateShardCount{Ref: orders, Target: target})
			x := r.orders()
			if len(x.Open()) != int(target) {
				t.Fatalf("%d open, want %d", len(x.Open()), target)
			}
			r.checkShards(x)
		}
		r.checkReplay()
	})
}

// However far a stream is scaled, the sequence numbers of its shards are dated
// ahead of the clock by a few seconds at most.
func TestScaleKeepsNearTheClock(t *testing.T) {
	r := testRig(t)
	r.create(1)
	for _, target := range []int32{700, 1, 377, 12, 1} {
		r.must(&UpdateShardCount{Ref: orders, Target: target})
		for _, sh := range r.orders().Open() {
			if ahead := sh.CreateSeconds - r.terms.AtMillis/1000; ahead > 30 {
				t.Fatalf("after scaling to %d, shard %v is dated %d s ahead", target, sh.ID(), ahead)
			}
		}
		r.terms.AtMillis += 60_000
	}
}

func TestUpdateShardCountRefused(t *testing.T) {
	r := testRig(t)
	r.refuse(&UpdateShardCount{Ref: orders, Target: 1},
		"ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	r.create(5)
	r.terms.Quotas = Quotas{ScaleTarget: 12, ScaleFactor: 2, Shards: 11, ScalesPerDay: 2}
	r.refuse(&UpdateShardCount{Ref: orders, Target: 13}, "LimitExceededException: "+
		"Target shard count or number of open shards cannot be greater than 12. Current open shard count: 5, Target shard count: 13")
	r.refuse(&UpdateShardCount{Ref: orders, Target: 11}, "LimitExceededException: "+
		"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 5 Target shard count: 11")
	r.refuse(&UpdateShardCount{Ref: orders, Target: 2}, "LimitExceededException: "+
		"UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 5 Target shard count: 2")
	r.must(&UpdateShardCount{Ref: orders, Target: 10})
	r.refuse(&UpdateShardCount{Ref: orders, Target: 12}, "LimitExceededException: "+
		"This request would exceed the shard limit for the account 000000000000 in us-east-1. "+
		"Current shard count for the account: 10. Limit: 11. Number of additional shards that would have resulted from this request: 2. "+
		"Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.")
	if got := r.must(&UpdateShardCount{Ref: orders, Target: 10}); got != (Scaled{10}) {
		t.Errorf("the present count: %v", got)
	}
	r.must(&UpdateShardCount{Ref: orders, Target: 5})
	r.terms.AtMillis += dayMillis - 1
	r.refuse(&UpdateShardCount{Ref: orders, Target: 4},
		"LimitExceededException: Rate exceeded for stream orders under account 000000000000.")
	r.terms.AtMillis++
	r.must(&UpdateShardCount{Ref: orders, Target: 4})
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	r.refuse(&UpdateShardCount{Ref: orders, Target: 5},
		"ValidationException: Request is invalid. Stream orders under account 000000000000 is in On-Demand mode.")
}
