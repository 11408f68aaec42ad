package aggregation

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/leat-io/leat/stream"
)

// DefaultMaxSize is how large aggregates become unless told otherwise, as in the
// KPL: 50 KiB.
const DefaultMaxSize = 51200

// partitionKey is the partition key of every aggregate. Its own keys are inside,
// and an explicit hash key says where it goes.
const partitionKey = "a"

// Aggregator makes aggregates, byte by byte as the KPL does. The zero value is
// ready to use; it is not safe for concurrent use.
//
// User records belong in one aggregate only if their hash keys belong to one
// shard: a consumer that finds another shard's in it discards the whole
// aggregate.
type Aggregator struct {
	// MaxSize is how many bytes of data an aggregate may have; 0 stands for
	// DefaultMaxSize. A user record that is larger by itself travels alone.
	MaxSize int
	// MaxCount is how many user records it may have; 0 stands for no bound.
	MaxCount int

	count int
	// Of the first user record:
	hashKey    stream.HashKey
	firstKey   string // its partition key
	firstBytes int    // the length of its data
	firstMagic bool   // its data begins as an aggregate does
	// The three fields of the message, as they will be written.
	partitionKeys, explicitHashKeys keyTable
	records                         []byte
}

// Add adds a user record and reports whether it did: one that does not fit any
// more is left out, and nothing has changed. An empty aggregator takes any.
// Of r it keeps the two keys, until Reset, and no data.
//
// An error, ErrPartitionKey or stream.ErrHashKey, is for keys that consumers
// would not read as they are written.
func (a *Aggregator) Add(r UserRecord) (bool, error) {
	if !utf8.ValidString(r.PartitionKey) {
		return false, ErrPartitionKey
	}
	if r.ExplicitHashKey != "" {
		if _, err := stream.ParseHashKey(r.ExplicitHashKey); err != nil {
			return false, err
		}
	}
	if a.count == 0 {
		hashKey, err := r.HashKey()
		if err != nil {
			return false, err
		}
		a.hashKey, a.firstKey, a.firstBytes = hashKey, r.PartitionKey, len(r.Data)
		a.firstMagic = len(r.Data) >= len(magic) && string(r.Data[:len(magic)]) == magic
	} else if a.MaxCount > 0 && a.count >= a.MaxCount {
		return false, nil
	}
	return a.add(r), nil
}

// add writes r, unless it does not fit.
func (a *Aggregator) add(r UserRecord) bool {
	key, newKey := a.partitionKeys.find(r.PartitionKey)
	inner := 1 + varintSize(uint64(key)) + 1 + varintSize(uint64(len(r.Data))) + len(r.Data)
	size := 0
	if newKey {
		size += entrySize(r.PartitionKey)
	}
	explicit, newExplicit := 0, false
	if r.ExplicitHashKey != "" {
		explicit, newExplicit = a.explicitHashKeys.find(r.ExplicitHashKey)
		inner += 1 + varintSize(uint64(explicit))
		if newExplicit {
			size += entrySize(r.ExplicitHashKey)
		}
	}
	size += 1 + varintSize(uint64(inner)) + inner
	if a.count > 0 && a.wrappedSize()+size > a.maxSize() {
		return false
	}
	if newKey {
		a.partitionKeys.add(tagPartitionKeyTable, r.PartitionKey)
	}
	if newExplicit {
		a.explicitHashKeys.add(tagExplicitHashKeyTable, r.ExplicitHashKey)
	}
	b := binary.AppendUvarint(append(a.records, tagRecords), uint64(inner))
	b = binary.AppendUvarint(append(b, tagPartitionKeyIndex), uint64(key))
	if r.ExplicitHashKey != "" {
		b = binary.AppendUvarint(append(b, tagExplicitHashKeyIndex), uint64(explicit))
	}
	b = binary.AppendUvarint(append(b, tagData), uint64(len(r.Data)))
	a.records = append(b, r.Data...)
	a.count++
	return true
}

// Count returns how many user records have been added since Reset.
func (a *Aggregator) Count() int { return a.count }

// Size returns how many bytes AppendData would append.
func (a *Aggregator) Size() int {
	if !a.Wraps() {
		return a.firstBytes
	}
	return a.wrappedSize()
}

// PartitionKey returns the partition key for the Kinesis record: "a", or that of
// the only user record.
func (a *Aggregator) PartitionKey() string {
	if !a.Wraps() {
		return a.firstKey
	}
	return partitionKey
}

// HashKey returns the explicit hash key for the Kinesis record, which is the
// hash key of the first user record.
func (a *Aggregator) HashKey() stream.HashKey { return a.hashKey }

// AppendData appends the data for the Kinesis record: an aggregate, or the data
// of the only user record as it is. It appends nothing where none was added.
func (a *Aggregator) AppendData(dst []byte) []byte {
	if !a.Wraps() {
		return append(dst, a.records[len(a.records)-a.firstBytes:]...)
	}
	dst = append(dst, magic...)
	from := len(dst)
	dst = append(dst, a.partitionKeys.encoded...)
	dst = append(dst, a.explicitHashKeys.encoded...)
	dst = append(dst, a.records...)
	digest := md5.Sum(dst[from:])
	return append(dst, digest[:]...)
}

// Reset empties the aggregator for the next aggregate, and keeps its memory.
func (a *Aggregator) Reset() {
	a.count, a.firstBytes, a.firstKey = 0, 0, ""
	a.partitionKeys.reset()
	a.explicitHashKeys.reset()
	a.records = a.records[:0]
}

// Wraps reports whether AppendData makes an aggregate of what was added. It does
// not of a single user record, unless consumers would take that for an aggregate
// by itself.
func (a *Aggregator) Wraps() bool { return a.count > 1 || a.count == 1 && a.firstMagic }

func (a *Aggregator) wrappedSize() int {
	return len(magic) + len(a.partitionKeys.encoded) + len(a.explicitHashKeys.encoded) + len(a.records) + digestSize
}

func (a *Aggregator) maxSize() int {
	if a.MaxSize == 0 {
		return DefaultMaxSize
	}
	return a.MaxSize
}

// keyTable is a table of distinct keys, in the order of their first use.
type keyTable struct {
	encoded []byte
	index   map[string]int
}

// find returns the index of a key, the next one if it is new.
func (t *keyTable) find(key string) (index int, isNew bool) {
	index, found := t.index[key]
	if !found {
		return len(t.index), true
	}
	return index, false
}

// add adds a new key.
func (t *keyTable) add(tag byte, key string) {
	if t.index == nil {
		t.index = make(map[string]int)
	}
	t.index[key] = len(t.index)
	t.encoded = binary.AppendUvarint(append(t.encoded, tag), uint64(len(key)))
	t.encoded = append(t.encoded, key...)
}

func (t *keyTable) reset() {
	clear(t.index)
	t.encoded = t.encoded[:0]
}

// entrySize returns how many bytes a key is in its table.
func entrySize(key string) int { return 1 + varintSize(uint64(len(key))) + len(key) }

func varintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
