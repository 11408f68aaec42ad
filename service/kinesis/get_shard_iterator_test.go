package kinesis

import (
	"context"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// TestIteratorTypes: four records, at 0, 1, 1 and 3 s, and where each type of
// iterator begins to read them.
func TestIteratorTypes(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	start := r.clock.Now()
	numbers := make([]string, 4)
	for i, wait := range []time.Duration{0, time.Second, 0, 2 * time.Second} {
		r.clock.Advance(wait)
		numbers[i] = *r.put("0", string(rune('0'+i))).SequenceNumber
	}
	last, _ := stream.ParseSequenceNumber(numbers[3])
	beyond := last.Parts()
	beyond.Index = 6
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	first := x.Shards[0].StartingSequenceNumber().String()

	const at, after, time_ = types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeAfterSequenceNumber, types.ShardIteratorTypeAtTimestamp
	for _, c := range []struct {
		kind   types.ShardIteratorType
		number string
		after  time.Duration // since the first record
		want   string        // of the page, after "4" and "5" are put
	}{
		{types.ShardIteratorTypeTrimHorizon, "", 0, "012345"},
		{types.ShardIteratorTypeLatest, "", 0, "45"},
		{at, numbers[0], 0, "012345"},
		{at, numbers[2], 0, "2345"},
		{after, numbers[0], 0, "12345"},
		{after, numbers[3], 0, "45"},
		{at, first, 0, "012345"},
		{after, first, 0, "012345"},
		{at, beyond.Number().String(), 0, "5"},
		{after, beyond.Number().String(), 0, ""},
		{time_, "", -time.Hour, "012345"},
		{time_, "", 0, "012345"},
		{time_, "", time.Millisecond, "12345"},
		{time_, "", time.Second, "12345"},
		{time_, "", 1001 * time.Millisecond, "345"},
		{time_, "", 3 * time.Second, "345"},
	} {
		in := &kinesis.GetShardIteratorInput{ShardId: aws.String("0"), ShardIteratorType: c.kind}
		if c.number != "" {
			in.StartingSequenceNumber = &c.number
		} else {
			in.Timestamp = aws.Time(start.Add(c.after)) // ignored by the others
		}
		iterator := r.iteratorFor(in)
		defer func() {
			if got := dataOf(r.get(iterator).Records); got != c.want {
				t.Errorf("%s %s %s: %q, want %q", c.kind, c.number, c.after, got, c.want)
			}
		}()
	}
	r.put("0", "4")
	r.put("0", "5")
}

// TestIteratorOfIndexAhead: a position that no record has yet stays where it
// is while the shard grows towards it, and at the shard's end is past it.
func TestIteratorOfIndexAhead(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	number := stream.SequenceParts{CreateSeconds: x.Shards[0].CreateSeconds, Index: 3}.Number().String()
	iterator := r.iteratorFor(&kinesis.GetShardIteratorInput{
		ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &number})
	for _, c := range []struct{ put, want string }{{"1", ""}, {"2", ""}, {"3", "3"}, {"4", "4"}} {
		r.put("0", c.put)
		page := r.get(iterator)
		if got := dataOf(page.Records); got != c.want {
			t.Errorf("after %s was put: %q, want %q", c.put, got, c.want)
		}
		iterator = *page.NextShardIterator
	}
}

func TestIteratorOfClosedShard(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	number := *r.put("0", "x").SequenceNumber
	r.split(0, "1000")
	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	end := x.Shards[0].EndingSequenceNumber().String()
	for _, in := range []*kinesis.GetShardIteratorInput{
		{ShardIteratorType: types.ShardIteratorTypeLatest},
		{ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &number},
		{ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &end},
		{ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &end},
	} {
		in.ShardId = aws.String("0")
		page := r.get(r.iteratorFor(in))
		if len(page.Records) != 0 || page.NextShardIterator != nil || len(page.ChildShards) != 2 {
			t.Errorf("%s: %+v", in.ShardIteratorType, page)
		}
	}
	if got := dataOf(r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)).Records); got != "x" {
		t.Errorf("from the horizon: %q", got)
	}
}

