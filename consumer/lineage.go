package consumer

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// firstHole returns the first hash key that no lease is about whose shard has
// not ended. Leases that do not say what they are about fill no hole.
func firstHole(leases []lease.Lease) (stream.HashKey, bool) {
	var ranges []stream.HashKeyRange
	for _, l := range leases {
		if !l.Ended() && l.HasHashRange {
			ranges = append(ranges, l.HashRange)
		}
	}
	slices.SortFunc(ranges, func(a, b stream.HashKeyRange) int { return a.Start.Compare(b.Start) })
	var next stream.HashKey // everything below has a lease
	for _, r := range ranges {
		if next.Less(r.Start) {
			return next, true
		}
		if r.End == stream.MaxHashKey {
			return stream.HashKey{}, false
		}
		if !r.End.Less(next) {
			next = r.End.Next()
		}
	}
	return next, true
}

// missingLeases returns the leases that a stream needs besides those it has, so
// that every open shard is processed, now or when what comes before it has ended
// (spec clients §3.9).
//
// An open shard needs a lease of its own if neither it nor an ancestor has one.
// Beginning with the latest records it is the shard that gets it, else its oldest
// ancestors. Of a merge of which one parent has a lease or an ancestor with one,
// the other parent needs the same. A shard whose parents have all been processed
// needs one too: its worker has died before it could create it.
func missingLeases(s source, shards []types.Shard, leases []lease.Lease, initial InitialPosition) []lease.Lease {
	l := lineage{
		source: s, initial: initial,
		shards: map[string]types.Shard{}, leases: map[string]lease.Lease{},
		missing: map[string]lease.Lease{}, known: map[string]bool{}, planted: map[string]bool{},
	}
	for _, x := range leases {
		l.leases[x.ShardID()] = x
	}
	for _, shard := range shards {
		l.shards[aws.ToString(shard.ShardId)] = shard
	}
	for id, shard := range l.shards {
		open := shard.SequenceNumberRange == nil || shard.SequenceNumberRange.EndingSequenceNumber == nil
		if open && !l.covered(id) {
			l.plant(id)
		}
	}
	var missing []lease.Lease
	for _, x := range l.missing {
		missing = append(missing, x)
	}
	slices.SortFunc(missing, func(a, b lease.Lease) int { return strings.Compare(a.Key, b.Key) })
	return missing
}

// lineage is the family tree of a stream's shards and what is known of it.
type lineage struct {
	source  source
	initial InitialPosition
	shards  map[string]types.Shard
	leases  map[string]lease.Lease
	missing map[string]lease.Lease // what is to be created
	known   map[string]bool        // what covered has found out
	planted map[string]bool        // what plant has been asked for
}

// parents returns those of a shard's parents that still exist.
func (l *lineage) parents(id string) []string {
	return slices.DeleteFunc(parentsOf(l.shards[id]), func(p string) bool {
		_, exists := l.shards[p]
		return !exists
	})
}

// covered reports whether the shard has a lease or will get one when what comes
// before it has ended. It plants what it finds missing on the way.
func (l *lineage) covered(id string) (covered bool) {
	if _, ok := l.leases[id]; ok {
		return true
	}
	if covered, ok := l.known[id]; ok {
		return covered
	}
	defer func() { l.known[id] = covered }()
	var with, without []string
	allEnded := true
	for _, p := range l.parents(id) {
		if l.covered(p) {
			with = append(with, p)
			allEnded = allEnded && l.leases[p].Ended()
		} else {
			without = append(without, p)
		}
	}
	if len(with) == 0 {
		return false
	}
	for _, p := range without {
		l.plant(p)
	}
	if len(without) == 0 && allEnded {
		l.add(id, lease.TrimHorizon)
	}
	return true
}

// plant adds what leases a shard needs that is not covered.
func (l *lineage) plant(id string) {
	if l.planted[id] {
		return // a shard that was split and merged again is there by two ways, and so is each before it
	}
	l.planted[id] = true
	parents := l.parents(id)
	if len(parents) == 0 || l.initial.sentinel == lease.Latest {
		l.add(id, l.initial.sentinel)
		return
	}
	for _, p := range parents {
		l.plant(p)
	}
}

// add adds a lease for a shard.
func (l *lineage) add(id string, at lease.Checkpoint) {
	if l.initial.sentinel == lease.AtTimestamp {
		at = lease.AtTimestamp // nothing older is wanted, wherever it is
	}
	shard := l.shards[id]
	l.missing[id] = newLease(l.source, id, parentsOf(shard), shard.HashKeyRange, at)
}
