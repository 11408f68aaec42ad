package memlog

import (
	"encoding/binary"
	"sort"

	"github.com/leat-io/leat/storage"
)

// A shard log's first chunk is small, since many shards hold little; each
// further one is twice as large, up to a size at which the cost of a chunk no
// longer matters.
const (
	minChunkBytes = 512
	maxChunkBytes = 1 << 20
)

// chunk is a run of consecutive records. Bytes are only ever added to it, and
// within the capacity it was made with, so a view of them stays what it is.
type chunk struct {
	base  storage.Offset // of the first record
	bytes []byte
	index []place
}

// place is where a record stands in its chunk: there, one after the other, are
// the key version when there is one (4 B, big-endian), the explicit hash key
// when there is one (16 B, big-endian), the partition key and the data, which
// ends where the next record starts.
type place struct {
	arrivalMillis int64
	start         uint32
	// key is four times the length of the partition key, plus the flags.
	key uint32
}

// Flags of a place.
const (
	hasHashKey    = 1
	hasKeyVersion = 2
	placeFlags    = 2 // bits
)

const (
	placeBytes      = 16
	hashKeyBytes    = 16
	keyVersionBytes = 4
)

// payloadSize returns how many bytes of a chunk r takes.
func payloadSize(r *storage.Record) int {
	n := len(r.PartitionKey) + len(r.Data)
	if r.HasExplicitHashKey {
		n += hashKeyBytes
	}
	if r.KeyVersion != 0 {
		n += keyVersionBytes
	}
	return n
}

// storedSize returns how many bytes r takes in all, as MaxBytes counts them.
func storedSize(r *storage.Record) int64 { return int64(payloadSize(r) + placeBytes) }

// add stores a copy of r. Requires room for it.
func (c *chunk) add(r *storage.Record) {
	p := place{r.ArrivalMillis, uint32(len(c.bytes)), uint32(len(r.PartitionKey)) << placeFlags}
	if r.KeyVersion != 0 {
		p.key |= hasKeyVersion
		c.bytes = binary.BigEndian.AppendUint32(c.bytes, r.KeyVersion)
	}
	if r.HasExplicitHashKey {
		p.key |= hasHashKey
		c.bytes = binary.BigEndian.AppendUint64(c.bytes, r.ExplicitHashKey.Hi)
		c.bytes = binary.BigEndian.AppendUint64(c.bytes, r.ExplicitHashKey.Lo)
	}
	c.bytes = append(append(c.bytes, r.PartitionKey...), r.Data...)
	c.index = append(c.index, p)
}

// view sets r to the record at o, with views of the chunk. Shard is left
// alone. Requires base <= o < end.
func (c *chunk) view(o storage.Offset, r *storage.Record) {
	i := int(o - c.base)
	p, end := c.index[i], len(c.bytes)
	if i+1 < len(c.index) {
		end = int(c.index[i+1].start)
	}
	at := int(p.start)
	r.Offset = o
	r.ArrivalMillis = p.arrivalMillis
	r.KeyVersion = 0
	if p.key&hasKeyVersion != 0 {
		r.KeyVersion = binary.BigEndian.Uint32(c.bytes[at:])
		at += keyVersionBytes
	}
	r.HasExplicitHashKey = p.key&hasHashKey != 0
	r.ExplicitHashKey.Hi, r.ExplicitHashKey.Lo = 0, 0
	if r.HasExplicitHashKey {
		r.ExplicitHashKey.Hi = binary.BigEndian.Uint64(c.bytes[at:])
		r.ExplicitHashKey.Lo = binary.BigEndian.Uint64(c.bytes[at+8:])
		at += hashKeyBytes
	}
	data := at + int(p.key>>placeFlags)
	r.PartitionKey = c.bytes[at:data:data]
	r.Data = c.bytes[data:end:end]
}

// room returns how many more bytes fit.
func (c *chunk) room() int { return cap(c.bytes) - len(c.bytes) }

// size returns what the chunk's records take, as MaxBytes counts it.
func (c *chunk) size() int64 { return int64(len(c.bytes) + placeBytes*len(c.index)) }

// end returns the offset after the last record.
func (c *chunk) end() storage.Offset { return c.base + storage.Offset(len(c.index)) }

// lastMillis returns the arrival time of the last record.
func (c *chunk) lastMillis() int64 { return c.index[len(c.index)-1].arrivalMillis }

// offsetAt returns the offset of the first record that arrived at or after
// millis. Requires lastMillis() >= millis.
func (c *chunk) offsetAt(millis int64) storage.Offset {
	i := sort.Search(len(c.index), func(i int) bool { return c.index[i].arrivalMillis >= millis })
	return c.base + storage.Offset(i)
}
