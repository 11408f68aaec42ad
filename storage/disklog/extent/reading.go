package extent

import (
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

const (
	errMalformed = damage("malformed record")
	errCount     = damage("block does not hold the records that the table says")
)

// reading is one Read: what is wanted, and what was found so far.
type reading struct {
	shard                uint32
	from                 storage.Offset
	notBefore            int64
	maxRecords, maxBytes int

	dst   []storage.Record
	start int // dst[start:] is what this Read appended
	bytes int // of those

	ended      bool  // a record was met that is not wanted any more,
	nextMillis int64 // which arrived then
}

// full reports whether nothing more is wanted, except that an empty dst takes
// one record of any size.
func (r *reading) full() bool {
	if len(r.dst) == 0 {
		return r.maxRecords <= 0
	}
	return len(r.dst)-r.start >= r.maxRecords || r.bytes >= r.maxBytes
}

// block appends the records wanted from block b. An error is a damage, and
// nothing of the block was appended then.
func (r *reading) block(x *index, b int, data []byte) error {
	before := *r
	offset := x.blocks[b].first
	for left := x.count(b); left > 0; left-- {
		if len(data) == 0 {
			*r = before
			return errCount
		}
		n := r.record(offset, data)
		if n == 0 {
			*r = before
			return errMalformed
		}
		if r.ended {
			return nil
		}
		data = data[n:]
		offset++
	}
	if len(data) > 0 {
		*r = before
		return errCount
	}
	return nil
}

// record appends the record at the start of data when it is wanted, or notes
// that the reading ends before it. It returns the length of the record's byte
// form, 0 when that is malformed.
func (r *reading) record(offset storage.Offset, data []byte) int {
	if offset < r.from {
		var skipped storage.Record
		n, _ := entry.DecodeRecord(data, &skipped)
		return n
	}
	at := len(r.dst)
	full := r.full()
	r.dst = append(r.dst, storage.Record{Shard: r.shard, Offset: offset})
	found := &r.dst[at]
	n, _ := entry.DecodeRecord(data, found)
	size := len(found.PartitionKey) + len(found.Data)
	switch {
	case n > 0 && found.ArrivalMillis >= r.notBefore && !full && (at == 0 || size <= r.maxBytes-r.bytes):
		r.bytes += size
		return n
	case n > 0 && found.ArrivalMillis >= r.notBefore:
		r.ended, r.nextMillis = true, found.ArrivalMillis
	}
	*found = storage.Record{} // keep nothing alive that is not returned
	r.dst = r.dst[:at]
	return n
}

// ahead returns how many bytes of blocks from b on are going to be needed.
func (r *reading) ahead(x *index, b int) int64 {
	last := x.meta.Last
	wanted := uint64(max(r.maxRecords-(len(r.dst)-r.start), 1)) - 1
	if from := max(r.from, x.blocks[b].first); wanted < uint64(last-from) {
		last = from + storage.Offset(wanted)
	}
	end := x.blocks[x.blockOf(last)]
	byRecords := end.pos + int64(end.stored) - x.blocks[b].pos
	// A block more, since the first one may be needed for its end only.
	return min(byRecords, int64(max(r.maxBytes-r.bytes, 0))+int64(x.blocks[b].stored))
}

// headAhead guesses, before the block table is known, how many bytes of blocks
// are worth reading along with it: what ahead would say for a reading that
// starts at the beginning of the extent, and none for others.
func (r *reading) headAhead(m Meta) int64 {
	if r.from > m.First || r.notBefore > m.FirstMillis {
		return 0
	}
	each := m.Length/int64(m.Count()) + 1
	wanted := min(int64(max(r.maxRecords, 1)), int64(m.Count()))
	return min(each*wanted, int64(max(r.maxBytes, 0))) + defaultBlockBytes
}

// search returns the first offset from block b on that arrived at or after
// millis, which the extent's last record did. An error is a damage.
func (x *index) search(b int, data []byte, millis int64) (storage.Offset, error) {
	var r storage.Record
	end := x.blocks[b].first + storage.Offset(x.count(b))
	for offset := x.blocks[b].first; offset < end; offset++ {
		n, err := entry.DecodeRecord(data, &r)
		if err != nil {
			return 0, errMalformed
		}
		if r.ArrivalMillis >= millis {
			return offset, nil
		}
		data = data[n:]
	}
	if end > x.meta.Last {
		return 0, errCount
	}
	return end, nil
}
