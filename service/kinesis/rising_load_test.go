package kinesis

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/stream"
)

// TestOnDemandUnderRisingLoad doubles an on-demand stream twice by what is put
// into it. Four readers, each following the lineage on its own, meanwhile get
// every record exactly once, those of a key in the order in which they were put.
func TestOnDemandUnderRisingLoad(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	r.start()
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &testRef.Name})
	ok(t, err)
	ctx, cancel := context.WithTimeout(r.ctx, 5*patience)
	defer cancel()

	reading, readCtx := errgroup.WithContext(ctx)
	readers := make([]*lineageReader, 4)
	for i := range readers {
		readers[i] = newLineageReader(r.Service)
		reading.Go(func() error { return readers[i].run(readCtx) })
	}
	wake := func() {
		for _, reader := range readers {
			select {
			case reader.more <- struct{}{}:
			default:
			}
		}
	}

	// Somebody puts a little all the time, also while shards are split.
	var calm atomic.Bool
	trickle := &keyedWriter{service: r.Service, name: "trickle"}
	var trickling errgroup.Group
	trickling.Go(func() error {
		for !calm.Load() {
			if err := trickle.put(ctx, 10); err != nil {
				return err
			}
			wake()
		}
		return nil
	})

	bulk := &keyedWriter{service: r.Service, name: "bulk"}
	for _, step := range []struct{ perSecond, shards int }{
		{4 * hotRecords, 8},
		{8 * hotRecords, 16},
	} {
		for range step.perSecond * int(loadInterval.Seconds()) / 500 {
			ok(t, bulk.put(ctx, 500))
			wake()
		}
		ok(t, bulk.put(ctx, 500)) // and a bit more than that
		r.awaitAlarms(keepers)
		r.clock.Advance(loadInterval)
		r.await(fmt.Sprint(step.shards, " open shards"), func() bool { return len(r.orders().Open()) == step.shards })
	}
	calm.Store(true)
	ok(t, trickling.Wait())
	for _, reader := range readers {
		close(reader.more)
	}
	ok(t, reading.Wait())
	for i, reader := range readers {
		if want := bulk.puts + trickle.puts; reader.records != want {
			t.Errorf("reader %d got %d records of %d", i, reader.records, want)
		}
		if len(reader.ended) != 4+8 || len(reader.iterators) != 16 {
			t.Errorf("reader %d has read %d shards to the end and reads %d, want 12 and 16",
				i, len(reader.ended), len(reader.iterators))
		}
	}
}

// keyedWriter puts records of some keys, each with its number among those of
// its key.
type keyedWriter struct {
	service *Service
	name    string
	puts    int
}

const writerKeys = 100

func (w *keyedWriter) put(ctx context.Context, n int) error {
	in := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
	for range n {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{
			PartitionKey: aws.String(fmt.Sprint(w.name, w.puts%writerKeys)),
			Data:         []byte(strconv.Itoa(w.puts / writerKeys)),
		})
		w.puts++
	}
	out, err := w.service.PutRecords(ctx, in)
	if err == nil && *out.FailedRecordCount != 0 {
		err = fmt.Errorf("%d records of %s were refused", *out.FailedRecordCount, w.name)
	}
	return err
}

// lineageReader reads a stream from its first four shards on, parents before
// children, as the KCL does.
type lineageReader struct {
	service *Service
	// more is told when there is more to read, and closed when there will be
	// no more.
	more chan struct{}

	iterators map[string]*string // of the shards that are being read
	ended     map[string]bool
	next      map[string]int // the number of the next record, by key
	records   int
}

func newLineageReader(s *Service) *lineageReader {
	return &lineageReader{
		service: s, more: make(chan struct{}, 1),
		iterators: make(map[string]*string), ended: make(map[string]bool), next: make(map[string]int),
	}
}

// run reads until a whole round finds nothing although more is closed.
func (r *lineageReader) run(ctx context.Context) error {
	for i := range 4 {
		if err := r.begin(ctx, stream.ShardID(i).String()); err != nil {
			return err
		}
	}
	for last := false; ; {
		found, err := r.round(ctx)
		if err != nil || last && !found {
			return err
		}
		if found {
			continue
		}
		select {
		case _, open := <-r.more:
			last = !open
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *lineageReader) begin(ctx context.Context, shard string) error {
	out, err := r.service.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &testRef.Name, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	r.iterators[shard] = out.ShardIterator
	return nil
}

// round gets one page of each shard, and reports whether there was anything.
func (r *lineageReader) round(ctx context.Context) (found bool, err error) {
	for shard, iterator := range r.iterators {
		page, err := r.service.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return false, err
		}
		for i := range page.Records {
			if err := r.take(shard, &page.Records[i]); err != nil {
				return false, err
			}
		}
		found = found || len(page.Records) > 0 || page.NextShardIterator == nil
		if r.iterators[shard] = page.NextShardIterator; page.NextShardIterator == nil {
			if err := r.end(ctx, shard, page.ChildShards); err != nil {
				return false, err
			}
		}
	}
	return found, nil
}

// take checks that a record is the next of its key.
func (r *lineageReader) take(shard string, record *types.Record) error {
	key := *record.PartitionKey
	if got := string(record.Data); got != strconv.Itoa(r.next[key]) {
		return fmt.Errorf("record %s of key %s in %s, want %d", got, key, shard, r.next[key])
	}
	r.next[key]++
	r.records++
	return nil
}

// end goes on with the children of a shard whose parents have all ended.
func (r *lineageReader) end(ctx context.Context, shard string, children []types.ChildShard) error {
	delete(r.iterators, shard)
	r.ended[shard] = true
	for _, child := range children {
		ready := true
		for _, parent := range child.ParentShards {
			ready = ready && r.ended[parent]
		}
		if ready {
			if err := r.begin(ctx, *child.ShardId); err != nil {
				return err
			}
		}
	}
	return nil
}
