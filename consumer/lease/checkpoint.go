package lease

import (
	"cmp"
	"strconv"
	"strings"
)

// Checkpoint says how far a shard has been processed: up to and including a
// user record, or not at all, or to its end. It is the KCL's extended sequence
// number. The zero value is no checkpoint.
type Checkpoint struct {
	// Sequence is a sequence number in decimal, or one of the sentinels.
	Sequence string
	// SubSequence is the index of the user record within an aggregated record,
	// 0 for a record that is not aggregated.
	SubSequence int64
}

// The sentinels. The first three say that nothing has been processed and where
// to begin; ShardEnd says that nothing is left.
var (
	AtTimestamp = Checkpoint{Sequence: "AT_TIMESTAMP"}
	TrimHorizon = Checkpoint{Sequence: "TRIM_HORIZON"}
	Latest      = Checkpoint{Sequence: "LATEST"}
	ShardEnd    = Checkpoint{Sequence: "SHARD_END"}
)

// rank orders the kinds of checkpoints as the KCL does (spec clients §3.1).
// Texts that are neither digits nor a sentinel come first.
func (c Checkpoint) rank() int {
	switch c.Sequence {
	case AtTimestamp.Sequence:
		return 1
	case TrimHorizon.Sequence:
		return 2
	case Latest.Sequence:
		return 3
	case ShardEnd.Sequence:
		return 5
	}
	if isDigits(c.Sequence) {
		return 4
	}
	return 0
}

// Valid reports whether c is a sequence number or a sentinel.
func (c Checkpoint) Valid() bool { return c.rank() > 0 }

// IsZero reports whether c is no checkpoint at all.
func (c Checkpoint) IsZero() bool { return c == Checkpoint{} }

// IsSequence reports whether c names a record, as opposed to a sentinel.
func (c Checkpoint) IsSequence() bool { return isDigits(c.Sequence) }

// IsEnd reports whether c is ShardEnd.
func (c Checkpoint) IsEnd() bool { return c.Sequence == ShardEnd.Sequence }

// Compare returns -1, 0 or +1 as c is before, the same as or after other:
// AtTimestamp < TrimHorizon < Latest < every sequence number < ShardEnd.
// Sequence numbers compare as numbers of any length, and equal ones by their
// sub-sequence numbers; that of ShardEnd does not count.
func (c Checkpoint) Compare(other Checkpoint) int {
	rank := c.rank()
	if d := cmp.Compare(rank, other.rank()); d != 0 {
		return d
	}
	if c.IsEnd() {
		return 0
	}
	if c.IsSequence() {
		a, b := strings.TrimLeft(c.Sequence, "0"), strings.TrimLeft(other.Sequence, "0")
		if d := cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)); d != 0 {
			return d
		}
	}
	return cmp.Compare(c.SubSequence, other.SubSequence)
}

// String returns the form used in logs, such as "TRIM_HORIZON" or "4967…:3".
func (c Checkpoint) String() string {
	if !c.IsSequence() {
		return c.Sequence
	}
	return c.Sequence + ":" + strconv.FormatInt(c.SubSequence, 10)
}

// isDigits reports whether text is a decimal number.
func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
