package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// fakeStream is a stream whose lineage a test lays down by hand. An iterator is
// the shard's id and the index of the next record.
type fakeStream struct {
	roots  []string
	shards map[string]*fakeShard
	// fail, when it is not nil, may refuse a call by its name and shard.
	fail func(call, shard string) error
}

type fakeShard struct {
	parents  []string
	children []string
	closed   bool
	records  []string
}

func (f *fakeStream) refuse(call, shard string) error {
	if f.fail == nil {
		return nil
	}
	return f.fail(call, shard)
}

func (f *fakeStream) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	if err := f.refuse("ListShards", ""); err != nil {
		return nil, err
	}
	ids := f.roots
	if in.ShardFilter == nil && in.NextToken == nil {
		ids = nil
		for id := range f.shards {
			ids = append(ids, id)
		}
	}
	out := &kinesis.ListShardsOutput{}
	if in.NextToken != nil {
		ids = ids[1:]
	} else if in.ShardFilter != nil && len(ids) > 1 { // two pages
		ids, out.NextToken = ids[:1], aws.String("more")
	}
	for _, id := range ids {
		s := types.Shard{ShardId: aws.String(id)}
		for i, p := range f.shards[id].parents {
			*[]**string{&s.ParentShardId, &s.AdjacentParentShardId}[i] = aws.String(p)
		}
		out.Shards = append(out.Shards, s)
	}
	return out, nil
}

func (f *fakeStream) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	if err := f.refuse("GetShardIterator", *in.ShardId); err != nil {
		return nil, err
	}
	at := 0
	if in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber {
		fmt.Sscan(*in.StartingSequenceNumber, &at)
		at++
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprint(*in.ShardId, " ", at))}, nil
}

func (f *fakeStream) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	var id string
	var at int
	fmt.Sscan(*in.ShardIterator, &id, &at)
	if err := f.refuse("GetRecords", id); err != nil {
		return nil, err
	}
	s := f.shards[id]
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0)}
	if at < len(s.records) { // one record a page
		out.Records = []types.Record{{Data: []byte(s.records[at]), SequenceNumber: aws.String(fmt.Sprint(at)), PartitionKey: aws.String("k")}}
		at++
	}
	if at == len(s.records) && s.closed {
		for _, c := range s.children {
			out.ChildShards = append(out.ChildShards, types.ChildShard{ShardId: aws.String(c), ParentShards: f.shards[c].parents})
		}
		return out, nil
	}
	out.NextShardIterator = aws.String(fmt.Sprint(id, " ", at))
	return out, nil
}

// lineage is: a and b are merged into c, c is split into d and e.
func lineage() *fakeStream {
	return &fakeStream{roots: []string{"a", "b"}, shards: map[string]*fakeShard{
		"a": {closed: true, children: []string{"c"}, records: []string{"a1", "a2"}},
		"b": {closed: true, children: []string{"c"}, records: []string{"b1", "b2", "b3", "b4"}},
		"c": {closed: true, parents: []string{"a", "b"}, children: []string{"d", "e"}, records: []string{"c1"}},
		"d": {parents: []string{"c"}, records: []string{"d1"}},
		"e": {parents: []string{"c"}},
	}}
}

func tailOf(f *fakeStream, out io.Writer, words io.Writer) *tailer {
	start, _ := parseFrom("trim-horizon")
	return &tailer{api: f, stream: "s", from: start, noFollow: true, out: newPrinter(out, false, 0), words: words}
}

// checkOrder fails unless each shard's records are printed once and in order,
// and those of children after those of all parents.
func checkOrder(t *testing.T, out string) {
	t.Helper()
	got := strings.Fields(out)
	sorted := slices.Sorted(slices.Values(got))
	if want := strings.Fields("a1 a2 b1 b2 b3 b4 c1 d1"); !slices.Equal(sorted, want) {
		t.Fatalf("printed %q", got)
	}
	for _, order := range []string{"a1 a2 c1 d1", "b1 b2 b3 b4 c1"} {
		at := -1
		for _, r := range strings.Fields(order) {
			i := slices.Index(got, r)
			if i < at {
				t.Errorf("%s too early in %q", r, got)
			}
			at = i
		}
	}
}

