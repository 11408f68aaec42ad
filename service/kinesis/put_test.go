package kinesis

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
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

// entry is one record of a PutRecords request.
func entry(key, hashKey, data string) types.PutRecordsRequestEntry {
	e := types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(data)}
	if hashKey != "" {
		e.ExplicitHashKey = &hashKey
	}
	return e
}

// TestPutRoutes: the hash keys of spec data-streams §12.1 among five shards.
func TestPutRoutes(t *testing.T) {
	r := newRig(t, 5, rigOptions{})
	out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamARN: aws.String(testARN), Records: []types.PutRecordsRequestEntry{
		entry("a", "", "0"),            // 1695…
		entry("partitionKey", "", "1"), // 1933…
		entry("0", "", "2"),            // 2762…
		entry("é", "", "3"),            // 1367…
		entry("a", "68056473384187692692674921486353642290", "4"),
		entry("a", "68056473384187692692674921486353642291", "5"),
		entry("a", stream.MaxHashKey.String(), "6"),
		entry("a", "0", "7"),
	}})
	if err != nil || *out.FailedRecordCount != 0 {
		t.Fatal(out, err)
	}
	wantShards := []stream.ShardID{0, 2, 4, 2, 0, 1, 4, 0}
	index := make(map[stream.ShardID]uint64)
	for i, want := range wantShards {
		got := out.Records[i]
		index[want]++
		number := stream.SequenceParts{
			CreateSeconds: 1700000000 - 2, Seconds: 1700000000, Shard: want, Index: index[want],
		}.Number().String()
		if *got.ShardId != want.String() || *got.SequenceNumber != number || got.ErrorCode != nil {
			t.Errorf("record %d: %s %s, want %s %s", i, *got.ShardId, *got.SequenceNumber, want, number)
		}
	}
	page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon))
	if got := dataOf(page.Records); got != "047" {
		t.Errorf("shard 0 holds %s", got)
	}
	if first := page.Records[0]; *first.PartitionKey != "a" || *first.SequenceNumber != *out.Records[0].SequenceNumber ||
		first.ApproximateArrivalTimestamp.UnixMilli() != 1700000000500 || first.EncryptionType != "" {
		t.Errorf("%+v", first)
	}
}

// TestPutHashes: each record goes where its own key says, whatever stands
// beside it: explicit hash keys between the others, an odd number of them, and
// keys too long to be hashed in pairs.
func TestPutHashes(t *testing.T) {
	r := newRig(t, 64, rigOptions{})
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 40; n++ {
		b := &kinesisapi.PutBatch{StreamName: testRef.Name, Records: make([]kinesisapi.PutRecord, n)}
		want := make([]stream.ShardID, n)
		for i := range b.Records {
			rec := &b.Records[i]
			rec.PartitionKey = bytes.Repeat([]byte{byte('a' + rnd.IntN(26))}, 1+rnd.IntN(80))
			hash := stream.HashPartitionKey(rec.PartitionKey)
			if rnd.IntN(3) == 0 {
				hash = stream.HashKey{Hi: rnd.Uint64(), Lo: rnd.Uint64()}
				rec.ExplicitHashKey = hash.Append(nil)
			}
			want[i] = x.Route(hash).ID()
		}
		if err := r.PutBatch(r.ctx, b); err != nil {
			t.Fatal(err)
		}
		for i := range b.Records {
			if b.Records[i].Shard != want[i] {
				t.Errorf("%d records, number %d went to %s, want %s", n, i, b.Records[i].Shard, want[i])
			}
		}
	}
}

