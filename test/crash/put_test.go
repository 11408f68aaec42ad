package crash

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// host is a partition key and what its one writer was told.
type host struct {
	name string
	// acks has an element per acknowledged line.
	acks []ack
}

// ack is the acknowledgement of a line.
type ack struct {
	sequence stream.SequenceNumber
	// lost counts the attempts before, which may have been stored too.
	lost int
}

// writer puts the lines of its hosts, each host's in their order: the next line
// is sent when the one before is acknowledged.
type writer struct {
	client   *kinesis.Client
	seed     uint64
	random   *rand.Rand
	hosts    []*host
	progress *progress
}

// maxBatch is how many lines a writer puts with one call. Each is of another
// host.
const maxBatch = 100

// run puts n lines.
func (w *writer) run(ctx context.Context, n int) error {
	for n > 0 {
		batch := w.choose(min(n, maxBatch))
		if err := w.put(ctx, batch); err != nil {
			return err
		}
		w.progress.add(len(batch))
		n -= len(batch)
	}
	return nil
}

// choose returns between one and n hosts whose turn it is.
func (w *writer) choose(n int) []*host {
	w.random.Shuffle(len(w.hosts), func(i, j int) { w.hosts[i], w.hosts[j] = w.hosts[j], w.hosts[i] })
	return w.hosts[:1+w.random.IntN(min(n, len(w.hosts)))]
}

// put puts the next line of each host and repeats that until it is
// acknowledged.
func (w *writer) put(ctx context.Context, batch []*host) error {
	entries := make([]types.PutRecordsRequestEntry, len(batch))
	for i, h := range batch {
		entries[i] = types.PutRecordsRequestEntry{PartitionKey: &h.name, Data: line(w.seed, h.name, len(h.acks))}
	}
	call := w.putRecords
	if len(batch) == 1 {
		call = w.putRecord
	}
	for attempts := 0; ; attempts++ {
		acks, err := call(ctx, entries)
		switch {
		case err == nil:
			for i, h := range batch {
				h.acks = append(h.acks, ack{acks[i], attempts})
			}
			return nil
		case !lost(ctx, err):
			return fmt.Errorf("put: %w", err)
		}
	}
}

// putRecords puts the lines with one PutRecords.
func (w *writer) putRecords(ctx context.Context, entries []types.PutRecordsRequestEntry) ([]stream.SequenceNumber, error) {
	out, err := w.client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String(streamName), Records: entries})
	if err != nil {
		return nil, err
	}
	if len(out.Records) != len(entries) {
		return nil, &wrongAnswer{fmt.Sprintf("%d results for %d records", len(out.Records), len(entries))}
	}
	acks := make([]stream.SequenceNumber, len(entries))
	for i, r := range out.Records {
		if r.ErrorCode != nil {
			return nil, &wrongAnswer{fmt.Sprintf("record refused: %s: %s", *r.ErrorCode, aws.ToString(r.ErrorMessage))}
		}
		if acks[i], err = acknowledged(r.ShardId, r.SequenceNumber); err != nil {
			return nil, err
		}
	}
	return acks, nil
}

// putRecord puts the only line with PutRecord.
func (w *writer) putRecord(ctx context.Context, entries []types.PutRecordsRequestEntry) ([]stream.SequenceNumber, error) {
	out, err := w.client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String(streamName), PartitionKey: entries[0].PartitionKey, Data: entries[0].Data,
	})
	if err != nil {
		return nil, err
	}
	n, err := acknowledged(out.ShardId, out.SequenceNumber)
	return []stream.SequenceNumber{n}, err
}

// acknowledged returns the sequence number of an acknowledgement. The shard is
// part of it.
func acknowledged(shardID, sequence *string) (stream.SequenceNumber, error) {
	n, err := stream.ParseSequenceNumber(aws.ToString(sequence))
	if err != nil || n.Parts().Shard.String() != aws.ToString(shardID) {
		return n, &wrongAnswer{fmt.Sprintf("acknowledged as %q in %q", aws.ToString(sequence), aws.ToString(shardID))}
	}
	return n, nil
}

// wrongAnswer is an answer that no server should give.
type wrongAnswer struct{ text string }

func (e *wrongAnswer) Error() string { return e.text }
