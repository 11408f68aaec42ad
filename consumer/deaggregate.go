package consumer

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// unpacker makes user records of the Kinesis records of a shard, as the KCL
// does (spec clients §1.5). It belongs to one goroutine.
type unpacker struct {
	// within is what the shard owns of the hash key space; everything if that
	// is not known.
	within stream.HashKeyRange
	// done is the last checkpoint: what it covers is left out.
	done lease.Checkpoint

	scratch []aggregation.UserRecord
}

// unpackerOf returns the unpacker of a lease's shard.
func unpackerOf(l lease.Lease) *unpacker {
	u := &unpacker{within: stream.HashKeyRange{End: stream.MaxHashKey}, done: l.Checkpoint}
	if l.HasHashRange {
		u.within = l.HashRange
	}
	return u
}

// unpack appends the user records of r to dst that are not done. The error says
// which of them are lost or not meant for this shard, for the log: the others
// are there all the same.
func (u *unpacker) unpack(dst []Record, r *types.Record) ([]Record, error) {
	users, aggregated, err := aggregation.Deaggregate(u.scratch[:0], r.Data, u.within)
	u.scratch = users[:0]
	outer := Record{
		Data:           r.Data,
		PartitionKey:   aws.ToString(r.PartitionKey),
		SequenceNumber: aws.ToString(r.SequenceNumber),
		Arrived:        aws.ToTime(r.ApproximateArrivalTimestamp),
		Encryption:     r.EncryptionType,
	}
	if !aggregated {
		return u.add(dst, outer), nil
	}
	outer.Aggregated = true
	for i, user := range users {
		outer.Data, outer.PartitionKey, outer.ExplicitHashKey = user.Data, user.PartitionKey, user.ExplicitHashKey
		outer.SubSequenceNumber = int64(i)
		dst = u.add(dst, outer)
	}
	clear(users) // keeps no page alive
	if errors.Is(err, aggregation.ErrForeign) {
		err = nil // its producer has put it again
	}
	return dst, err
}

// add appends r unless the checkpoint covers it.
func (u *unpacker) add(dst []Record, r Record) []Record {
	if u.done.IsSequence() {
		if r.position().Compare(u.done) <= 0 {
			return dst
		}
		// Everything from here on is after the checkpoint, but for the user
		// records of the same aggregate, which follow in order.
		u.done = lease.Checkpoint{}
	}
	return append(dst, r)
}
