package extent

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// damaged is a file of three extents of several blocks each, one bit of which
// is flipped.
type damaged struct {
	fs    vfs.FS
	file  vfs.File
	runs  []run
	metas []Meta
	index []*index
	size  int64
}

func newDamaged(t *testing.T) *damaged {
	d := &damaged{fs: newFS()}
	for shard := range uint32(3) {
		d.runs = append(d.runs, makeRun(shard, 10, 30, 200))
	}
	d.metas = write(t, d.fs, 1, Options{BlockBytes: 1500}, d.runs...)
	var err error
	if d.file, err = d.fs.Open(Path("x", Class1d, 1), vfs.Buffered); err != nil {
		t.Fatal(err)
	}
	d.size, _ = d.file.Size()
	s := open(t, d.fs, StoreOptions{})
	for _, m := range d.metas {
		x, err := s.index(context.Background(), m, 0)
		if err != nil {
			t.Fatal(err)
		}
		d.index = append(d.index, x)
	}
	return d
}

// flip flips a bit of the byte at pos.
func (d *damaged) flip(t *testing.T, pos int64, bit int) {
	t.Helper()
	var b [1]byte
	if _, err := d.file.ReadAt(b[:], pos); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1 << bit
	if _, err := d.file.WriteAt(b[:], pos); err != nil {
		t.Fatal(err)
	}
}

// place tells what the byte at pos belongs to: an extent, and within it a block
// or, when that is indexBlock, header or table. Nothing when extent is -1.
func (d *damaged) place(pos int64) (extent, block int) {
	for i, x := range d.index {
		if pos >= x.meta.Pos && pos < x.meta.Pos+x.headBytes() {
			return i, indexBlock
		}
		for b := range x.blocks {
			if pos >= x.blocks[b].pos && pos < x.blocks[b].pos+int64(x.blocks[b].stored) {
				return i, b
			}
		}
	}
	return -1, 0
}

// TestFlippedBit flips a bit of every byte that is not part of a block, and of
// some bytes of every block. It must be noticed by the reads it concerns and by
// no others, and by Inspect.
func TestFlippedBit(t *testing.T) {
	d := newDamaged(t)
	for pos := int64(0); pos < d.size; pos++ {
		extent, block := d.place(pos)
		padding := extent < 0 && d.padding(pos)
		dull := extent >= 0 && block >= 0 || padding || pos > 200 && pos < pageBytes-4
		if dull && pos%97 != 0 {
			continue
		}
		d.flip(t, pos, int(pos%8))
		d.checkReads(t, pos, extent, block)
		seen, sound := d.inspect(t, true)
		switch {
		case padding && (len(seen) != 0 || sound != 3):
			t.Errorf("flip in padding at %d: %v", pos, seen)
		case !padding && len(seen) != 1:
			t.Errorf("flip at %d: inspect saw %v", pos, seen)
		case !padding && extent < 0 && sound != 3, extent >= 0 && sound != 2:
			t.Errorf("flip at %d: %d sound extents, %v", pos, sound, seen)
		}
		d.flip(t, pos, int(pos%8))
		if t.Failed() {
			return
		}
	}
}

// padding reports whether the byte at pos, which is not an extent's, is one of
// those between parts.
func (d *damaged) padding(pos int64) bool {
	footer := d.metas[2].Pos + d.metas[2].Length
	return pos >= pageBytes && pos < footer ||
		pos >= footer+int64(len(footerMagic)+d.footerBytes()) && pos < d.size-trailerBytes ||
		pos >= d.size-12 && pos < d.size-8
}

func (d *damaged) footerBytes() int {
	var b []byte
	for _, m := range d.metas {
		b = m.Append(b)
	}
	return len(b)
}

// checkReads reads everything, block by block.
func (d *damaged) checkReads(t *testing.T, pos int64, extent, block int) {
	t.Helper()
	s := NewStore(d.fs, "x", StoreOptions{})
	defer s.Close()
	for i, x := range d.index {
		for b := range x.blocks {
			first, n := x.blocks[b].first, int(x.count(b))
			got, _, err := s.Read(context.Background(), x.meta, first, 0, n, 1<<20, nil)
			var corrupt *storage.CorruptError
			if i == extent && (block == indexBlock || block == b) {
				if !errors.As(err, &corrupt) || len(got) > 0 {
					t.Errorf("flip at %d: extent %d block %d: %d records, %v", pos, i, b, len(got), err)
				} else if corrupt.File != Path("x", Class1d, 1) || corrupt.Offset > pos {
					t.Errorf("flip at %d reported as %v", pos, corrupt)
				}
				continue
			}
			if err != nil {
				t.Errorf("flip at %d: extent %d block %d: %v", pos, i, b, err)
				continue
			}
			at := first - d.runs[i].first
			same(t, got, d.runs[i].records[at:int(at)+n])
		}
	}
}

