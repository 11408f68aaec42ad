package lease

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestCheckpointOrder lists checkpoints in the KCL's order.
func TestCheckpointOrder(t *testing.T) {
	ordered := []Checkpoint{
		{Sequence: "nonsense"},
		AtTimestamp, TrimHorizon, Latest,
		{Sequence: "0"},
		{Sequence: "9", SubSequence: 0},
		{Sequence: "9", SubSequence: 1},
		{Sequence: "10"},
		{Sequence: "49615115243490985018280067714973144582180062593244200961"},
		{Sequence: "49615115243490985018280067714973144582180062593244200962"},
		{Sequence: "149615115243490985018280067714973144582180062593244200961"},
		ShardEnd,
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%v against %v is %d, want %d", a, b, got, want)
			}
		}
		if a.Valid() != (i > 0) || a.IsSequence() != (i >= 4 && i < len(ordered)-1) || a.IsEnd() != (a == ShardEnd) {
			t.Errorf("%v: valid %v, sequence %v, end %v", a, a.Valid(), a.IsSequence(), a.IsEnd())
		}
	}
	if d := (Checkpoint{Sequence: "SHARD_END", SubSequence: 7}).Compare(ShardEnd); d != 0 {
		t.Errorf("ends of shards differ by their sub-sequence numbers: %d", d)
	}
	if d := (Checkpoint{Sequence: "0010", SubSequence: 2}).Compare(Checkpoint{Sequence: "10", SubSequence: 1}); d != 1 {
		t.Errorf("leading zeros count: %d", d)
	}
}

// TestCheckpointNumbers holds Compare against arithmetic of any length.
func TestCheckpointNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{1,60}`)
		a, b := Checkpoint{Sequence: digits.Draw(t, "a")}, Checkpoint{Sequence: digits.Draw(t, "b")}
		x, _ := new(big.Int).SetString(a.Sequence, 10)
		y, _ := new(big.Int).SetString(b.Sequence, 10)
		if got, want := a.Compare(b), x.Cmp(y); got != want {
			t.Fatalf("%v against %v is %d, want %d", a, b, got, want)
		}
	})
}

func TestCheckpointString(t *testing.T) {
	for want, c := range map[string]Checkpoint{"TRIM_HORIZON": TrimHorizon, "17:3": {Sequence: "17", SubSequence: 3}, "": {}} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