func TestTailLineage(t *testing.T) {
	var out strings.Builder
	if err := tailOf(lineage(), &out, io.Discard).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkOrder(t, out.String())
}

// TestTailGoesOn interrupts a tail by a server that does not answer, throttles
// and forgets iterators.
func TestTailGoesOn(t *testing.T) {
	f := lineage()
	errs := map[int]error{
		5:  &smithyhttp.RequestSendError{Err: syscall.ECONNREFUSED},
		7:  &types.ProvisionedThroughputExceededException{},
		9:  &types.ExpiredIteratorException{},
		11: &types.InternalFailureException{},
	}
	calls := make(chan int, 1)
	calls <- 0
	f.fail = func(call, _ string) error {
		if call != "GetRecords" {
			return nil
		}
		n := <-calls + 1
		calls <- n
		return errs[n]
	}
	var out, words strings.Builder
	if err := tailOf(f, &out, &words).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkOrder(t, out.String())
	want := "leat: no answer from the server (connection refused), trying again\n" +
		"leat: the server answers again\n" +
		"leat: the server fails (InternalFailureException: ), trying again\n" +
		"leat: the server answers again\n"
	if got := words.String(); got != want {
		t.Errorf("said\n%swant\n%s", got, want)
	}
}

// TestTailExpiredShard lets a shard vanish while it is read.
func TestTailExpiredShard(t *testing.T) {
	f := lineage()
	f.fail = func(call, shard string) error {
		if call == "GetRecords" && shard == "a" {
			return &types.ResourceNotFoundException{}
		}
		return nil
	}
	var out strings.Builder
	tail := tailOf(f, &out, io.Discard)
	if err := tail.run(t.Context()); err == nil {
		t.Fatal("a shard that is listed cannot be gone")
	}
	out.Reset()
	a := f.shards["a"]
	f.fail = func(call, shard string) error {
		if call == "GetRecords" && shard == "a" {
			delete(f.shards, "a")
			return &types.ResourceNotFoundException{}
		}
		return nil
	}
	f.roots = []string{"a"} // one call at a time, so that the map may change
	f.shards = map[string]*fakeShard{"a": a, "c": {parents: []string{"a"}, records: []string{"c1"}}}
	if err := tailOf(f, &out, io.Discard).run(t.Context()); err != nil || out.String() != "c1\n" {
		t.Errorf("%q %v", out.String(), err)
	}
}

