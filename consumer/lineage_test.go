package consumer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// family makes the shards of a line such as "0 1 6:0,1! 9:5!": a shard's name,
// its parents, and an exclamation mark if it is open.
func family(text string) []types.Shard {
	var shards []types.Shard
	for _, word := range strings.Fields(text) {
		name, open := strings.CutSuffix(word, "!")
		id, parents, _ := strings.Cut(name, ":")
		first, second, _ := strings.Cut(parents, ",")
		s := types.Shard{
			ShardId: &id, SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")},
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("9")},
		}
		if first != "" {
			s.ParentShardId = &first
		}
		if second != "" {
			s.AdjacentParentShardId = &second
		}
		if !open {
			s.SequenceNumberRange.EndingSequenceNumber = aws.String("2")
		}
		shards = append(shards, s)
	}
	return shards
}

func TestMissingLeases(t *testing.T) {
	// The shape of the KCL's own example (spec clients §3.9).
	const tree = "0 1 2 3 4! 5 6:0,1 7:2,3 8:6,7! 9:5! 10:5!"
	for _, c := range []struct {
		shards, leases  string // an ended lease has a full stop
		latest, horizon string
	}{
		{tree, "4 5 7", "6=LATEST", "0=TRIM_HORIZON 1=TRIM_HORIZON"},
		{tree, "4 5 6 7", "", ""},
		{tree, "4 5. 6 7", "10=TRIM_HORIZON 9=TRIM_HORIZON", "10=TRIM_HORIZON 9=TRIM_HORIZON"},
		{tree, "4 5. 9 6 7", "10=TRIM_HORIZON", "10=TRIM_HORIZON"},
		{tree, "4 5 6. 7", "", ""},
		{tree, "4 5 6. 7.", "8=TRIM_HORIZON", "8=TRIM_HORIZON"},
		{tree, "", "10=LATEST 4=LATEST 8=LATEST 9=LATEST",
			"0=TRIM_HORIZON 1=TRIM_HORIZON 2=TRIM_HORIZON 3=TRIM_HORIZON 4=TRIM_HORIZON 5=TRIM_HORIZON"},
		{"7 8:6,7! 4!", "4 7", "", ""}, // the other parent is past retention
		{"3:1! 4:1!", "3", "4=LATEST", "4=TRIM_HORIZON"},
	} {
		var leases []lease.Lease
		for _, word := range strings.Fields(c.leases) {
			id, ended := strings.CutSuffix(word, ".")
			l := lease.New("", id, lease.Checkpoint{Sequence: "5"})
			if ended {
				l.Checkpoint = lease.ShardEnd
			}
			leases = append(leases, l)
		}
		for _, p := range []struct {
			from InitialPosition
			want string
		}{{FromLatest(), c.latest}, {FromTrimHorizon(), c.horizon}} {
			var got []string
			for _, l := range missingLeases(source{}, family(c.shards), leases, p.from) {
				got = append(got, l.Key+"="+l.Checkpoint.Sequence)
			}
			if strings.Join(got, " ") != p.want {
				t.Errorf("%s with leases %q from %v: %v, want %s", c.shards, c.leases, p.from.sentinel, got, p.want)
			}
		}
	}
}

// TestLongLineage finds the beginning of a shard that was split and merged 60 times:
// there are 2^60 ways to it.
func TestLongLineage(t *testing.T) {
	text := "0"
	for n := 0; n < 60*3; n += 3 {
		text += fmt.Sprintf(" %d:%d %d:%d %d:%d,%d", n+1, n, n+2, n, n+3, n+1, n+2)
	}
	leases := missingLeases(source{}, family(text+"!"), nil, FromTrimHorizon())
	if len(leases) != 1 || leases[0].Key != "0" {
		t.Errorf("leases %v", leases)
	}
}

func TestFirstHole(t *testing.T) {
	of := func(start, end uint64) stream.HashKeyRange {
		r := stream.HashKeyRange{Start: stream.HashKey{Lo: start}, End: stream.HashKey{Lo: end}}
		if end == 99 {
			r.End = stream.MaxHashKey
		}
		return r
	}
	for _, c := range []struct {
		ranges []stream.HashKeyRange
		hole   uint64
		found  bool
	}{
		{nil, 0, true},
		{[]stream.HashKeyRange{of(0, 99)}, 0, false},
		{[]stream.HashKeyRange{of(5, 99), of(0, 4)}, 0, false},
		{[]stream.HashKeyRange{of(6, 99), of(0, 4)}, 5, true},
		{[]stream.HashKeyRange{of(3, 8), of(0, 9), of(9, 99)}, 0, false}, // parents and children
		{[]stream.HashKeyRange{of(0, 9), of(3, 8)}, 10, true},
		{[]stream.HashKeyRange{of(1, 99)}, 0, true},
	} {
		var leases []lease.Lease
		for _, r := range c.ranges {
			leases = append(leases, lease.Lease{HasHashRange: true, HashRange: r})
		}
		for _, extra := range []lease.Lease{
			{}, {HasHashRange: true, HashRange: of(0, 99), Checkpoint: lease.ShardEnd},
		} { // which do not count
			at, found := firstHole(append(slices.Clone(leases), extra))
			if found != c.found || at.Lo != c.hole {
				t.Errorf("%v: hole %v at %v", c.ranges, found, at)
			}
		}
	}
}