// inspect returns the damage Inspect reports, and the number of sound extents.
func (d *damaged) inspect(t *testing.T, deep bool) (seen []error, sound int) {
	t.Helper()
	err := Inspect(d.fs, Path("x", Class1d, 1), deep, func(m Meta, err error) bool {
		if err == nil {
			sound++
		} else {
			seen = append(seen, fmt.Errorf("%v: %w", m, err))
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
	return seen, sound
}

// TestReadEndsBeforeDamage reads up to a damaged block, and from behind it.
func TestReadEndsBeforeDamage(t *testing.T) {
	d := newDamaged(t)
	x := d.index[1]
	d.flip(t, x.blocks[2].pos+5, 3)
	s := open(t, d.fs, StoreOptions{})
	ctx := context.Background()
	got, next, err := s.Read(ctx, x.meta, x.meta.First, 0, 10000, 1<<20, nil)
	if err != nil || next != x.blocks[2].firstMillis || got[len(got)-1].Offset != x.blocks[2].first-1 {
		t.Errorf("%d records, next arrived at %d, %v", len(got), next, err)
	}
	var corrupt *storage.CorruptError
	if _, _, err = s.Read(ctx, x.meta, x.blocks[2].first, 0, 1, 1<<20, nil); !errors.As(err, &corrupt) {
		t.Error(err)
	}
	if got, err = readAll(s, Meta(d.metas[0]), 10000); err != nil {
		t.Error(err)
	}
	same(t, got, d.runs[0].records)
	got, _, err = s.Read(ctx, x.meta, x.blocks[3].first, 0, 10000, 1<<20, nil)
	if err != nil || got[len(got)-1].Offset != x.meta.Last {
		t.Error(err)
	}
}

// TestTruncated cuts the file at every structure's end and in its middle.
func TestTruncated(t *testing.T) {
	whole := newDamaged(t)
	cuts := []int64{0, 1, 100, pageBytes - 1, pageBytes, whole.size - 1, whole.size - trailerBytes, whole.size - pageBytes}
	for _, x := range whole.index {
		cuts = append(cuts, x.meta.Pos+1, x.meta.Pos+headerBytes, x.meta.Pos+headerBytes+40, x.meta.Pos+x.headBytes())
		for _, b := range x.blocks {
			cuts = append(cuts, b.pos+1, b.pos+int64(b.stored)-1, b.pos+int64(b.stored))
		}
	}
	for _, cut := range cuts {
		d := newDamaged(t)
		if err := d.file.Truncate(cut); err != nil {
			t.Fatal(err)
		}
		s := open(t, d.fs, StoreOptions{})
		readable := 0
		for i, x := range d.index {
			for b := range x.blocks {
				_, _, err := s.Read(context.Background(), x.meta, x.blocks[b].first, 0, int(x.count(b)), 1<<20, nil)
				var corrupt *storage.CorruptError
				there := x.blocks[b].pos+int64(x.blocks[b].stored) <= cut
				if there != (err == nil) || err != nil && !errors.As(err, &corrupt) {
					t.Errorf("cut at %d: extent %d block %d: %v", cut, i, b, err)
				}
			}
			if x.blocks[len(x.blocks)-1].pos+int64(x.blocks[len(x.blocks)-1].stored) <= cut {
				readable++
			}
		}
		seen, sound := d.inspect(t, true)
		// An extent whose padding is missing is still readable; Inspect, which
		// sees that the file ends within it, may call it damaged.
		if sound > readable || sound < readable-1 {
			t.Errorf("cut at %d: %d sound of %d readable, %v", cut, sound, readable, seen)
		}
		if cut < d.metas[2].Pos+d.metas[2].Length && cut > d.metas[0].Pos && cut%pageBytes != 0 && len(seen) == 0 {
			t.Errorf("cut at %d within an extent was not seen", cut)
		}
	}
}

// TestMisplaced reads extents where others are expected: all of them are
// sound, but not what was asked for.
func TestMisplaced(t *testing.T) {
	fs := newFS()
	a := write(t, fs, 1, Options{Instance: [16]byte{1}}, makeRun(1, 0, 5, 100), makeRun(2, 0, 5, 100))
	b := write(t, fs, 2, Options{Instance: [16]byte{1}}, makeRun(1, 0, 5, 100), makeRun(2, 0, 5, 100))
	swapped := a[0]
	swapped.Pos = a[1].Pos
	other := b[0]
	other.Key.Shard++
	for name, c := range map[string]struct {
		instance [16]byte
		meta     Meta
	}{
		"of another position":     {[16]byte{1}, swapped},
		"of another shard":        {[16]byte{1}, other},
		"of another installation": {[16]byte{2}, a[0]},
		"in no file":              {[16]byte{1}, Meta{Class: Class1d, File: 9, Pos: 4096, Length: 4096}},
	} {
		s := open(t, fs, StoreOptions{Instance: c.instance})
		var corrupt *storage.CorruptError
		if _, _, err := s.Read(context.Background(), c.meta, 0, 0, 1, 1, nil); !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := open(t, fs, StoreOptions{Instance: [16]byte{1}})
	if _, err := readAll(s, a[0], 1); err != nil {
		t.Error(err)
	}
	wrong := a[0]
	wrong.Bytes++
	if _, err := readAll(s, wrong, 1); err == nil {
		t.Error("a cached index served another meta")
	}
}
