package extent

import (
	"context"
	"errors"
	"hash/crc32"
	"io/fs"
)

const (
	// headMinBytes is the least that is read of an extent to get its table:
	// most extents are smaller than that, and are then read whole.
	headMinBytes = 64 << 10
	// regionOverhead and blockOverhead are what the cache reckons for its own
	// bookkeeping.
	regionOverhead = 256
	blockOverhead  = 64
)

// index returns the extent's index. When that must be read, ahead more bytes
// are read with it, and the blocks among them are cached.
func (s *Store) index(ctx context.Context, m Meta, ahead int64) (*index, error) {
	r, err := s.fetch(ctx, m, indexBlock, one, func(*load) (r, extra *region, err error) {
		return s.loadIndex(m, ahead)
	})
	if err != nil {
		return nil, err
	}
	if r.index.meta != m {
		return nil, s.corrupt(m, m.Pos, "another extent than expected")
	}
	return r.index, nil
}

// block returns the bytes of block b. When they must be read, as many of the
// blocks after it are read as fit ahead bytes; more when the block before is
// cached, which is how a sequential reader is recognised: then twice of what
// was read at once before.
func (s *Store) block(ctx context.Context, x *index, b int, ahead int64) ([]byte, error) {
	plan := func(before *region) int {
		window := ahead
		if before != nil {
			window = max(window, 2*before.bytes)
		}
		return x.fit(b, min(window, s.options.ReadAheadBytes))
	}
	r, err := s.fetch(ctx, x.meta, b, plan, func(l *load) (r, extra *region, err error) {
		r, err = s.loadBlocks(x, l.first, l.n)
		return r, nil, err
	})
	if err != nil {
		return nil, err
	}
	return r.get(b), nil
}

// one plans a load of a single block.
func one(*region) int { return 1 }

// fit returns how many blocks from b on fit window bytes, and at least 1.
func (x *index) fit(b int, window int64) int {
	n, total := 1, int64(x.blocks[b].stored)
	for b+n < len(x.blocks) && total+int64(x.blocks[b+n].stored) <= window {
		total += int64(x.blocks[b+n].stored)
		n++
	}
	return n
}

// fetch returns a region that holds the block, from the cache, from the read
// of another caller, or else from read, which is given the load it performs.
func (s *Store) fetch(ctx context.Context, m Meta, block int, plan func(*region) int,
	read func(*load) (r, extra *region, err error)) (*region, error) {
	for {
		r, l, mine := s.cache.lookup(extentKey{m.File, m.Pos}, block, plan)
		switch {
		case r != nil:
			s.hits.Add(1)
			return r, nil
		case mine:
			r, extra, err := read(l)
			s.cache.finish(l, r, err, extra)
			return r, err
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l.region.has(block) {
			return l.region, nil
		}
		if l.first == block {
			return nil, l.err
		}
		// The other caller's read did not get as far as this block.
	}
}

// loadIndex reads the extent's header and table, and returns them as a region
// and the whole blocks that were read along as another.
func (s *Store) loadIndex(m Meta, ahead int64) (r, extra *region, err error) {
	f, err := s.open(m)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.files.release(f)) }()

	guess := &index{rows: uint32(m.Length/defaultBlockBytes)*2 + 1}
	n := guess.headBytes() + min(ahead, s.options.ReadAheadBytes)
	buf, err := s.readAt(f, m.Pos, min(max(n, headMinBytes), m.Length))
	if err != nil {
		return nil, nil, err
	}
	x, err := s.header(m, buf)
	if err != nil {
		return nil, nil, err
	}
	head := buf
	if x.headBytes() > int64(len(head)) {
		if head, err = s.readAt(f, m.Pos, x.headBytes()); err != nil {
			return nil, nil, err
		}
	}
	head = head[:min(x.headBytes(), int64(len(head)))]
	if err := x.decodeTable(head[min(headerBytes, len(head)):]); err != nil {
		return nil, nil, s.asCorrupt(m, m.Pos+headerBytes, err)
	}
	r = &region{first: indexBlock, index: x, bytes: regionOverhead + int64(len(x.blocks))*blockOverhead}
	if whole := x.within(m.Pos + int64(len(buf))); whole > 0 {
		extra, _ = s.verify(x, 0, whole, buf[x.blocks[0].pos-m.Pos:])
		extra.bytes += x.blocks[0].pos - m.Pos
	}
	return r, extra, nil
}

