package kinesis

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
	"github.com/leat-io/leat/stream"
)

var lineageReshards = flag.Int("lineage.reshards", 200, "splits, merges and scalings in TestLineage")

// stored is a record as its writer knows it.
type stored struct {
	shard  stream.ShardID
	number stream.SequenceNumber
	count  int // of its writer and key, from 1
}

// TestLineage has writers put while the stream is resharded all the time, and
// follows the shards as a consumer does, once meanwhile and once afterwards:
// parents to their ends, then the children that those ends name. Every
// acknowledged record is found once, in the shard and with the number that was
// acknowledged, in the order of its key, and with numbers that grow along the
// lineage.
func TestLineage(t *testing.T) {
	t.Run("memlog", func(t *testing.T) {
		r := newRig(t, 2, rigOptions{})
		x := testLineage(t, r, *lineageReshards)
		x.check(t, "later", follow(r, x.stopped))
	})
	t.Run("disklog", func(t *testing.T) {
		dir := t.TempDir()
		open := func(m testMachines, c clock.Clock) storage.Log {
			log, err := disklog.Open(dir, m, disklog.Options{Clock: c, SegmentBytes: 1 << 20, MemoryBytes: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			return log
		}
		r := newRig(t, 2, rigOptions{open: open})
		x := testLineage(t, r, *lineageReshards/4)
		x.check(t, "later", follow(r, x.stopped))
		if err := r.log.Close(); err != nil {
			t.Fatal(err)
		}
		x.check(t, "after a restart", follow(newRig(t, 0, rigOptions{open: open}), x.stopped))
	})
}

// lineage is what a run of writers and reshards left behind.
type lineage struct {
	written []map[string][]stored // by writer and partition key
	shards  int
	stopped chan struct{} // closed
}

// testLineage writes, reshards and follows.
func testLineage(t *testing.T, r *rig, reshards int) *lineage {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)

	const writers, keys = 4, 16
	written := make([]map[string][]stored, writers)
	stop := make(chan struct{})
	batches := make([]atomic.Int64, writers)
	var wg sync.WaitGroup
	for w := range writers {
		written[w] = make(map[string][]stored)
		wg.Go(func() { writeUntil(t, r, stop, w, keys, written[w], batches) })
	}
	stopped := make(chan struct{})
	var live *follower
	var readers sync.WaitGroup
	readers.Go(func() { live = follow(r, stopped) })
	reshardOften(t, r, rand.New(rand.NewPCG(seed, 1)), reshards, batches)
	close(stop)
	wg.Wait()
	close(stopped)
	readers.Wait()

	x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
	l := &lineage{written, len(x.Shards), stopped}
	l.check(t, "meanwhile", live)
	return l
}

// check compares what was read with what was acknowledged.
func (l *lineage) check(t *testing.T, who string, f *follower) {
	t.Helper()
	if len(f.begun) != l.shards {
		t.Errorf("%s: %d of %d shards were reached", who, len(f.begun), l.shards)
	}
	total := 0
	for _, byKey := range l.written {
		for key, want := range byKey {
			total += len(want)
			if got := f.read[key]; !slices.Equal(got, want) {
				t.Errorf("%s: key %s: %d records read, %d acknowledged, or not the same ones", who, key, len(got), len(want))
			}
			delete(f.read, key)
		}
	}
	for key := range f.read {
		t.Errorf("%s: key %s was never written", who, key)
	}
	if t.Logf("%s: %d records in %d shards", who, total, l.shards); total < 1000 {
		t.Error("the writers hardly wrote")
	}
}

// writeUntil puts batches of records with the writer's own keys and notes what
// is acknowledged, and how many batches were. It lets the others catch up when it
// is far ahead.
func writeUntil(t *testing.T, r *rig, stop <-chan struct{}, writer, keys int, written map[string][]stored, batches []atomic.Int64) {
	const lead = 8
	for count := 0; ; {
		select {
		case <-stop:
			return
		default:
		}
		if slices.ContainsFunc(counts(batches), func(n int64) bool { return batches[writer].Load() > n+lead }) {
			runtime.Gosched()
			continue
		}
		in := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
		for i := range 3 * keys {
			key := fmt.Sprintf("%d/%d", writer, i%keys)
			if i%keys == 0 {
				count++
			}
			in.Records = append(in.Records, entry(key, "", fmt.Sprint(count)))
		}
		out, err := r.PutRecords(r.ctx, in)
		if err != nil || *out.FailedRecordCount != 0 {
			t.Errorf("put: %+v, %v", out, err)
			return
		}
		for i, e := range out.Records {
			key := *in.Records[i].PartitionKey
			number, err := stream.ParseSequenceNumber(*e.SequenceNumber)
			if err != nil {
				t.Error(err)
			}
			id, _ := stream.ParseShardID(*e.ShardId)
			written[key] = append(written[key], stored{id, number, len(written[key]) + 1})
		}
		batches[writer].Add(1)
	}
}

// counts returns how many batches each writer has put.
func counts(batches []atomic.Int64) []int64 {
	counts := make([]int64, len(batches))
	for w := range batches {
		counts[w] = batches[w].Load()
	}
	return counts
}

// maxBurst is how often the stream may be resharded while one batch is put, which
// is routed anew each time and gives up after maxRoutes.
const maxBurst = maxRoutes / 2

// reshardOften splits, merges and scales at random, the clock moving now and
// then so that some changes share a second and others do not. It waits for the
// writers, none of whom may have put nothing since maxBurst changes ago.
func reshardOften(t *testing.T, r *rig, rnd *rand.Rand, times int, batches []atomic.Int64) {
	var before [maxBurst][]int64 // the batches of each writer before the last changes
	for change := range times {
		for w, then := range before[change%maxBurst] {
			for batches[w].Load() == then && !t.Failed() {
				runtime.Gosched()
			}
		}
		before[change%maxBurst] = counts(batches)
		if rnd.IntN(3) == 0 {
			r.clock.Advance(time.Duration(rnd.IntN(1500)) * time.Millisecond)
		}
		x, _ := r.catalog.Stream(testRef.Account, testRef.Region, testRef.Name)
		open := x.Open()
		i := rnd.IntN(len(open))
		var cmd catalog.Command
		switch {
		case rnd.IntN(20) == 0:
			cmd = &catalog.UpdateShardCount{Ref: testRef, Target: int32(1 + rnd.IntN(8))}
		case len(open) < 2 || len(open) < 8 && rnd.IntN(2) == 0:
			span := open[i].Range.End.Hi - open[i].Range.Start.Hi
			middle := stream.HashKey{Hi: open[i].Range.Start.Hi + span/2, Lo: 17}
			cmd = &catalog.SplitShard{Ref: testRef, Shard: open[i].ID(), NewStartingHashKey: middle.String()}
		default:
			i = min(i, len(open)-2)
			cmd = &catalog.MergeShards{Ref: testRef, Shard: open[i].ID(), Adjacent: open[i+1].ID()}
		}
		if _, err := r.propose(r.ctx, testRef, cmd); err != nil {
			if e, ok := err.(*api.Error); ok && strings.Contains(e.Message, "NewStartingHashKey") {
				continue // the shard is too narrow by now
			}
			t.Fatalf("%T: %v", cmd, err)
		}
	}
}

// follower reads a stream as a consumer does.
type follower struct {
	*rig
	iterators map[string]string // by shard, of those that are being read
	begun     map[string]bool
	ended     map[string]bool
	read      map[string][]stored // by partition key, in the order of reading
}

// follow reads the stream from its first two shards on, children after all
// their parents, until the writing has stopped and nothing is left.
func follow(r *rig, stopped <-chan struct{}) *follower {
	f := &follower{r, map[string]string{}, map[string]bool{}, map[string]bool{}, map[string][]stored{}}
	for i := range stream.ShardID(2) {
		f.begin(types.ChildShard{ShardId: aws.String(i.String())})
	}
	for last := false; ; {
		select {
		case <-stopped:
			last = true
		default:
		}
		if news := f.round(); last && !news {
			return f
		}
	}
}

// begin starts to read a shard whose parents have all been read to the end. If
// one has not, its end will name the shard again.
func (f *follower) begin(shard types.ChildShard) {
	id := *shard.ShardId
	for _, p := range shard.ParentShards {
		if !f.ended[p] {
			return
		}
	}
	if f.begun[id] {
		f.t.Errorf("%s is named as a child once more than it has parents", id)
		return
	}
	f.begun[id] = true
	out, err := f.GetShardIterator(f.ctx, &kinesis.GetShardIteratorInput{
		StreamName: &testRef.Name, ShardId: &id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err != nil {
		f.t.Error(err)
		return
	}
	f.iterators[id] = *out.ShardIterator
}

// round reads one page of each shard, and reports whether there was anything.
func (f *follower) round() (news bool) {
	for shard, iterator := range maps.Clone(f.iterators) {
		out, err := f.GetRecords(f.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator, Limit: aws.Int32(1000)})
		if err != nil {
			f.t.Errorf("%s: %v", shard, err)
			delete(f.iterators, shard)
			continue
		}
		for _, rec := range out.Records {
			news = true
			f.note(shard, &rec)
		}
		if out.NextShardIterator != nil {
			f.iterators[shard] = *out.NextShardIterator
			continue
		}
		news = true
		f.ended[shard] = true
		delete(f.iterators, shard)
		if len(out.ChildShards) == 0 {
			f.t.Errorf("%s ends without children", shard)
		}
		for _, child := range out.ChildShards {
			f.begin(child)
		}
	}
	return news
}

// note remembers a record that was read from the shard.
func (f *follower) note(shard string, rec *types.Record) {
	id, _ := stream.ParseShardID(shard)
	number, err := stream.ParseSequenceNumber(*rec.SequenceNumber)
	if err != nil || number.Parts().Shard != id {
		f.t.Errorf("%s read from %s: %v", *rec.SequenceNumber, shard, err)
	}
	key := *rec.PartitionKey
	before := f.read[key]
	if len(before) > 0 && before[len(before)-1].number.Compare(number) >= 0 {
		f.t.Errorf("key %s: %s after %s", key, number, before[len(before)-1].number)
	}
	count, _ := strconv.Atoi(string(rec.Data))
	f.read[key] = append(before, stored{id, number, count})
}
