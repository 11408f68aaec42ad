package crash

import (
	"bytes"
	"strings"
	"testing"

	"github.com/leat-io/leat/stream"
)

func sequence(index uint64) stream.SequenceNumber {
	return stream.SequenceParts{CreateSeconds: 1_700_000_000, Seconds: 1_700_000_001, Index: index}.Number()
}

// TestTrail shows the verifier each thing that could go wrong.
func TestTrail(t *testing.T) {
	// Lines 0, 1 and 2 were acknowledged at 10, 20 and 30; line 1 was lost once
	// before.
	acks := []ack{{sequence(10), 0}, {sequence(20), 1}, {sequence(30), 0}}
	type found struct {
		line  int
		index uint64
	}
	for name, c := range map[string]struct {
		found []found
		want  string // of the error; empty for none
	}{
		"all there":            {[]found{{0, 10}, {1, 20}, {2, 30}}, ""},
		"a copy as sent":       {[]found{{0, 10}, {1, 15}, {1, 20}, {2, 30}}, ""},
		"first line missing":   {[]found{{1, 20}, {2, 30}}, "followed by its line 1"},
		"middle line missing":  {[]found{{0, 10}, {2, 30}}, "line 0 of h is followed by its line 2"},
		"last line missing":    {[]found{{0, 10}, {1, 20}}, "line 1 of h is followed by its line 3"},
		"nothing there":        {nil, "followed by its line 3"},
		"elsewhere":            {[]found{{0, 10}, {1, 21}, {2, 30}}, "not at " + sequence(20).String()},
		"too many copies":      {[]found{{0, 10}, {1, 15}, {1, 16}, {1, 20}, {2, 30}}, "there 3 times, after 2"},
		"copy of one sent":     {[]found{{0, 5}, {0, 10}, {1, 20}, {2, 30}}, "there 2 times, after 1"},
		"out of order":         {[]found{{1, 15}, {0, 16}, {1, 20}, {2, 30}}, "followed by its line 1"},
		"copy after its time":  {[]found{{0, 10}, {1, 20}, {2, 30}, {1, 40}}, "followed by its line 1"},
		"sequence goes back":   {[]found{{0, 10}, {1, 20}, {2, 19}}, "not above"},
		"sequence twice":       {[]found{{0, 10}, {1, 20}, {1, 20}}, "not above"},
		"a line not yet put":   {[]found{{0, 10}, {1, 20}, {2, 30}, {3, 40}}, "never put"},
		"only the lost copies": {[]found{{0, 10}, {1, 15}, {2, 30}}, "not at " + sequence(20).String()},
	} {
		trail := &hostTrail{host: &host{name: "h", acks: acks}, line: -1}
		err := func() error {
			for _, f := range c.found {
				if err := trail.found(f.line, sequence(f.index)); err != nil {
					return err
				}
			}
			return trail.finish(len(acks))
		}()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestLines checks what the rest relies on: a line is the same every time,
// unlike others, of the promised size, and says what it is.
func TestLines(t *testing.T) {
	shortest, longest := maxLineBytes, minLineBytes
	for n := range 10_000 {
		b := line(7, hostName(n%600), n)
		host, number, err := parseLine(b)
		if err != nil || host != hostName(n%600) || number != n {
			t.Fatalf("line %d is read as %q, %d, %v: %q", n, host, number, err, b)
		}
		if !bytes.Equal(b, line(7, hostName(n%600), n)) {
			t.Fatalf("line %d is not the same the second time", n)
		}
		if bytes.Equal(b, line(8, hostName(n%600), n)) {
			t.Fatalf("line %d is the same with another seed", n)
		}
		shortest, longest = min(shortest, len(b)), max(longest, len(b))
	}
	if shortest != minLineBytes || longest < maxLineBytes-5 || longest > maxLineBytes {
		t.Errorf("lines of %d to %d bytes, want %d to %d", shortest, longest, minLineBytes, maxLineBytes)
	}
}