func TestIteratorErrors(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	r.clock.Advance(time.Second)
	creating := catalog.CreateStream{Ref: testRef, Mode: types.StreamModeProvisioned, Shards: 1, MaxRecordKiB: 1024}
	creating.Name = "creating"
	r.stateDelay = time.Minute
	r.change(&creating)

	const create = 1700000000 - 2
	number := func(p stream.SequenceParts) *string { return aws.String(p.Number().String()) }
	ours := number(stream.SequenceParts{CreateSeconds: create, Index: 1})
	foreign := number(stream.SequenceParts{CreateSeconds: create - 1, Index: 1})
	// The version is in the lowest four bits.
	one, _ := new(big.Int).SetString(*ours, 10)
	version1 := one.Sub(one, big.NewInt(1)).String()
	const either = "InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified "
	const at, latest, atTime = types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeLatest, types.ShardIteratorTypeAtTimestamp
	orders := &testRef.Name
	for _, c := range []struct {
		what string
		in   kinesis.GetShardIteratorInput
		want string
	}{
		{"no stream", kinesis.GetShardIteratorInput{ShardId: aws.String("x")},
			"InvalidArgumentException: Either StreamName or StreamARN must be provided."},
		{"no shard id", kinesis.GetShardIteratorInput{StreamName: aws.String("x"), ShardId: aws.String("shardId-x")},
			"ResourceNotFoundException: Could not find shard shardId-x in stream x under account 000000000000."},
		{"stream missing", kinesis.GetShardIteratorInput{StreamName: aws.String("x"), ShardId: aws.String("0"), StartingSequenceNumber: ours, ShardIteratorType: latest},
			"ResourceNotFoundException: Shard shardId-000000000000 in stream x under account 000000000000 does not exist"},
		{"stream creating", kinesis.GetShardIteratorInput{StreamName: aws.String("creating"), ShardId: aws.String("0"), ShardIteratorType: latest},
			"ResourceNotFoundException: Shard shardId-000000000000 in stream creating under account 000000000000 does not exist"},
		{"shard missing", kinesis.GetShardIteratorInput{StreamARN: aws.String(testARN), ShardId: aws.String("foo-2"), StartingSequenceNumber: ours, ShardIteratorType: latest},
			"ResourceNotFoundException: Shard shardId-000000000002 in stream orders under account 000000000000 does not exist"},
		{"number with LATEST", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: ours, ShardIteratorType: latest},
			either + "LATEST and also a StartingSequenceNumber."},
		{"number with TRIM_HORIZON", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: aws.String("9"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon},
			either + "TRIM_HORIZON and also a StartingSequenceNumber."},
		{"number with AT_TIMESTAMP", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: ours, ShardIteratorType: atTime},
			either + "AT_TIMESTAMP and also a StartingSequenceNumber."},
		{"no number", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), ShardIteratorType: at},
			either + "AT_SEQUENCE_NUMBER and no StartingSequenceNumber."},
		{"no number after", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber},
			either + "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber."},
		{"number out of all layouts", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: aws.String("100000000000000000000000000000000000000000000000000"), ShardIteratorType: at},
			"InvalidArgumentException: StartingSequenceNumber 100000000000000000000000000000000000000000000000000 used in GetShardIterator on shard shardId-000000000000 in stream orders under account 000000000000 is invalid."},
		{"number of another shard", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("1"), StartingSequenceNumber: ours, ShardIteratorType: at},
			"InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call to a shard with shardId-000000000001"},
		{"number of a negative shard", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("1"), StartingSequenceNumber: number(stream.SequenceParts{CreateSeconds: create, Shard: -2147483648}), ShardIteratorType: at},
			"InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId--02147483648, while it was used in a call to a shard with shardId-000000000001"},
		{"number of another stream", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: foreign, ShardIteratorType: at},
			"InvalidArgumentException: StartingSequenceNumber " + *foreign + " used in GetShardIterator on shard shardId-000000000000 in stream orders under account 000000000000 is invalid because it did not come from this stream."},
		{"number of an old layout", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: aws.String("0"), ShardIteratorType: at},
			"InvalidArgumentException: StartingSequenceNumber 0 used in GetShardIterator on shard shardId-000000000000 in stream orders under account 000000000000 is invalid because it did not come from this stream."},
		{"number of an old layout, otherwise ours", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), StartingSequenceNumber: &version1, ShardIteratorType: at},
			"InvalidArgumentException: StartingSequenceNumber " + version1 + " used in GetShardIterator on shard shardId-000000000000 in stream orders under account 000000000000 is invalid because it did not come from this stream."},
		{"no timestamp", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), ShardIteratorType: atTime},
			"InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter."},
		{"timestamp ahead", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), ShardIteratorType: atTime, Timestamp: aws.Time(time.UnixMilli(1700000001501)), DryRun: aws.Bool(true)},
			"InvalidArgumentException: The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 1700000001501, currentTimestampInMillis: 1700000001500"},
		{"dry run", kinesis.GetShardIteratorInput{StreamName: orders, ShardId: aws.String("0"), ShardIteratorType: atTime, Timestamp: aws.Time(time.UnixMilli(1700000001500)), DryRun: aws.Bool(true)},
			"DryRunOperationException: Request would have succeeded, but DryRun flag is set."},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := r.GetShardIterator(r.ctx, &c.in)
			wantError(t, err, c.want)
		})
	}
}