// TestTailLeavesOut has the server fail for one shard for ever. A tail that is
// to end prints all others, its children among them, says so and fails; one
// that follows goes on trying.
func TestTailLeavesOut(t *testing.T) {
	failing := func(call, shard string) error {
		if call == "GetRecords" && shard == "a" {
			return &types.InternalFailureException{Message: aws.String("Internal service failure.")}
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		f := lineage()
		f.fail = failing
		var out, words strings.Builder
		err := tailOf(f, &out, &words).run(t.Context())
		if exitCode(err) != exitFailed || err.Error() != "a was not read to its end" {
			t.Errorf("ended with %v", err)
		}
		if got := out.String(); got != "b1\nb2\nb3\nb4\nc1\nd1\n" {
			t.Errorf("printed %q", got)
		}
		want := "leat: the server fails (InternalFailureException: Internal service failure.), trying again\n" +
			"leat: a is not read any further: the server has failed 8 times (InternalFailureException: Internal service failure.)\n"
		if got := words.String(); got != want {
			t.Errorf("said\n%swant\n%s", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := lineage()
		f.fail = failing
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tail := tailOf(f, io.Discard, io.Discard)
		tail.noFollow = false
		if err := tail.run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a tail that follows ended with %v", err)
		}
	})
}

func TestTailUnreachableAtFirst(t *testing.T) {
	f := lineage()
	f.fail = func(string, string) error { return &smithyhttp.RequestSendError{Err: syscall.ECONNREFUSED} }
	if err := tailOf(f, io.Discard, io.Discard).run(t.Context()); exitCode(err) != exitUnreachable {
		t.Error(err)
	}
}

func TestTailFollows(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tail := tailOf(lineage(), io.Discard, io.Discard)
	var out lockedBuffer
	tail.out, tail.noFollow = newPrinter(&out, false, 0), false
	done := make(chan error, 1)
	go func() { done <- tail.run(ctx) }()
	patience := time.After(time.Minute)
	for !strings.Contains(out.String(), "d1\n") {
		select {
		case err := <-done:
			t.Fatal(err)
		case <-patience:
			t.Fatalf("waited in vain for d1 after %q", out.String())
		case <-time.After(time.Millisecond):
		}
	}
	select {
	case err := <-done:
		t.Fatalf("ended: %v", err)
	default:
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPrinter(t *testing.T) {
	at := time.UnixMilli(1136214245678)
	records := []types.Record{
		{Data: []byte("a<b"), PartitionKey: aws.String("k"), SequenceNumber: aws.String("7"), ApproximateArrivalTimestamp: &at},
		{Data: []byte{0xff}, PartitionKey: aws.String("k"), SequenceNumber: aws.String("8"), ApproximateArrivalTimestamp: &at},
		{Data: []byte{}, PartitionKey: aws.String("k"), SequenceNumber: aws.String("9")},
	}
	for _, c := range []struct {
		json  bool
		limit int
		want  string
		err   error
	}{
		{false, 0, "a<b\n\xff\n\n", nil},
		{false, 2, "a<b\n\xff\n", errLimit},
		{true, 0, `{"shard_id":"s","sequence_number":"7","partition_key":"k","arrival":"2006-01-02T15:04:05.678Z","data":"a<b"}` + "\n" +
			`{"shard_id":"s","sequence_number":"8","partition_key":"k","arrival":"2006-01-02T15:04:05.678Z","data_base64":"/w=="}` + "\n" +
			`{"shard_id":"s","sequence_number":"9","partition_key":"k","data":""}` + "\n", nil},
	} {
		var out strings.Builder
		if err := newPrinter(&out, c.json, c.limit).print("s", records); err != c.err || out.String() != c.want {
			t.Errorf("%v %d: %q %v", c.json, c.limit, out.String(), err)
		}
	}
}

func TestParseFrom(t *testing.T) {
	const sequence = "49590338271490256608559692538361571095921575989136588898"
	for value, want := range map[string]types.ShardIteratorType{
		"trim-horizon": types.ShardIteratorTypeTrimHorizon, "latest": types.ShardIteratorTypeLatest,
		"2006-01-02T15:04:05Z": types.ShardIteratorTypeAtTimestamp, "1136214245": types.ShardIteratorTypeAtTimestamp,
		"15m": types.ShardIteratorTypeAtTimestamp, sequence: types.ShardIteratorTypeAtSequenceNumber,
	} {
		got, err := parseFrom(value)
		if err != nil || got.iterator != want {
			t.Errorf("%s: %v %v", value, got, err)
		}
	}
	f, err := parseFrom(sequence)
	if err != nil {
		t.Fatal(err)
	}
	if p := f.in(f.shard.String()); p.iterator != types.ShardIteratorTypeAtSequenceNumber || p.sequence != sequence {
		t.Errorf("own shard: %+v", p)
	}
	if p := f.in("shardId-000000000099"); p.iterator != types.ShardIteratorTypeAtTimestamp || !p.time.Equal(f.time) {
		t.Errorf("other shard: %+v", p)
	}
	for _, value := range []string{"", "now", "-5m", "1e99", "NaN", "-1"} {
		if _, err := parseFrom(value); err == nil {
			t.Errorf("%q was taken", value)
		}
	}
}
