package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// verifier reads the whole stream along its lineage, parents before children,
// and holds it against what the writers and the follower were told.
type verifier struct {
	client *kinesis.Client
	seed   uint64
	hosts  map[string]*hostTrail
	shards []shard
	seen   map[stream.ShardID]*followed

	records, extra int // found; those that nobody got an acknowledgement for
}

// hostTrail is how far the lines of a host have been found.
type hostTrail struct {
	*host
	key stream.HashKey
	// line is the number of the line found last, -1 before the first; copies
	// how often it was found and acked whether that was once where it was
	// acknowledged.
	line   int
	copies int
	acked  bool
	last   stream.SequenceNumber // of any of the host's records
}

func newVerifier(c *kinesis.Client, seed uint64, hosts []*host, seen map[stream.ShardID]*followed) *verifier {
	v := &verifier{client: c, seed: seed, hosts: make(map[string]*hostTrail), seen: seen}
	for _, h := range hosts {
		v.hosts[h.name] = &hostTrail{host: h, key: stream.HashPartitionKey([]byte(h.name)), line: -1}
	}
	return v
}

// run returns what is wrong, or nil.
func (v *verifier) run(ctx context.Context) error {
	shards, err := listShards(ctx, v.client)
	if err != nil {
		return err
	}
	if err := byLineage(shards); err != nil {
		return err
	}
	if _, err := openShards(shards); err != nil {
		return err
	}
	v.shards = shards
	for i := range shards {
		if err := v.shard(ctx, &shards[i]); err != nil {
			return fmt.Errorf("%v: %w", shards[i].id, err)
		}
	}
	for _, t := range v.hosts {
		if err := t.finish(len(t.acks)); err != nil {
			return err
		}
	}
	return nil
}

// shard reads a shard from its start to its end.
func (v *verifier) shard(ctx context.Context, s *shard) error {
	it, err := iteratorAtStart(ctx, v.client, s.id)
	if err != nil {
		return err
	}
	var (
		records int
		last    = s.start
		sum     = sha256.New()
	)
	for it != nil {
		out, err := untilAnswered(ctx, func() (*kinesis.GetRecordsOutput, error) {
			return v.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: it})
		})
		if err != nil {
			return err
		}
		for i := range out.Records {
			if err := v.sameAsSeen(s.id, records, sum); err != nil {
				return err
			}
			if last, err = v.record(s, &out.Records[i], last); err != nil {
				return fmt.Errorf("record %d: %w", records, err)
			}
			fold(sum, &out.Records[i])
			records++
		}
		it = out.NextShardIterator
		if it == nil {
			if err := v.end(s, out.ChildShards); err != nil {
				return err
			}
		} else if s.open() && len(out.Records) == 0 && aws.ToInt64(out.MillisBehindLatest) == 0 {
			break
		}
	}
	v.records += records
	if p := v.seen[s.id]; p != nil && p.records > records {
		return fmt.Errorf("has %d records, of which %d could be read before", records, p.records)
	}
	return v.sameAsSeen(s.id, records, sum)
}

// sameAsSeen compares the records so far with those that the follower saw, when
// it saw as many.
func (v *verifier) sameAsSeen(id stream.ShardID, records int, sum hash.Hash) error {
	p := v.seen[id]
	if p != nil && p.records == records && !bytes.Equal(p.sum.Sum(nil), sum.Sum(nil)) {
		return fmt.Errorf("the first %d records are not those that could be read before", records)
	}
	return nil
}

// end checks what stands at the end of a shard.
func (v *verifier) end(s *shard, children []types.ChildShard) error {
	var want []stream.ShardID
	for _, c := range v.shards {
		if slices.Contains(c.parents, s.id) {
			want = append(want, c.id)
		}
	}
	if s.open() || len(want) == 0 || !slices.Equal(childIDs(children), want) {
		return fmt.Errorf("ends with the children %v, want %v", childIDs(children), want)
	}
	if p := v.seen[s.id]; p != nil && p.ended && !slices.Equal(childIDs(p.children), want) {
		return fmt.Errorf("was seen to end with the children %v, want %v", childIDs(p.children), want)
	}
	return nil
}

// record checks one record, and returns its sequence number.
func (v *verifier) record(s *shard, r *types.Record, last stream.SequenceNumber) (stream.SequenceNumber, error) {
	n, err := stream.ParseSequenceNumber(aws.ToString(r.SequenceNumber))
	switch {
	case err != nil:
		return n, fmt.Errorf("%w: %q", err, aws.ToString(r.SequenceNumber))
	case n.Compare(last) <= 0 || !s.open() && n.Compare(s.end) >= 0 || n.Parts().Shard != s.id:
		return n, fmt.Errorf("sequence number %v follows %v, in a shard that ends at %v", n, last, s.end)
	}
	name, number, err := parseLine(r.Data)
	if err != nil {
		return n, err
	}
	t := v.hosts[name]
	switch {
	case t == nil || name != aws.ToString(r.PartitionKey):
		return n, fmt.Errorf("a line of %q with partition key %q", name, aws.ToString(r.PartitionKey))
	case !s.owns.Contains(t.key):
		return n, fmt.Errorf("a line of %s, whose hash key %v the shard does not own", name, t.key)
	case !bytes.Equal(r.Data, line(v.seed, name, number)):
		return n, fmt.Errorf("line %d of %s was changed: %.100q", number, name, r.Data)
	}
	if err := t.found(number, n); err != nil {
		return n, err
	}
	if t.acks[number].sequence != n {
		v.extra++
	}
	return n, nil
}

// found takes note of a record of the host.
func (t *hostTrail) found(number int, n stream.SequenceNumber) error {
	if n.Compare(t.last) <= 0 {
		return fmt.Errorf("line %d of %s has sequence number %v, which is not above %v of the line before", number, t.name, n, t.last)
	}
	t.last = n
	if number != t.line {
		if err := t.finish(number); err != nil {
			return err
		}
		t.line, t.copies, t.acked = number, 0, false
	}
	if number >= len(t.acks) {
		return fmt.Errorf("line %d of %s was never put", number, t.name)
	}
	t.copies++
	if t.acks[number].sequence == n {
		t.acked = true
	}
	return nil
}

// finish checks the line found last, after which comes the line next.
func (t *hostTrail) finish(next int) error {
	switch {
	case next != t.line+1:
		return fmt.Errorf("line %d of %s is followed by its line %d, of %d acknowledged", t.line, t.name, next, len(t.acks))
	case t.line < 0:
		return nil
	case !t.acked:
		return fmt.Errorf("line %d of %s is not at %v, where it was acknowledged", t.line, t.name, t.acks[t.line].sequence)
	case t.copies > 1+t.acks[t.line].lost:
		return fmt.Errorf("line %d of %s is there %d times, after %d attempts", t.line, t.name, t.copies, 1+t.acks[t.line].lost)
	}
	return nil
}
