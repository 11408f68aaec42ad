package kinesis

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// server opens a data folder as a server does.
func server(t *testing.T, dir string, clock *frozenClock) *rig {
	t.Helper()
	c := catalog.New()
	log, err := disklog.Open(dir, map[string]storage.Machine{catalog.MachineName: c}, disklog.Options{Clock: clock, SegmentBytes: 1 << 20})
	ok(t, err)
	return &rig{
		Service: New(Options{Log: log, Catalog: c, Clock: clock, StateDelay: time.Second}),
		t:       t, clock: clock, log: log,
		ctx: api.WithCaller(context.Background(), api.Caller{Account: testRef.Account, Region: testRef.Region}),
	}
}

func (r *rig) stop() {
	r.t.Helper()
	r.Close()
	ok(r.t, r.log.Close())
}

// TestRestart stops a server on disk with all kinds of definitions, and one
// stream in the middle of a change, and starts it again. What clients hold from
// before stays good.
func TestRestart(t *testing.T) {
	dir, clock := t.TempDir(), &frozenClock{now: time.UnixMilli(1700000000500)}
	r := server(t, dir, clock)
	r.Start()
	r.create("large", 10_000)
	r.create(testRef.Name, 3)
	r.lapse(types.StreamStatusActive)
	r.scale(5)
	r.lapse(types.StreamStatusActive)
	_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name, Tags: map[string]string{"a": "b"}})
	ok(t, err)
	_, err = r.IncreaseStreamRetentionPeriod(r.ctx, &kinesis.IncreaseStreamRetentionPeriodInput{
		StreamName: &testRef.Name, RetentionPeriodHours: aws.Int32(100)})
	ok(t, err)
	page, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name, MaxResults: aws.Int32(2)})
	ok(t, err)
	r.create("gone", 1)
	_, err = r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("gone")})
	ok(t, err)
	r.scale(4) // begun, but not finished
	before := snapshot(t, r.catalog)
	r.stop()

	r = server(t, dir, clock)
	defer r.stop()
	if after := snapshot(t, r.catalog); after != before {
		t.Errorf("after the restart:\n%.2000s\nbefore:\n%.2000s", after, before)
	}
	rest, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: page.NextToken})
	ok(t, err)
	if got := idsOf(rest.Shards); len(got) == 0 || got[0] != 2 {
		t.Errorf("the next page has %v", got)
	}
	r.Start()
	r.lapse(types.StreamStatusActive)
	r.await("gone is gone", func() bool {
		_, there := r.catalog.Stream(testRef.Account, testRef.Region, "gone")
		return !there
	})
	if got := len(r.orders().Open()); got != 4 {
		t.Errorf("%d open", got)
	}
}

// snapshot returns the catalog's whole state.
func snapshot(t *testing.T, c *catalog.Catalog) string {
	t.Helper()
	var b bytes.Buffer
	ok(t, c.Snapshot()(&b))
	return b.String()
}