// TestPutErrors: every text, each on a request in which all the checks that
// come later would fail too.
func TestPutErrors(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	creating := catalog.CreateStream{Ref: testRef, Mode: types.StreamModeProvisioned, Shards: 1, MaxRecordKiB: 1024}
	creating.Name = "creating"
	r.stateDelay = time.Minute
	r.change(&creating)

	mib := strings.Repeat("x", 1<<20)
	beyond := "340282366920938463463374607431768211456"
	for _, c := range []struct {
		what string
		in   *kinesis.PutRecordInput
		want string
	}{
		{"no partition key",
			&kinesis.PutRecordInput{Data: []byte(mib), ExplicitHashKey: &beyond},
			"ValidationException: 1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null"},
		{"no stream",
			&kinesis.PutRecordInput{PartitionKey: aws.String("a"), Data: []byte(mib), ExplicitHashKey: &beyond},
			"InvalidArgumentException: Either StreamName or StreamARN must be provided."},
		{"stream missing",
			&kinesis.PutRecordInput{StreamName: aws.String("x"), PartitionKey: aws.String("a"), Data: []byte(mib), ExplicitHashKey: &beyond},
			"ResourceNotFoundException: Stream x under account 000000000000 not found."},
		{"stream missing, by ARN",
			&kinesis.PutRecordInput{StreamARN: aws.String(testARN + "2"), PartitionKey: aws.String("a"), Data: []byte(mib)},
			"ResourceNotFoundException: Stream orders2 under account 000000000000 not found."},
		{"stream creating",
			&kinesis.PutRecordInput{StreamName: aws.String("creating"), PartitionKey: aws.String("a"), Data: []byte(mib), ExplicitHashKey: &beyond},
			"ResourceNotFoundException: Stream creating under account 000000000000 not found."},
		{"hash key",
			&kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: []byte(mib), ExplicitHashKey: &beyond, SequenceNumberForOrdering: aws.String("9")},
			"InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was " + beyond},
		{"ordering",
			&kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: []byte(mib), SequenceNumberForOrdering: aws.String("1" + strings.Repeat("0", 50))},
			"InvalidArgumentException: ExclusiveMinimumSequenceNumber 1" + strings.Repeat("0", 50) + " used in PutRecord on stream orders under account 000000000000 is invalid."},
		{"size",
			&kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: []byte(mib), DryRun: aws.Bool(true)},
			"ValidationException: 1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		{"dry run",
			&kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: []byte(mib[1:]), DryRun: aws.Bool(true)},
			"DryRunOperationException: Request would have succeeded, but DryRun flag is set."},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := r.PutRecord(r.ctx, c.in)
			wantError(t, err, c.want)
		})
	}

	many := func(n int, e types.PutRecordsRequestEntry) []types.PutRecordsRequestEntry {
		entries := []types.PutRecordsRequestEntry{entry("a", "", "fine")}
		for range n {
			entries = append(entries, e)
		}
		return entries
	}
	null := func(i int) string {
		return fmt.Sprintf("Value null at 'records.%d.member.partitionKey' failed to satisfy constraint: Member must not be null", i)
	}
	for _, c := range []struct {
		what string
		in   *kinesis.PutRecordsInput
		want string
	}{
		{"no partition key",
			&kinesis.PutRecordsInput{Records: many(2, types.PutRecordsRequestEntry{Data: []byte("x")})},
			"ValidationException: 2 validation errors detected: " + null(2) + "; " + null(3)},
		{"no partition keys",
			&kinesis.PutRecordsInput{Records: many(12, types.PutRecordsRequestEntry{})},
			"ValidationException: 10 validation errors detected: " + null(2) + "; " + null(3) + "; " + null(4) + "; " + null(5) + "; " +
				null(6) + "; " + null(7) + "; " + null(8) + "; " + null(9) + "; " + null(10) + "; " + null(11)},
		{"stream missing",
			&kinesis.PutRecordsInput{StreamName: aws.String("x"), Records: many(1, entry("a", beyond, mib))},
			"ResourceNotFoundException: Stream x under account 000000000000 not found."},
		{"hash key after a large record",
			&kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: append(many(1, entry("a", "", mib)), entry("a", beyond, ""))},
			"InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was " + beyond},
		{"size",
			&kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: many(12, entry("a", "", mib))},
			"ValidationException: 1 validation error detected: Value at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		{"total size",
			&kinesis.PutRecordsInput{StreamName: &testRef.Name, DryRun: aws.Bool(true), Records: many(10, entry("a", "", mib[1:]))},
			"InvalidArgumentException: Records size exceeds 10 MB limit"},
		{"dry run",
			&kinesis.PutRecordsInput{StreamName: &testRef.Name, DryRun: aws.Bool(true), Records: many(10, entry("a", "", mib[10:]))},
			"DryRunOperationException: Request would have succeeded, but DryRun flag is set."},
	} {
		t.Run("records/"+c.what, func(t *testing.T) {
			_, err := r.PutRecords(r.ctx, c.in)
			wantError(t, err, c.want)
		})
	}
	if page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)); len(page.Records) != 0 {
		t.Errorf("%d records were stored", len(page.Records))
	}
}

