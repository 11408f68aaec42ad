package kinesis

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

func TestGetPages(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for i := range 5 {
		r.put("0", fmt.Sprint(i))
		r.clock.Advance(time.Second)
	}
	iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	for _, c := range []struct {
		want   string
		behind int64
	}{{"01", 3000}, {"23", 1000}, {"4", 0}, {"", 0}} {
		out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator, Limit: aws.Int32(2), StreamARN: aws.String(testARN)})
		if err != nil {
			t.Fatal(err)
		}
		if got := dataOf(out.Records); got != c.want || *out.MillisBehindLatest != c.behind || out.ChildShards != nil {
			t.Errorf("%q, %d ms behind, children %v; want %q, %d ms", got, *out.MillisBehindLatest, out.ChildShards, c.want, c.behind)
		}
		again := r.get(iterator) // an iterator may be used again
		if got := dataOf(again.Records); !strings.HasPrefix(got, c.want) {
			t.Errorf("again: %q", got)
		}
		if *out.NextShardIterator == iterator || *again.NextShardIterator == *out.NextShardIterator {
			t.Error("two iterators are alike")
		}
		iterator = *out.NextShardIterator
	}
}

// TestGetCaps: 10,000 records or 10 MiB, keys included.
func TestGetCaps(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	entries := make([]types.PutRecordsRequestEntry, 500)
	for i := range entries {
		entries[i] = entry("k", "", "")
	}
	for range 21 {
		if _, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: entries}); err != nil {
			t.Fatal(err)
		}
	}
	page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon))
	if n := len(page.Records); n != 10000 {
		t.Errorf("%d records", n)
	}
	if page = r.get(*page.NextShardIterator); len(page.Records) != 500 {
		t.Errorf("then %d", len(page.Records))
	}
	key := strings.Repeat("k", 256)
	mib := strings.Repeat("x", 1<<20-256)
	for range 11 {
		if _, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{entry(key, "", mib)}}); err != nil {
			t.Fatal(err)
		}
	}
	if page = r.get(*page.NextShardIterator); len(page.Records) != 10 {
		t.Errorf("%d MiB", len(page.Records))
	}
}

// TestGetEndOfShard: both children of a split, the one of a merge with both its
// parents, and children that are closed already.
func TestGetEndOfShard(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, data := range []string{"1", "2"} {
		r.put("0", data)
	}
	r.split(0, "1000")
	child := func(id stream.ShardID, start, end string, parents ...stream.ShardID) string {
		return fmt.Sprintf("%s %v %s-%s", id, parents, start, end)
	}
	children := func(page *kinesis.GetRecordsOutput) (list []string) {
		for _, c := range page.ChildShards {
			list = append(list, fmt.Sprintf("%s %v %s-%s", *c.ShardId, c.ParentShards, *c.HashKeyRange.StartingHashKey, *c.HashKeyRange.EndingHashKey))
		}
		return list
	}
	check := func(shard, data string, want ...string) {
		t.Helper()
		page := r.get(r.iterator(shard, types.ShardIteratorTypeTrimHorizon))
		if got := dataOf(page.Records); got != data || page.NextShardIterator != nil || *page.MillisBehindLatest != 0 {
			t.Errorf("shard %s: %q, then %v", shard, got, page.NextShardIterator)
		}
		if got := children(page); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("children of shard %s:\ngot  %v\nwant %v", shard, got, want)
		}
	}
	max := stream.MaxHashKey.String()
	one, two := child(1, "0", "999", 0), child(2, "1000", max, 0)
	check("0", "12", one, two)

	// A page that does not reach the end says nothing about it.
	out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{
		ShardIterator: aws.String(r.iterator("0", types.ShardIteratorTypeTrimHorizon)), Limit: aws.Int32(1)})
	if err != nil || out.NextShardIterator == nil || out.ChildShards != nil {
		t.Errorf("%+v, %v", out, err)
	}

	r.put("5", "3")
	r.merge(1, 2)
	check("1", "3", child(3, "0", max, 1, 2))
	check("2", "", child(3, "0", max, 1, 2))
	check("0", "12", one, two)
	if page := r.get(r.iterator("3", types.ShardIteratorTypeTrimHorizon)); page.NextShardIterator == nil || page.ChildShards != nil {
		t.Errorf("the open shard ends: %+v", page)
	}
}

