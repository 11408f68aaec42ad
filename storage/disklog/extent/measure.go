package extent

import (
	"errors"
	"fmt"
	"hash/crc32"
	"iter"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// defaultBlockBytes is how much a reader must at least load, verify and scan
// to find one record.
const defaultBlockBytes = 64 << 10

// measure walks the records in chunks, cuts them into blocks and returns the
// index of the extent they make, with everything filled in but what depends on
// the file. Blocks hold as many whole records as fit blockBytes, and at least
// one.
func measure(chunks iter.Seq[[]byte], first storage.Offset, blockBytes int) (*index, error) {
	m := measurer{index: &index{}, next: first, blockBytes: blockBytes}
	for chunk := range chunks {
		if err := m.chunk(chunk); err != nil {
			return nil, err
		}
	}
	x := m.index
	if len(x.blocks) == 0 {
		return nil, errors.New("extent without records")
	}
	x.meta.First, x.meta.Last = first, m.next-1
	x.meta.FirstMillis = x.blocks[0].firstMillis
	x.rows, x.rawBytes = uint32(len(x.blocks)), x.storedBytes
	if reason := x.meta.checkRange(); reason != "" {
		return nil, errors.New(reason)
	}
	return x, nil
}

// measurer is the state of one measure.
type measurer struct {
	index      *index
	next       storage.Offset // of the record that comes next
	blockBytes int
}

// chunk adds the records of one chunk.
func (m *measurer) chunk(chunk []byte) error {
	var r storage.Record
	x := m.index
	run := 0 // where the bytes begin that the block's checksum does not cover yet
	for at := 0; at < len(chunk); {
		n, err := entry.DecodeRecord(chunk[at:], &r)
		if err != nil {
			return fmt.Errorf("record %d: %w", m.next, err)
		}
		if len(x.blocks) > 0 && r.ArrivalMillis < x.meta.LastMillis {
			return fmt.Errorf("record %d arrived at %d, before its predecessor at %d", m.next, r.ArrivalMillis, x.meta.LastMillis)
		}
		if len(x.blocks) == 0 || int(x.last().stored)+n > m.blockBytes {
			m.cover(chunk[run:at])
			run = at
			x.blocks = append(x.blocks, block{first: m.next, firstMillis: r.ArrivalMillis})
		}
		x.last().stored += uint32(n)
		x.storedBytes += int64(n)
		x.meta.Bytes += int64(len(r.PartitionKey) + len(r.Data))
		x.meta.LastMillis = r.ArrivalMillis
		m.next++
		at += n
	}
	m.cover(chunk[run:])
	return nil
}

// cover adds bytes to the last block's checksum.
func (m *measurer) cover(b []byte) {
	if len(b) > 0 {
		last := m.index.last()
		last.crc = crc32.Update(last.crc, castagnoli, b)
	}
}

func (x *index) last() *block { return &x.blocks[len(x.blocks)-1] }
