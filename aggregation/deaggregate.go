package aggregation

import (
	"crypto/md5"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leat-io/leat/stream"
)

// ErrForeign says that an aggregate has a user record whose hash key the shard
// does not own, and that all its user records were discarded. It got there
// while the stream was resharded, and its producer has put it again.
var ErrForeign = errors.New("the aggregate has a user record of another shard")

// MalformedError says that a user record of an aggregate cannot be read. Those
// before it were, it and those after it are lost.
type MalformedError struct {
	Record int    // its place in the aggregate, from 0
	Reason string // such as "partition key 7 of 3"
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("user record %d of the aggregate: %s", e.Record, e.Reason)
}

// IsAggregate reports whether data looks like an aggregate: by its first bytes,
// its length and its digest. What follows may still turn out to be no protocol
// buffer.
func IsAggregate(data []byte) bool {
	if len(data) <= len(magic)+digestSize || string(data[:len(magic)]) != magic {
		return false
	}
	return md5.Sum(body(data)) == [digestSize]byte(data[len(data)-digestSize:])
}

// body returns what is between the magic and the digest.
func body(data []byte) message { return data[len(magic) : len(data)-digestSize] }

// Deaggregate appends to dst the user records in the data of a Kinesis record.
// The n-th that it appends, counted from 0, has the sub-sequence number n.
//
// It reports false, and appends nothing, when data is no aggregate; then the
// Kinesis record is itself what an application wants, with sub-sequence number
// 0. That is so for everything the KCL takes for a plain record: data of
// another form, a wrong digest, and protocol buffers that cannot be parsed.
//
// within is what the shard owns, stream.HashKeyRange{End: stream.MaxHashKey} if
// that is unknown. The error is nil, or one of two that the KCL meets in
// silence. ErrForeign: a hash key is outside of within, and nothing was
// appended. *MalformedError: only a part was appended. In neither case should
// the Kinesis record be delivered instead.
//
// The Data of user records are views of data, which must not change while they
// are in use; their keys are copies.
func Deaggregate(dst []UserRecord, data []byte, within stream.HashKeyRange) (records []UserRecord, aggregated bool, err error) {
	if !IsAggregate(data) {
		return dst, false, nil
	}
	m := body(data)
	c, ok := survey(m)
	if !ok {
		return dst, false, nil
	}
	t := readTables(m, c, within)
	from := len(dst)
	dst = slices.Grow(dst, c.records)
	for len(m) > 0 {
		tag, _ := m.tag()
		if tag != tagRecords {
			m.skip(tag, 0)
			continue
		}
		b, _ := m.bytes()
		w, _ := readRecord(b)
		r, foreign, reason := t.resolve(w)
		switch {
		case reason != "":
			return dst, true, &MalformedError{Record: len(dst) - from, Reason: reason}
		case foreign:
			return dst[:from], true, ErrForeign
		}
		dst = append(dst, r)
	}
	return dst, true, nil
}

// tables are the two tables of keys, and what is known of each key.
type tables struct {
	within           stream.HashKeyRange
	partitionKeys    []key
	explicitHashKeys []key
}

// key is an entry of a table.
type key struct {
	text    string
	verdict verdict
}

// verdict is what has been found out about the hash key that a key stands for.
type verdict byte

const (
	unjudged verdict = iota
	owned            // it is in the shard's range
	foreign          // it is not
	noNumber         // it is no hash key at all
)

// readTables reads both tables of a message that was surveyed.
func readTables(m message, c contents, within stream.HashKeyRange) *tables {
	t := &tables{
		within:           within,
		partitionKeys:    make([]key, 0, c.partitionKeys),
		explicitHashKeys: make([]key, 0, c.explicitHashKeys),
	}
	var texts strings.Builder // of all keys, so that they are one allocation
	texts.Grow(c.keyBytes)
	for len(m) > 0 {
		tag, _ := m.tag()
		switch tag {
		case tagPartitionKeyTable:
			t.partitionKeys = append(t.partitionKeys, key{text: keyText(&texts, &m)})
		case tagExplicitHashKeyTable:
			t.explicitHashKeys = append(t.explicitHashKeys, key{text: keyText(&texts, &m)})
		default:
			m.skip(tag, 0)
		}
	}
	return t
}

// keyText takes a key off the front of m. As in Java, bytes that are not UTF-8
// turn into replacement characters.
func keyText(texts *strings.Builder, m *message) string {
	b, _ := m.bytes()
	if !utf8.Valid(b) {
		return string([]rune(string(b)))
	}
	from := texts.Len()
	texts.Write(b)
	return texts.String()[from:]
}

// resolve finds the keys of a record in the tables, and whether they belong to
// the shard. A reason says why they cannot be found.
func (t *tables) resolve(w wireRecord) (r UserRecord, isForeign bool, reason string) {
	r.Data = w.data
	p, reason := at("partition key", t.partitionKeys, w.partitionKey)
	if reason != "" {
		return r, false, reason
	}
	r.PartitionKey = p.text
	if !w.hasExplicitHashKey {
		if p.verdict == unjudged {
			p.verdict = t.judgeHash(p.text)
		}
		return r, p.verdict == foreign, ""
	}
	e, reason := at("explicit hash key", t.explicitHashKeys, w.explicitHashKey)
	if reason != "" {
		return r, false, reason
	}
	if e.verdict == unjudged {
		e.verdict = t.judgeNumber(e.text)
	}
	if e.verdict == noNumber {
		return r, false, fmt.Sprintf("explicit hash key %q is no number", e.text)
	}
	r.ExplicitHashKey = e.text
	return r, e.verdict == foreign, ""
}

// at returns an entry of a table. Of an index the KCL uses 32 bits with a sign.
func at(what string, table []key, index uint64) (*key, string) {
	i := int32(uint32(index))
	if i < 0 || int(i) >= len(table) {
		return nil, fmt.Sprintf("%s %d of %d", what, i, len(table))
	}
	return &table[i], ""
}

// judgeHash judges a partition key.
func (t *tables) judgeHash(partitionKey string) verdict {
	if t.within == (stream.HashKeyRange{End: stream.MaxHashKey}) {
		return owned // and need not be hashed
	}
	return t.judge(stream.HashPartitionKey([]byte(partitionKey)))
}

// judgeNumber judges an explicit hash key, which to the KCL is any integer, with
// or without a sign.
func (t *tables) judgeNumber(text string) verdict {
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-")
	if len(digits) < len(text)-1 || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return noNumber
	}
	k, err := stream.ParseHashKey(digits)
	if err != nil || text[0] == '-' && k != (stream.HashKey{}) {
		return foreign
	}
	return t.judge(k)
}

func (t *tables) judge(k stream.HashKey) verdict {
	if t.within.Contains(k) {
		return owned
	}
	return foreign
}