// header decodes the header at the start of buf, which must be that of m.
func (s *Store) header(m Meta, buf []byte) (*index, error) {
	x, err := decodeHeader(buf, m.Length)
	if err != nil {
		return nil, s.asCorrupt(m, m.Pos, err)
	}
	if x.meta != m || s.options.Instance != [16]byte{} && x.instance != s.options.Instance {
		return nil, s.corrupt(m, m.Pos, "another extent than expected")
	}
	return x, nil
}

// within returns how many of the blocks lie whole below the position.
func (x *index) within(end int64) int {
	n := 0
	for n < len(x.blocks) && x.blocks[n].pos+int64(x.blocks[n].stored) <= end {
		n++
	}
	return n
}

// loadBlocks reads n blocks from first on. Those that are damaged are missing
// from the region; the error tells why, if it is the first.
func (s *Store) loadBlocks(x *index, first, n int) (r *region, err error) {
	f, err := s.open(x.meta)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.files.release(f)) }()

	last := x.blocks[first+n-1]
	pos := x.blocks[first].pos
	buf, err := s.readAt(f, pos, last.pos+int64(last.stored)-pos)
	if err != nil && n > 1 {
		// What cannot be read may lie behind the block that is wanted.
		n = 1
		buf, err = s.readAt(f, pos, int64(x.blocks[first].stored))
	}
	if err != nil {
		return nil, err
	}
	return s.verify(x, first, n, buf)
}

// verify makes a region of the n blocks from first on, whose bytes are at the
// start of buf, as far as the file has them. Those that are damaged are
// missing; the error tells why, if it is the first.
func (s *Store) verify(x *index, first, n int, buf []byte) (*region, error) {
	r := &region{first: first, blocks: make([][]byte, n)}
	r.bytes = int64(len(buf)) + pageBytes + regionOverhead + int64(n)*blockOverhead // a page for rounding in readAt
	var err error
	at := 0
	for i := range n {
		b := x.blocks[first+i]
		end := at + int(b.stored)
		reason := ""
		switch {
		case end > len(buf):
			reason = "file ends within the block"
		case crc32.Checksum(buf[at:end], castagnoli) != b.crc:
			reason = "block checksum mismatch"
		default:
			r.blocks[i] = buf[at:end:end]
		}
		if i == 0 && reason != "" {
			err = s.corrupt(x.meta, b.pos, reason)
		}
		at = end
	}
	return r, err
}

// open returns the extent's file, which the caller must release.
func (s *Store) open(m Meta) (*openFile, error) {
	f, err := s.files.acquire(m.Class, m.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.corrupt(m, 0, "file is missing")
	}
	return f, err
}

// readAt returns the n bytes at the position, or fewer when the file ends
// within them.
func (s *Store) readAt(f *openFile, pos, n int64) ([]byte, error) {
	b, err := readAt(f, pos, n)
	s.loads.Add(1)
	s.loadedBytes.Add(uint64(len(b)))
	return b, err
}

// corrupt says that the extent's file is damaged at the position.
func (s *Store) corrupt(m Meta, pos int64, reason string) error {
	return corrupt(Path(s.dir, m.Class, m.File), pos, reason)
}

// asCorrupt is corrupt for an error that is a damage, and err for others.
func (s *Store) asCorrupt(m Meta, pos int64, err error) error {
	if d, ok := err.(damage); ok {
		return s.corrupt(m, pos, string(d))
	}
	return err
}
