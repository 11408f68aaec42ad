package disklog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/leat-io/leat/internal/vfs"
)

// A snapshot file is a header and sections (integers little-endian; see
// docs/formats/snapshot.md):
//
//	 0   8  magic "LEATSNP1"
//	 8   4  format, 1
//	12   4  header length, 80
//	16  16  instance UUID
//	32   8  LSN that the state is of
//	40   8  LSN from which records are replayed
//	48   8  creation time, Unix milliseconds
//	56   8  number of the next extent file
//	64  12  zeros
//	76   4  CRC32C of bytes 0-75
//
// and each section
//
//	 0   1  kind: 1 machine, 2 shards, 3 extents, 255 end
//	 1   1  length of the name
//	 2   2  zeros
//	 4   4  payload length
//	 8   4  CRC32C of the LSN, of bytes 0-7, of name and payload
//	12      name, payload
//
// The state of a machine is the concatenation of the sections with its name.
// The shards and their extents are in the order of their keys, each list cut
// into sections anywhere between two elements. The end section is the last,
// and holds the number of those before it (8 B).
const (
	snapshotMagic       = "LEATSNP1"
	snapshotFormat      = 1
	snapshotHeaderBytes = 80
	maxHeaderBytes      = 4096 // of any format to come
	sectionHeaderBytes  = 12

	sectionMachine = 1
	sectionShards  = 2
	sectionExtents = 3
	sectionEnd     = 255

	// sectionBytes is where a section is cut.
	sectionBytes = 256 << 10
	// maxSectionBytes is the most that a reader accepts.
	maxSectionBytes = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sectionChecksum covers the section's own bytes and, by the LSN, which
// snapshot it belongs to.
func sectionChecksum(lsn uint64, head, name, payload []byte) uint32 {
	sum := crc32.Update(0, castagnoli, binary.LittleEndian.AppendUint64(nil, lsn))
	sum = crc32.Update(sum, castagnoli, head)
	sum = crc32.Update(sum, castagnoli, name)
	return crc32.Update(sum, castagnoli, payload)
}

// snapshotWriter writes one snapshot file.
type snapshotWriter struct {
	file     vfs.File
	pos      int64
	lsn      uint64
	sections uint64
	buf      []byte // payload of the section being filled
	out      []byte // not written yet
}

func newSnapshotWriter(file vfs.File, s *snapshotState) *snapshotWriter {
	return &snapshotWriter{file: file, lsn: uint64(s.lsn)}
}

func (w *snapshotWriter) write(s *snapshotState) error {
	if err := w.put(appendSnapshotHeader(nil, s)); err != nil {
		return err
	}
	for _, m := range s.machines {
		section := &machineSection{w, m.name}
		if err := m.write(section); err != nil {
			return fmt.Errorf("machine %q: %w", m.name, err)
		}
		if err := w.section(sectionMachine, m.name); err != nil {
			return err
		}
	}
	for i := range s.shards {
		w.buf = s.shards[i].append(w.buf)
		if err := w.cut(sectionShards); err != nil {
			return err
		}
	}
	if err := w.section(sectionShards, ""); err != nil {
		return err
	}
	for i := range s.shards {
		for _, m := range s.shards[i].extents {
			w.buf = m.Append(w.buf)
			if err := w.cut(sectionExtents); err != nil {
				return err
			}
		}
	}
	if err := w.section(sectionExtents, ""); err != nil {
		return err
	}
	w.buf = binary.LittleEndian.AppendUint64(w.buf, w.sections)
	if err := w.section(sectionEnd, ""); err != nil {
		return err
	}
	return w.flush()
}

// machineSection makes sections of what a machine writes.
type machineSection struct {
	w    *snapshotWriter
	name string
}

func (m *machineSection) Write(p []byte) (n int, err error) {
	for n < len(p) {
		take := min(len(p)-n, sectionBytes-len(m.w.buf))
		m.w.buf = append(m.w.buf, p[n:n+take]...)
		n += take
		if len(m.w.buf) == sectionBytes {
			if err := m.w.section(sectionMachine, m.name); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// cut ends the section when it is long enough.
func (w *snapshotWriter) cut(kind byte) error {
	if len(w.buf) < sectionBytes {
		return nil
	}
	return w.section(kind, "")
}

// section writes what is in buf as a section.
func (w *snapshotWriter) section(kind byte, name string) error {
	head := []byte{kind, byte(len(name)), 0, 0}
	head = binary.LittleEndian.AppendUint32(head, uint32(len(w.buf)))
	sum := sectionChecksum(w.lsn, head, []byte(name), w.buf)
	head = binary.LittleEndian.AppendUint32(head, sum)
	head = append(head, name...)
	if err := w.put(head); err != nil {
		return err
	}
	err := w.put(w.buf)
	w.buf = w.buf[:0]
	w.sections++
	return err
}

func (w *snapshotWriter) put(b []byte) error {
	w.out = append(w.out, b...)
	if len(w.out) < sectionBytes {
		return nil
	}
	return w.flush()
}

func (w *snapshotWriter) flush() error {
	n, err := w.file.WriteAt(w.out, w.pos)
	w.pos += int64(n)
	w.out = w.out[:0]
	return err
}

func appendSnapshotHeader(dst []byte, s *snapshotState) []byte {
	dst = append(dst, snapshotMagic...)
	dst = binary.LittleEndian.AppendUint32(dst, snapshotFormat)
	dst = binary.LittleEndian.AppendUint32(dst, snapshotHeaderBytes)
	dst = append(dst, s.instance[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.lsn))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.replayFrom))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.timeMillis))
	dst = binary.LittleEndian.AppendUint64(dst, s.nextFile)
	dst = append(dst, make([]byte, 12)...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst, castagnoli))
}

// shardClosed is the flag of a closed shard log.
const shardClosed = 1

// append appends the byte form of a shard log: stream, shard, class, flags,
// first, flushed minus first, next minus flushed (unsigned varints; flushed is
// not below first), arrival of the newest record (signed), number of extents.
func (s *shardState) append(dst []byte) []byte {
	var flags uint64
	if s.closed {
		flags |= shardClosed
	}
	flushed := max(s.flushed, s.first)
	for _, v := range []uint64{
		uint64(s.key.Stream), uint64(s.key.Shard), uint64(s.class), flags,
		uint64(s.first), uint64(flushed - s.first), uint64(s.next - flushed),
	} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = binary.AppendVarint(dst, s.lastMillis)
	return binary.AppendUvarint(dst, uint64(len(s.extents)))
}
