package kinesis

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// accepted calls until it is refused, which must be with the error, or a
// hundred times.
func accepted(t *testing.T, want string, call func() error) int {
	t.Helper()
	for n := range 100 {
		if err := call(); err != nil {
			wantError(t, err, want)
			return n
		}
	}
	return 100
}

func TestCallRates(t *testing.T) {
	r := newRig(t, 1, rigOptions{limits: LimitsAWS})
	describe := func(name string) func() error {
		return func() error {
			_, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: &name})
			return err
		}
	}
	limits := func() error {
		_, err := r.DescribeLimits(r.ctx, &kinesis.DescribeLimitsInput{})
		return err
	}
	const stream = "LimitExceededException: Rate exceeded for stream orders under account 000000000000."
	const account = "LimitExceededException: Rate exceeded for account 000000000000."
	if n := accepted(t, stream, describe("orders")); n != 10 {
		t.Errorf("%d DescribeStream calls", n)
	}
	// The rate is the account's, and comes before existence.
	wantError(t, describe("none")(), "LimitExceededException: Rate exceeded for stream none under account 000000000000.")
	// Another operation, another region and another account have their own.
	if n := accepted(t, account, limits); n != 1 {
		t.Errorf("%d DescribeLimits calls", n)
	}
	mine := r.ctx
	for _, other := range []api.Caller{{Account: "111111111111", Region: "us-east-1"}, {Account: testRef.Account, Region: "eu-west-1"}} {
		r.ctx = api.WithCaller(mine, other)
		ok(t, limits())
	}
	r.ctx = mine
	r.clock.Advance(500 * time.Millisecond)
	if n := accepted(t, stream, describe("orders")); n != 5 {
		t.Errorf("%d DescribeStream calls after half a second", n)
	}
	n := 0
	for ; n < 2000; n++ {
		if _, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name}); err != nil {
			wantError(t, err, stream)
			break
		}
	}
	if n != 1000 {
		t.Errorf("%d ListShards calls", n)
	}
}

// A stream's tag decides about calls on that stream.
func TestLimitsTag(t *testing.T) {
	describe := func(r *rig) error {
		_, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: &testRef.Name})
		return err
	}
	const exceeded = "LimitExceededException: Rate exceeded for stream orders under account 000000000000."
	for _, c := range []struct {
		server Limits
		tag    string
		want   int
	}{
		{LimitsOff, "", 100}, {LimitsOff, "off", 100}, {LimitsOff, "aws", 10}, {LimitsOff, "nonsense", 100},
		{LimitsAWS, "", 10}, {LimitsAWS, "aws", 10}, {LimitsAWS, "off", 100}, {LimitsAWS, "nonsense", 10},
	} {
		r := newRig(t, 1, rigOptions{limits: c.server})
		if c.tag != "" {
			r.change(&catalog.AddTags{Ref: testRef, Tags: map[string]string{catalog.LimitsTag: c.tag}})
		}
		if n := accepted(t, exceeded, func() error { return describe(r) }); n != c.want {
			t.Errorf("server %s, tag %q: %d calls", c.server, c.tag, n)
		}
		// The same goes for what the catalog enforces.
		_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: &testRef.Name, TargetShardCount: aws.Int32(3)})
		if limited := c.want == 10; limited {
			wantError(t, err, "LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. "+
				"Current open shard count: 1 Target shard count: 3")
		} else {
			ok(t, err)
		}
	}
}

func TestDescribeLimits(t *testing.T) {
	for _, c := range []struct {
		limits           Limits
		region           string
		shards, onDemand int32
	}{
		{LimitsAWS, "us-east-1", 20_000, 50},
		{LimitsAWS, "us-west-2", 20_000, 50},
		{LimitsAWS, "eu-west-1", 20_000, 50},
		{LimitsAWS, "eu-central-1", 6_000, 50},
		{LimitsOff, "eu-central-1", 100_000, 1_000_000},
	} {
		r := newRig(t, 0, rigOptions{limits: c.limits})
		r.ctx = api.WithCaller(r.ctx, api.Caller{Account: testRef.Account, Region: c.region})
		r.create("a", 3)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("b")})
		ok(t, err)
		out, err := r.DescribeLimits(r.ctx, &kinesis.DescribeLimitsInput{})
		ok(t, err)
		if *out.ShardLimit != c.shards || *out.OpenShardCount != 7 || *out.OnDemandStreamCount != 1 ||
			*out.OnDemandStreamCountLimit != c.onDemand || *out.ChannelCount != 0 || *out.ChannelCountLimit != 0 {
			t.Errorf("%s in %s: %d of %d shards, %d of %d on-demand streams", c.limits, c.region,
				*out.OpenShardCount, *out.ShardLimit, *out.OnDemandStreamCount, *out.OnDemandStreamCountLimit)
		}
	}
}

func TestParseLimits(t *testing.T) {
	for _, l := range []Limits{LimitsOff, LimitsAWS} {
		if got, err := ParseLimits(l.String()); err != nil || got != l {
			t.Errorf("%v: %v, %v", l, got, err)
		}
	}
	if _, err := ParseLimits("AWS"); err == nil || err.Error() != `limits "AWS": want off or aws` {
		t.Error(err)
	}
}