// TestPutLargeRecords: the limit is the stream's, and applies to new records.
func TestPutLargeRecords(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.change(&catalog.SetMaxRecordSize{Ref: testRef, KiB: 10240})
	large := strings.Repeat("x", 10<<20-1)
	r.put("0", large)
	r.change(&catalog.SetMaxRecordSize{Ref: testRef, KiB: 1024})
	r.put("0", "small")
	page := r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon))
	if len(page.Records) != 1 || string(page.Records[0].Data) != large {
		t.Fatalf("%d records in the first page, want the large one alone", len(page.Records))
	}
	if page = r.get(*page.NextShardIterator); dataOf(page.Records) != "small" {
		t.Fatalf("then %s", dataOf(page.Records))
	}
}

func TestPutOrdering(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	low, high := "0", stream.MaxHashKey.String()
	first := *r.put(low, "1").SequenceNumber
	second := *r.put(low, "2").SequenceNumber
	other := *r.put(high, "3").SequenceNumber
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	create := x.Shards[0].CreateSeconds
	number := func(p stream.SequenceParts) string { return p.Number().String() }
	const now = 1700000000
	for _, c := range []struct {
		what, number, hashKey string
		ok                    bool
	}{
		{"the last one", second, low, true},
		{"an earlier one", first, low, true},
		{"of another shard", other, low, true},
		{"the shard's first", x.Shards[0].StartingSequenceNumber().String(), low, true},
		{"the next one", number(stream.SequenceParts{CreateSeconds: create, Seconds: now, Index: 9, Shard: 0}), low, false},
		{"the next one, elsewhere", number(stream.SequenceParts{CreateSeconds: create, Seconds: now, Index: 9, Shard: 0}), high, true},
		{"now", number(stream.SequenceParts{CreateSeconds: create, Seconds: now, Index: 1, Shard: 0}), low, true},
		{"from the future", number(stream.SequenceParts{CreateSeconds: create, Seconds: now + 1, Index: 1, Shard: 0}), low, false},
		{"of a shard of the future", number(stream.SequenceParts{CreateSeconds: now + 1, Seconds: now, Index: 1, Shard: 7}), low, false},
		{"an old layout", "49545115243490985018280067714973144582180062593244200961", low, true},
		{"an ancient layout", "0", low, true},
		{"no number", "9", low, true}, // the ancient layout again
		{"out of all layouts", "1" + strings.Repeat("0", 50), low, false},
	} {
		in := &kinesis.PutRecordInput{
			StreamName: &testRef.Name, PartitionKey: aws.String("a"), ExplicitHashKey: &c.hashKey,
			SequenceNumberForOrdering: &c.number, DryRun: aws.Bool(true),
		}
		want := "DryRunOperationException"
		if !c.ok {
			want = "InvalidArgumentException"
		}
		if _, err := r.PutRecord(r.ctx, in); codeOf(err) != want {
			t.Errorf("%s: %v, want %s", c.what, err, want)
		}
	}

	// Along a lineage made within one second the children's second is ahead of
	// the clock; their numbers are greater and may be given back at once.
	last := second
	for shard := stream.ShardID(0); shard < 8; shard += 2 {
		if shard == 0 {
			r.split(0, "4")
		} else {
			r.merge(shard, shard+1)
			r.split(shard+2, "4")
			shard++
		}
		out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{
			StreamName: &testRef.Name, PartitionKey: aws.String("a"), ExplicitHashKey: &low, SequenceNumberForOrdering: &last,
		})
		if err != nil {
			t.Fatalf("after %s: %v", last, err)
		}
		if got := *out.SequenceNumber; len(got) != len(last) || got <= last {
			t.Fatalf("%s is not above %s", got, last)
		}
		last = *out.SequenceNumber
	}
	if n, _ := stream.ParseSequenceNumber(last); n.Parts().CreateSeconds <= now {
		t.Fatalf("the test did not get ahead of the clock: %+v", n.Parts())
	}
}

