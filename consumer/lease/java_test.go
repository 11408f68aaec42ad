package lease

import (
	"fmt"
	"slices"
	"testing"
)

// TestShuffleJava holds the shuffle against what java.util.Collections.shuffle
// made of 0, 1, 2 … with new Random(1947), on OpenJDK 17.
func TestShuffleJava(t *testing.T) {
	for n, want := range map[int]string{
		1:   "[0]",
		2:   "[0 1]",
		3:   "[2 0 1]",
		4:   "[3 0 1 2]",
		5:   "[4 0 2 1 3]",
		7:   "[2 4 3 5 0 6 1]",
		8:   "[2 3 0 6 4 7 1 5]",
		10:  "[8 5 1 6 9 4 2 0 7 3]",
		16:  "[11 3 9 2 0 6 12 5 7 1]",
		17:  "[13 3 10 14 8 4 7 11 1 0]",
		100: "[95 33 83 68 3 24 72 87 10 77]",
	} {
		var texts []string
		for i := range n {
			texts = append(texts, fmt.Sprint(i))
		}
		shuffleJava(texts, leaderSeed)
		if got := fmt.Sprint(texts[:min(n, 10)]); got != want {
			t.Errorf("of %d: %s, want %s", n, got, want)
		}
	}
}

// TestJavaRandom holds the generator against java.util.Random, with a bound
// that is a power of two, one that most often needs a second try, and a small
// one.
func TestJavaRandom(t *testing.T) {
	r := newJavaRandom(leaderSeed)
	want := []int32{674928681, 719977525, 995, 276436584, 1046619502, 118, 747883780, 995805700, 565, 926476647, 980392342, 560}
	var got []int32
	for range len(want) / 3 {
		got = append(got, r.intN(1<<30), r.intN(1<<30+1), r.intN(1000))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestCompareJava(t *testing.T) {
	ordered := []string{"", "Z", "a", "ab", "b", "\U0001f600", "\ufffd"} // java.util.Collections.sort
	if !slices.IsSortedFunc(ordered, compareJava) {
		t.Error("not the order of Java")
	}
}

func TestLeads2x(t *testing.T) {
	owners := func(names ...string) (leases []Lease) {
		for i, name := range names {
			leases = append(leases, Lease{Key: fmt.Sprint(i), Owner: name})
		}
		return leases
	}
	for _, c := range []struct {
		leases []Lease
		leader string // "" is everybody
	}{
		{nil, ""},
		{owners("", ""), ""},
		{owners("b"), "b"},
		{owners("b", "a"), "a"},
		{owners("c", "a", "", "b", "a"), "c"},
		{owners("d", "c", "b", "a", "d"), "d"},
		{owners("e", "d", "c", "b", "a", "g", "f"), "c"},
	} {
		for _, worker := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			if got, want := Leads2x(worker, c.leases), c.leader == "" || c.leader == worker; got != want {
				t.Errorf("of %v %s leads: %v", c.leases, worker, got)
			}
		}
	}
}