func TestGetErrors(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	iterator := r.iterator("0", types.ShardIteratorTypeLatest)
	for _, c := range []struct {
		what string
		in   kinesis.GetRecordsInput
		want string
	}{
		{"no iterator", kinesis.GetRecordsInput{StreamARN: aws.String(testARN + "2")}, "InvalidArgumentException: Invalid ShardIterator."},
		{"garbage", kinesis.GetRecordsInput{ShardIterator: aws.String(strings.Repeat("A", 204))}, "InvalidArgumentException: Invalid ShardIterator."},
		{"another stream", kinesis.GetRecordsInput{ShardIterator: &iterator, StreamARN: aws.String(testARN + "2"), DryRun: aws.Bool(true)},
			"InvalidArgumentException: StreamARN and ShardIterator do not refer to the same stream."},
		{"dry run", kinesis.GetRecordsInput{ShardIterator: &iterator, StreamARN: aws.String(testARN), DryRun: aws.Bool(true)},
			"DryRunOperationException: Request would have succeeded, but DryRun flag is set."},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := r.GetRecords(r.ctx, &c.in)
			wantError(t, err, c.want)
		})
	}
	_, err := r.GetRecords(api.WithCaller(context.Background(), api.Caller{Account: "111111111111", Region: testRef.Region}),
		&kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, "ResourceNotFoundException: Shard shardId-000000000000 in stream orders under account 111111111111 does not exist")

	r.clock.Advance(iteratorLifeMillis * time.Millisecond)
	iterator2 := *r.get(iterator).NextShardIterator
	r.clock.Advance(time.Millisecond)
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, "ExpiredIteratorException: Iterator expired. The iterator was created at time Tue Nov 14 22:13:20 UTC 2023"+
		" while right now it is Tue Nov 14 22:18:20 UTC 2023 which is further in the future than the tolerated delay of 300000 milliseconds.")
	r.get(iterator2)
}

// TestGetFromDeleted: an iterator dies with its stream, and a new stream of the
// name does not revive it.
func TestGetFromDeleted(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "old")
	iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	const want = "ResourceNotFoundException: Shard shardId-000000000000 in stream orders under account 000000000000 does not exist"
	r.stateDelay = time.Minute
	r.change(&catalog.DeleteStream{Ref: testRef})
	_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, want)
	r.clock.Advance(time.Minute)
	due, ok := r.catalog.NextDue()
	if !ok {
		t.Fatal("no transition")
	}
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	r.stateDelay = 0
	r.change(&catalog.Finish{Stream: x.ID, Number: due.Number})
	r.change(&catalog.CreateStream{Ref: testRef, Mode: types.StreamModeProvisioned, Shards: 1, MaxRecordKiB: 1024})
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, want)
	if page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)); len(page.Records) != 0 {
		t.Errorf("the new stream holds %q", dataOf(page.Records))
	}
}

// TestGetAfterRestart: another service on the same log takes the iterators.
func TestGetAfterRestart(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "x")
	iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	r.Service = New(Options{Log: r.log, Catalog: r.catalog, Clock: r.clock})
	if got := dataOf(r.get(`"` + iterator + `"`).Records); got != "x" {
		t.Errorf("%q", got)
	}
}