// hookLog calls before each Append.
type hookLog struct {
	storage.Log
	before func()
}

func (l *hookLog) Append(ctx context.Context, b *storage.Batch) error {
	l.before()
	return l.Log.Append(ctx, b)
}

// TestPutReroutes closes the shard between the look at the catalog and the
// append.
func TestPutReroutes(t *testing.T) {
	hook := &hookLog{}
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { hook.Log = l; return hook }})
	appends := 0
	hook.before = func() {
		if appends++; appends == 1 {
			r.split(0, "1000")
		}
	}
	out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{
		entry("a", "1", "l"), entry("a", "2000", "r"), entry("a", "2", "L"),
	}})
	if err != nil || *out.FailedRecordCount != 0 {
		t.Fatal(out, err)
	}
	if appends != 2 {
		t.Errorf("%d appends", appends)
	}
	for i, want := range []string{"shardId-000000000001", "shardId-000000000002", "shardId-000000000001"} {
		if got := *out.Records[i].ShardId; got != want {
			t.Errorf("record %d went to %s, want %s", i, got, want)
		}
	}
	for shard, want := range map[string]string{"0": "", "1": "lL", "2": "r"} {
		if got := dataOf(r.get(r.iterator(shard, types.ShardIteratorTypeTrimHorizon)).Records); got != want {
			t.Errorf("shard %s holds %q, want %q", shard, got, want)
		}
	}
}

// TestPutIntoDeleted deletes the stream, and in one case creates it anew,
// between the look at the catalog and the append.
func TestPutIntoDeleted(t *testing.T) {
	for _, recreate := range []bool{false, true} {
		hook := &hookLog{}
		r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { hook.Log = l; return hook }})
		hook.before = func() {
			hook.before = func() {}
			r.change(&catalog.DeleteStream{Ref: testRef})
			if recreate {
				r.change(&catalog.CreateStream{Ref: testRef, Mode: types.StreamModeProvisioned, Shards: 1, MaxRecordKiB: 1024})
			}
		}
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: []byte("x")})
		if !recreate {
			wantError(t, err, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := dataOf(r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)).Records); got != "x" {
			t.Errorf("the new stream holds %q", got)
		}
	}
}

// TestPutGivesUp: a log that contradicts the catalog for good is an error, not
// an endless loop.
func TestPutGivesUp(t *testing.T) {
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { return closedLog{l} }})
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	_, err := r.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a")})
	if err == nil || !strings.Contains(err.Error(), "shards changed, but not the catalog") {
		t.Error(err)
	}
}

// closedLog takes no record.
type closedLog struct{ storage.Log }

func (closedLog) Append(context.Context, *storage.Batch) error { return storage.ErrClosed }

