package disklog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// loadedSnapshot is a snapshot as it was read back.
type loadedSnapshot struct {
	snapshotInfo
	instance   [16]byte
	timeMillis int64
	nextFile   uint64
	machines   map[string][]byte
	shards     []shardState
}

// readSnapshot reads a snapshot file. Anything that is not as it was written
// gives a *storage.CorruptError, a newer format a *FormatError.
func readSnapshot(fsys vfs.FS, name string) (*loadedSnapshot, error) {
	content, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	r := &snapshotReader{name: name, content: content}
	s, err := r.read()
	if err != nil {
		return nil, err
	}
	return s, nil
}

// readFile returns the content of a file of this package.
func readFile(fsys vfs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name, vfs.Buffered)
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	content := make([]byte, size)
	n, err := f.ReadAt(content, 0)
	if err == io.EOF {
		err = nil // the file is empty
	}
	return content[:n], errors.Join(err, f.Close())
}

// snapshotReader takes a snapshot file apart.
type snapshotReader struct {
	name    string
	content []byte
	pos     int
	s       loadedSnapshot
	want    []uint64 // number of extents of each shard
	extents []extent.Meta
}

func (r *snapshotReader) corrupt(reason string) error {
	return &storage.CorruptError{File: r.name, Offset: int64(r.pos), Reason: reason}
}

func (r *snapshotReader) read() (*loadedSnapshot, error) {
	if err := r.header(); err != nil {
		return nil, err
	}
	for sections := uint64(0); ; sections++ {
		kind, name, payload, err := r.section()
		if err != nil {
			return nil, err
		}
		switch kind {
		case sectionMachine:
			r.s.machines[name] = append(r.s.machines[name], payload...)
		case sectionShards:
			err = r.shards(payload)
		case sectionExtents:
			err = r.metas(payload)
		case sectionEnd:
			if len(payload) != 8 || binary.LittleEndian.Uint64(payload) != sections || r.pos != len(r.content) {
				return nil, r.corrupt("sections are missing")
			}
			return &r.s, r.assign()
		default:
			err = r.corrupt("unknown kind of section")
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *snapshotReader) header() error {
	h := r.content
	if len(h) < snapshotHeaderBytes || !bytes.HasPrefix(h, []byte(snapshotMagic)) {
		return r.corrupt("not a snapshot")
	}
	le := binary.LittleEndian
	length := int(le.Uint32(h[12:]))
	if length < snapshotHeaderBytes || length > min(len(h), maxHeaderBytes) ||
		crc32.Checksum(h[:length-4], castagnoli) != le.Uint32(h[length-4:]) {
		return r.corrupt("header checksum mismatch")
	}
	if format := le.Uint32(h[8:]); format > snapshotFormat {
		return &FormatError{File: r.name, Format: int(format), Known: snapshotFormat}
	}
	copy(r.s.instance[:], h[16:])
	r.s.lsn = journal.LSN(le.Uint64(h[32:]))
	r.s.replayFrom = journal.LSN(le.Uint64(h[40:]))
	r.s.timeMillis = int64(le.Uint64(h[48:]))
	r.s.nextFile = le.Uint64(h[56:])
	r.s.machines = make(map[string][]byte)
	r.pos = length
	return nil
}

// section returns the next section.
func (r *snapshotReader) section() (kind byte, name string, payload []byte, err error) {
	rest := r.content[r.pos:]
	if len(rest) < sectionHeaderBytes {
		return 0, "", nil, r.corrupt("truncated")
	}
	head := rest[:8]
	nameLength, length := int(head[1]), int(binary.LittleEndian.Uint32(head[4:]))
	if length > maxSectionBytes || len(rest) < sectionHeaderBytes+nameLength+length {
		return 0, "", nil, r.corrupt("truncated")
	}
	body := rest[sectionHeaderBytes:]
	nameBytes, payload := body[:nameLength], body[nameLength:nameLength+length]
	if sectionChecksum(uint64(r.s.lsn), head, nameBytes, payload) != binary.LittleEndian.Uint32(rest[8:]) {
		return 0, "", nil, r.corrupt("section checksum mismatch")
	}
	r.pos += sectionHeaderBytes + nameLength + length
	return head[0], string(nameBytes), payload, nil
}

func (r *snapshotReader) shards(src []byte) error {
	for len(src) > 0 {
		s, extents, n := decodeShard(src)
		if n == 0 {
			return r.corrupt("malformed shard log")
		}
		src = src[n:]
		r.s.shards = append(r.s.shards, s)
		r.want = append(r.want, extents)
	}
	return nil
}

// decodeShard is the reverse of shardState.append; n is 0 when src is not what
// that wrote.
func decodeShard(src []byte) (s shardState, extents uint64, n int) {
	var v [7]uint64
	at := 0
	for i := range v {
		x, w := binary.Uvarint(src[at:])
		if w <= 0 {
			return s, 0, 0
		}
		v[i] = x
		at += w
	}
	millis, w := binary.Varint(src[at:])
	if w <= 0 || v[0] > math.MaxUint32 || v[1] > math.MaxUint32 || v[2] > math.MaxUint8 || v[3]&^shardClosed != 0 {
		return s, 0, 0
	}
	at += w
	extents, w = binary.Uvarint(src[at:])
	if w <= 0 {
		return s, 0, 0
	}
	s = shardState{
		key:        storage.ShardKey{Stream: storage.StreamID(v[0]), Shard: uint32(v[1])},
		class:      extent.Class(v[2]),
		closed:     v[3]&shardClosed != 0,
		first:      storage.Offset(v[4]),
		flushed:    storage.Offset(v[4] + v[5]),
		next:       storage.Offset(v[4] + v[5] + v[6]),
		lastMillis: millis,
	}
	return s, extents, at + w
}

func (r *snapshotReader) metas(src []byte) error {
	for len(src) > 0 {
		m, n, err := extent.DecodeMeta(src)
		if err != nil {
			return r.corrupt("malformed extent")
		}
		src = src[n:]
		r.extents = append(r.extents, m)
	}
	return nil
}

// assign gives each shard log its extents.
func (r *snapshotReader) assign() error {
	at := uint64(0)
	for i := range r.s.shards {
		n := r.want[i]
		if n > uint64(len(r.extents))-at {
			return r.corrupt("extents are missing")
		}
		// The capacity ends with the shard's own, so that adding to one never
		// overwrites the next one's.
		r.s.shards[i].extents = r.extents[at : at+n : at+n]
		for _, m := range r.s.shards[i].extents {
			if m.Key != r.s.shards[i].key {
				return r.corrupt(fmt.Sprintf("extent of shard log %v among those of %v", m.Key, r.s.shards[i].key))
			}
		}
		at += n
	}
	if at != uint64(len(r.extents)) {
		return r.corrupt("extents belong to no shard log")
	}
	return nil
}