// TestGetRetention: records are gone to the millisecond, whatever was trimmed,
// and do not come back when retention is raised.
func TestGetRetention(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.change(&catalog.SetRetention{Ref: testRef, Hours: 25, Increase: true})
	for _, data := range []string{"0", "1", "2"} {
		r.put("0", data)
		r.clock.Advance(time.Hour)
	}
	read := func() string {
		t.Helper()
		iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
		return dataOf(r.get(iterator).Records)
	}
	r.clock.Advance(22 * time.Hour) // the first is 25 h old
	if got := read(); got != "012" {
		t.Errorf("on time: %q", got)
	}
	old := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	r.clock.Advance(time.Millisecond)
	if got := read(); got != "12" {
		t.Errorf("a millisecond later: %q", got)
	}
	if page := r.get(old); dataOf(page.Records) != "12" {
		t.Errorf("by an iterator from before: %q", dataOf(page.Records))
	}
	r.change(&catalog.SetRetention{Ref: testRef, Hours: 24})
	if got := read(); got != "2" {
		t.Errorf("lowered: %q", got)
	}
	r.change(&catalog.SetRetention{Ref: testRef, Hours: 48, Increase: true})
	if got := read(); got != "2" {
		t.Errorf("raised again: %q", got)
	}
}

// TestGetEndBelowHorizon: a closed shard whose records are all gone still ends.
func TestGetEndBelowHorizon(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "x")
	r.clock.Advance(time.Hour)
	r.split(0, "1000")
	r.clock.Advance(23*time.Hour + time.Millisecond)
	page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon))
	if len(page.Records) != 0 || page.NextShardIterator != nil || len(page.ChildShards) != 2 {
		t.Errorf("%+v", page)
	}
}

func TestGetThrottled(t *testing.T) {
	r := newRig(t, 2, rigOptions{limits: LimitsAWS})
	iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	for range 5 {
		iterator = *r.get(iterator).NextShardIterator
	}
	in := &kinesis.GetRecordsInput{ShardIterator: &iterator}
	const want = "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000."
	_, err := r.GetRecords(r.ctx, in)
	wantError(t, err, want)
	r.get(r.iterator("1", types.ShardIteratorTypeTrimHorizon))

	for range 6 {
		r.put("0", strings.Repeat("x", 1<<20-1))
		r.clock.Advance(time.Second)
	}
	if page := r.get(iterator); len(page.Records) != 6 {
		t.Fatalf("%d records", len(page.Records))
	}
	// 6 MiB: 2 of the bucket, and 2 s until what is owed is paid for.
	r.clock.Advance(2*time.Second - time.Millisecond)
	_, err = r.GetRecords(r.ctx, in)
	wantError(t, err, want)
	r.clock.Advance(time.Millisecond)
	if _, err = r.GetRecords(r.ctx, in); err != nil {
		t.Error(err)
	}
}

// lateLog publishes the closing of shard logs later than the catalog does.
type lateLog struct {
	storage.Log
	late bool
}

func (l *lateLog) Bounds(key storage.ShardKey) (storage.Bounds, error) {
	b, err := l.Log.Bounds(key)
	b.Closed = b.Closed && !l.late
	return b, err
}

// TestGetEndNeedsLog: the catalog's word alone does not end a shard.
func TestGetEndNeedsLog(t *testing.T) {
	log := &lateLog{late: true}
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
	r.split(0, "1000")
	page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon))
	if page.NextShardIterator == nil || page.ChildShards != nil {
		t.Fatalf("the shard ended: %+v", page)
	}
	log.late = false
	if page = r.get(*page.NextShardIterator); page.NextShardIterator != nil || len(page.ChildShards) != 2 {
		t.Errorf("the shard did not end: %+v", page)
	}
}

// TestGetPageIsReset: nothing of an earlier use of the page stays.
func TestGetPageIsReset(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	in := &kinesis.GetRecordsInput{ShardIterator: aws.String(r.iterator("0", types.ShardIteratorTypeLatest))}
	p := kinesisapi.Page{Records: make([]kinesisapi.PageRecord, 3), MillisBehindLatest: 9, ChildShards: []types.ChildShard{{}}}
	if err := r.GetPage(r.ctx, in, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Records) != 0 || p.MillisBehindLatest != 0 || p.ChildShards != nil || p.NextShardIterator == "" {
		t.Errorf("%+v", p)
	}
	p.NextShardIterator = "stale"
	if err := r.GetPage(r.ctx, &kinesis.GetRecordsInput{}, &p); err == nil || p.NextShardIterator != "" {
		t.Errorf("%v, %+v", err, p)
	}
}
