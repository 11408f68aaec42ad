package disklog

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// drawSnapshot draws any state that a snapshot may have.
func drawSnapshot(t *rapid.T) *snapshotState {
	s := &snapshotState{
		snapshotInfo: snapshotInfo{lsn: journal.LSN(rapid.Uint64().Draw(t, "lsn")), replayFrom: journal.LSN(rapid.Uint64().Draw(t, "from"))},
		instance:     [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "instance")),
		timeMillis:   rapid.Int64().Draw(t, "time"),
		nextFile:     rapid.Uint64().Draw(t, "next file"),
	}
	for name, size := range rapid.MapOf(rapid.StringN(1, 20, 200), rapid.SampledFrom([]int{0, 1, 1000, sectionBytes - 1, sectionBytes, 3*sectionBytes + 5})).Draw(t, "machines") {
		state := strings.Repeat("s", size)
		s.machines = append(s.machines, machineState{name, func(w io.Writer) error {
			_, err := io.WriteString(w, state)
			return err
		}})
	}
	for i := range rapid.IntRange(0, 20).Draw(t, "shards") {
		sh := shardState{
			key:        storage.ShardKey{Stream: storage.StreamID(i / 3), Shard: uint32(i % 3)},
			class:      extent.Class7d,
			closed:     rapid.Bool().Draw(t, "closed"),
			first:      storage.Offset(rapid.Uint64Range(0, 1<<40).Draw(t, "first")),
			lastMillis: rapid.Int64().Draw(t, "last"),
		}
		sh.flushed = sh.first
		for range rapid.IntRange(0, 5).Draw(t, "extents") {
			n := storage.Offset(rapid.Uint64Range(0, 1000).Draw(t, "records"))
			sh.extents = append(sh.extents, extent.Meta{
				Key: sh.key, Class: sh.class, File: rapid.Uint64Range(0, math.MaxUint32).Draw(t, "file"),
				Pos: 4096, Length: 8192, First: sh.flushed, Last: sh.flushed + n,
			})
			sh.flushed += n + 1
		}
		sh.next = sh.flushed + storage.Offset(rapid.Uint64Range(0, 1<<40).Draw(t, "unflushed"))
		s.shards = append(s.shards, sh)
	}
	return s
}

// bytes returns the bytes of the snapshot's file.
func (s *snapshotState) bytes(t interface{ Fatal(...any) }) []byte {
	fs := vfs.NewCrash()
	f, err := fs.Create("snapshot", vfs.Buffered)
	if err == nil {
		err = newSnapshotWriter(f, s).write(s)
	}
	var content []byte
	if err == nil {
		content, err = readFile(fs, "snapshot")
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestSnapshotRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawSnapshot(t)
		got, err := readSnapshot(plant(map[string][]byte{"x/snapshot": want.bytes(t)}), "x/snapshot")
		if err != nil {
			t.Fatal(err)
		}
		if got.snapshotInfo != want.snapshotInfo || got.instance != want.instance || got.timeMillis != want.timeMillis || got.nextFile != want.nextFile {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if len(got.machines) != len(want.machines) {
			t.Fatalf("%d machines, want %d", len(got.machines), len(want.machines))
		}
		for _, m := range want.machines {
			var state bytes.Buffer
			if err := m.write(&state); err != nil || !bytes.Equal(got.machines[m.name], state.Bytes()) {
				t.Fatalf("machine %q has %d bytes, want %d", m.name, len(got.machines[m.name]), state.Len())
			}
		}
		for i := range want.shards {
			w, g := want.shards[i], got.shards[i]
			if len(w.extents) == 0 && len(g.extents) == 0 {
				w.extents, g.extents = nil, nil
			}
			if !reflect.DeepEqual(g, w) {
				t.Fatalf("shard %d is %+v, want %+v", i, g, w)
			}
		}
	})
}

// FuzzSnapshot reads garbage: a CorruptError or FormatError, and no panic. The
// checksums keep most of it from the decoders, so those get theirs directly.
func FuzzSnapshot(f *testing.F) {
	s := &snapshotState{shards: []shardState{{first: 3, flushed: 5, next: 9, closed: true}}}
	f.Add(s.bytes(f))
	f.Add(s.shards[0].append(nil))
	f.Add(encodeFormat(identity{firstFormat, [16]byte{1}}))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := readSnapshot(plant(map[string][]byte{"x/snapshot": content}), "x/snapshot")
		if err != nil && !errors.As(err, new(*storage.CorruptError)) && !errors.As(err, new(*FormatError)) {
			t.Errorf("snapshot: %v", err)
		}
		_, err = decodeFormat("FORMAT", content)
		if err != nil && !errors.As(err, new(*storage.CorruptError)) && !errors.As(err, new(*FormatError)) {
			t.Errorf("FORMAT: %v", err)
		}
		if _, _, n := decodeShard(content); n < 0 || n > len(content) {
			t.Errorf("a shard log of %d bytes in %d", n, len(content))
		}
		r := &snapshotReader{content: content}
		_ = r.shards(content)
		_ = r.metas(content)
		_ = r.assign()
	})
}
