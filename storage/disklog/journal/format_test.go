package journal

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

// TestFormat pins the bytes: a change here is a new format version.
func TestFormat(t *testing.T) {
	h := segmentHeader{
		instance: testInstance, number: 7, incarnation: 0x1122334455667788, first: 0x10000,
		millis: 1700000000000, prev: 6, prevEnd: 0x10000, length: 64 << 20,
	}
	mem := make([]byte, headerSize)
	h.encode(mem)
	const wantHeader = "4c4541544a524e31" + "01000000" + "00100000" + "01020300000000000000000000000000" +
		"0700000000000000" + "8877665544332211" + "0000010000000000" + "0068e5cf8b010000" +
		"0600000000000000" + "0000010000000000" + "00000000000000000000000000000000" + "0000000400000000"
	if got := hex.EncodeToString(mem[:104]); got != wantHeader {
		t.Errorf("segment header\n%s, want\n%s", got, wantHeader)
	}
	if got, err := decodeHeader(mem); err != nil || got != h {
		t.Errorf("decoded %+v, %v", got, err)
	}

	payload := []byte("payload")
	f := frame{
		lsn: 0x10040, synced: 0x10000, incarnation: h.incarnation, payload: len(payload), entries: 2,
		millis: 1700000000001, flags: FlagCommands | FlagPadded,
	}
	f.payloadCRC = payloadChecksum(f.incarnation, f.lsn, payload)
	f.encode(mem)
	const wantFrame = "4d52464c" + "0172e6c3" + "4000010000000000" + "0000010000000000" + "8877665544332211" +
		"07000000" + "02000000" + "0168e5cf8b010000" + "11000000" + "9ace149f" + "0000000000000000"
	if got := hex.EncodeToString(mem[:frameHeader]); got != wantFrame {
		t.Errorf("frame header\n%s, want\n%s", got, wantFrame)
	}
	if got, ok := decodeFrame(mem); !ok || got != f {
		t.Errorf("decoded %+v, %v", got, ok)
	}
}

// TestForeignFrames puts a frame behind the last one that is right but for one
// thing. It must not be taken for the journal's.
func TestForeignFrames(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(f *frame)
		want int
	}{
		"nothing":             {func(f *frame) {}, all + 1},
		"another incarnation": {func(f *frame) { f.incarnation++ }, all},
		"another place":       {func(f *frame) { f.lsn -= 8; f.synced = f.lsn }, all},
		"a higher promise":    {func(f *frame) { f.synced = f.lsn + 8 }, all},
	} {
		s := newSpecimen(t, false, false)
		last := s.frames[all-1]
		sc, err := openScanner(s.fs, s.files[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := sc.close(); err != nil {
			t.Fatal(err)
		}
		payload := specimenPayload(all)
		f := frame{lsn: last.End, synced: last.End, incarnation: sc.header.incarnation, payload: len(payload), entries: 1}
		c.edit(&f)
		f.payloadCRC = payloadChecksum(f.incarnation, f.lsn, payload)
		s.change(s.files[1], last.FileOffset+int64(last.End-last.Start), int64(frameHeader+len(payload)), func(p []byte) {
			f.encode(p)
			copy(p[frameHeader:], payload)
		})
		if got := s.open(0); got != c.want {
			t.Errorf("%s: found %d frames, want %d", name, got, c.want)
		}
	}
}

// TestTakenOverFramesAreProtected: a start promises that what it copied is
// durable, the last frame included.
func TestTakenOverFramesAreProtected(t *testing.T) {
	s := newSpecimen(t, false, false)
	j, got := reopen(t, s.o, 0)
	if len(got) != all {
		t.Fatalf("found %d frames", len(got))
	}
	file := j.Segments()[1].File
	s.fs = s.fs.Kill()
	s.o.FS = s.fs
	_ = j.Close() // it was killed
	at := int64(bytes.LastIndex(readAll(t, s.fs, file), []byte{all, all, all, all}))
	s.flip(file, at)
	if got := s.open(0); got != refused {
		t.Errorf("found %d frames, want refusal", got)
	}
}

// TestPayloadChecksumKnowsItsPlace: a payload that was moved, or is left from
// an earlier life, does not match.
func TestPayloadChecksumKnowsItsPlace(t *testing.T) {
	p := []byte("payload")
	sum := payloadChecksum(1, 2, p)
	if sum == payloadChecksum(3, 2, p) || sum == payloadChecksum(1, 3, p) || sum == payloadChecksum(1, 2, p[1:]) {
		t.Error("the checksum leaves something out")
	}
}

// TestSegmentNames: only the exact form is a segment.
func TestSegmentNames(t *testing.T) {
	if n, ok := parseSegmentName(segmentName(0xabc)); !ok || n != 0xabc {
		t.Error(n, ok)
	}
	for _, name := range []string{
		"", ".j", "1.j", "0000000000000000.j", "0000000000000ABC.j", "0000000000000001.x", "+000000000000001.j", "next.new",
	} {
		if n, ok := parseSegmentName(name); ok {
			t.Errorf("%q is segment %d", name, n)
		}
	}
	if vfs.Alignment != headerSize {
		t.Error("the header does not fill a page")
	}
}

// TestPaddingIsZeros: nothing of an earlier frame in the same buffer gets into
// the file.
func TestPaddingIsZeros(t *testing.T) {
	b := newBuffer()
	b.Payload = append(b.Payload, bytes.Repeat([]byte{0xee}, 9000)...)
	b.seal(frame{flags: FlagPadded})
	b.Reset()
	b.Payload = append(b.Payload, 1)
	if p := b.seal(frame{flags: FlagPadded}); len(p) != vfs.Alignment || !isZero(p[frameHeader+1:]) {
		t.Errorf("frame of %d bytes, padded with %x…", len(p), p[frameHeader+1:][:8])
	}
}

// TestChainThatContradictsItself: headers that are whole and cannot be true.
func TestChainThatContradictsItself(t *testing.T) {
	for name, edit := range map[string]func(h *segmentHeader){
		"its own predecessor": func(h *segmentHeader) { h.prev = h.number; h.prevEnd = h.first },
		"a gap":               func(h *segmentHeader) { h.first += 4096 },
		"another end":         func(h *segmentHeader) { h.prevEnd -= 64; h.first -= 64 },
	} {
		s := newSpecimen(t, false, true)
		s.change(s.files[1], 0, headerSize, func(p []byte) {
			h, err := decodeHeader(p)
			if err != nil {
				t.Fatal(err)
			}
			edit(&h)
			h.encode(p)
		})
		if got := s.open(0); got != refused {
			t.Errorf("%s: found %d frames", name, got)
		}
	}
}
