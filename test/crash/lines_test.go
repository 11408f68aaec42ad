package crash

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/leat-io/leat/stream"
)

// The sizes of a line.
const (
	minLineBytes = 50
	maxLineBytes = 2000
)

// hostName is the partition key of a host's lines.
func hostName(host int) string { return fmt.Sprintf("host-%d.example.net", host) }

// line returns the n-th line of a host's log. It is the same whenever it is
// asked for, so what was put need not be remembered.
func line(seed uint64, host string, n int) []byte {
	random := rand.New(rand.NewPCG(seed, stream.HashPartitionKey([]byte(host)).Lo+uint64(n)))
	size := minLineBytes + random.IntN(maxLineBytes-minLineBytes+1)
	if random.IntN(4) > 0 { // most lines of a log are short
		size = minLineBytes + (size-minLineBytes)/10
	}
	b := make([]byte, 0, size+32)
	b = fmt.Appendf(b, "%s seq=%d ", host, n)
	for len(b) < size {
		b = append(b, words[random.IntN(len(words))]...)
		b = strconv.AppendUint(append(b, '='), random.Uint64N(100_000), 10)
		b = append(b, ' ')
	}
	return b[:size]
}

var words = strings.Fields("method=GET path=/orders status latency bytes agent=curl trace user cache=miss shard retry té über 日志")

// parseLine returns the host and number that a line begins with.
func parseLine(b []byte) (host string, n int, err error) {
	host, rest, found := strings.Cut(string(b[:min(len(b), minLineBytes)]), " seq=")
	number, _, ended := strings.Cut(rest, " ")
	n, err = strconv.Atoi(number)
	if !found || !ended || err != nil {
		return "", 0, fmt.Errorf("no line of this test: %.80q", b)
	}
	return host, n, nil
}