func TestPutFull(t *testing.T) {
	r := newRig(t, 1, rigOptions{maxBytes: 64 << 10})
	var logged bytes.Buffer
	r.logger = slog.New(slog.NewTextHandler(&logged, nil))
	in := &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{
		entry("a", "", strings.Repeat("x", 40<<10)), entry("a", "", strings.Repeat("x", 40<<10)),
	}}
	for range 3 {
		out, err := r.PutRecords(r.ctx, in)
		if err != nil || *out.FailedRecordCount != 2 {
			t.Fatal(out, err)
		}
		for _, e := range out.Records {
			if *e.ErrorCode != "InternalFailure" || *e.ErrorMessage != "Internal service failure." || e.ShardId != nil || e.SequenceNumber != nil {
				t.Errorf("%+v", e)
			}
		}
	}
	_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a"), Data: make([]byte, 70<<10)})
	wantError(t, err, "InternalFailureException: Internal service failure.")
	r.clock.Advance(fullLogEvery)
	if _, err := r.PutRecords(r.ctx, in); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(logged.String(), "storage is full"); n != 2 {
		t.Errorf("logged %d times, want once every 10 s:\n%s", n, &logged)
	}
	r.put("0", "room for a small one")
}

func TestPutThrottled(t *testing.T) {
	r := newRig(t, 2, rigOptions{limits: LimitsAWS})
	low, high := "0", stream.MaxHashKey.String()
	half := strings.Repeat("x", 1<<19)
	out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{
		entry("k", low, half), entry("k", high, "1"), entry("k", low, half), entry("k", low, "2"), entry("k", high, "3"),
	}})
	if err != nil || *out.FailedRecordCount != 2 {
		t.Fatal(out, err)
	}
	for i, failed := range []bool{false, false, true, true, false} {
		e := out.Records[i]
		if !failed {
			if e.ErrorCode != nil || e.ErrorMessage != nil || e.SequenceNumber == nil || e.ShardId == nil {
				t.Errorf("record %d: %+v", i, e)
			}
			continue
		}
		if aws.ToString(e.ErrorCode) != "ProvisionedThroughputExceededException" || e.SequenceNumber != nil || e.ShardId != nil ||
			aws.ToString(e.ErrorMessage) != "Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000." {
			t.Errorf("record %d: %+v", i, e)
		}
	}
	if got := dataOf(r.get(r.iterator("1", types.ShardIteratorTypeTrimHorizon)).Records); got != "13" {
		t.Errorf("shard 1 holds %s", got)
	}
	if got := len(r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)).Records); got != 1 {
		t.Errorf("shard 0 holds %d records", got)
	}

	in := &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"), ExplicitHashKey: &low, Data: []byte(half)}
	_, err = r.PutRecord(r.ctx, in)
	wantError(t, err, "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.")
	r.clock.Advance(time.Second)
	if _, err := r.PutRecord(r.ctx, in); err != nil {
		t.Error(err)
	}

	// The stream's tag overrules the server.
	r.change(&catalog.AddTags{Ref: testRef, Tags: map[string]string{catalog.LimitsTag: "off"}})
	for range 4 {
		if _, err := r.PutRecord(r.ctx, in); err != nil {
			t.Error(err)
		}
	}
}

// TestPutBatchIsReset: outcomes of an earlier use of the batch do not stay.
func TestPutBatchIsReset(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	b := &kinesisapi.PutBatch{StreamName: testRef.Name, Failed: 2, Records: []kinesisapi.PutRecord{
		{PartitionKey: []byte("a"), ErrorCode: "InternalFailure", ErrorMessage: "x"}, {PartitionKey: []byte("b")},
	}}
	if err := r.PutBatch(r.ctx, b); err != nil {
		t.Fatal(err)
	}
	if b.Failed != 0 || b.Records[0].ErrorCode != "" || b.Records[0].ErrorMessage != "" || b.Records[1].SequenceNumber.Parts().Index != 2 {
		t.Errorf("%+v", b)
	}
}

// TestPutElsewhere: names belong to an account and a region.
func TestPutElsewhere(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, caller := range []api.Caller{{Account: "111111111111", Region: testRef.Region}, {Account: testRef.Account, Region: "eu-west-1"}} {
		_, err := r.PutRecord(api.WithCaller(context.Background(), caller),
			&kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("a")})
		wantError(t, err, "ResourceNotFoundException: Stream orders under account "+caller.Account+" not found.")
	}
}