func TestIteratorOfExpiredShard(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.clock.Advance(time.Second) // shards never change at the instant of the creation
	r.split(0, "1000")
	latest := types.ShardIteratorTypeLatest
	in := &kinesis.GetShardIteratorInput{StreamName: &testRef.Name, ShardId: aws.String("0"), ShardIteratorType: latest}
	r.clock.Advance(24 * time.Hour)
	iterator := r.iterator("0", latest)
	r.clock.Advance(time.Millisecond)
	const want = "ResourceNotFoundException: Shard shardId-000000000000 in stream orders under account 000000000000 does not exist"
	_, err := r.GetShardIterator(r.ctx, in)
	wantError(t, err, want)
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, want)
	r.iterator("1", latest)
}

func TestIteratorThrottled(t *testing.T) {
	r := newRig(t, 2, rigOptions{limits: LimitsAWS})
	in := &kinesis.GetShardIteratorInput{StreamName: &testRef.Name, ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest}
	for range 5 {
		if _, err := r.GetShardIterator(r.ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.GetShardIterator(r.ctx, in)
	wantError(t, err, "ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.")
	r.iterator("1", types.ShardIteratorTypeLatest)
	r.clock.Advance(200 * time.Millisecond)
	if _, err := r.GetShardIterator(r.ctx, in); err != nil {
		t.Error(err)
	}
}

// goneLog has lost its shard logs, as one has whose stream is deleted a moment
// after the catalog was asked.
type goneLog struct{ storage.Log }

func (goneLog) Bounds(storage.ShardKey) (storage.Bounds, error) {
	return storage.Bounds{}, storage.ErrNotFound
}
func (goneLog) OffsetAt(context.Context, storage.ShardKey, int64) (storage.Offset, error) {
	return 0, storage.ErrNotFound
}
func (goneLog) Read(context.Context, storage.ReadRequest, *storage.ReadResult) error {
	return storage.ErrNotFound
}

func TestShardDeletedMeanwhile(t *testing.T) {
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { return goneLog{l} }})
	const want = "ResourceNotFoundException: Shard shardId-000000000000 in stream orders under account 000000000000 does not exist"
	for _, kind := range []types.ShardIteratorType{types.ShardIteratorTypeLatest, types.ShardIteratorTypeAtTimestamp} {
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{
			StreamName: &testRef.Name, ShardId: aws.String("0"), ShardIteratorType: kind, Timestamp: aws.Time(r.clock.Now())})
		wantError(t, err, want)
	}
	iterator := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	wantError(t, err, want)
}
