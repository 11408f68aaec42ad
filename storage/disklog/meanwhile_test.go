package disklog

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// heldFS calls held before the next read of an extent file when hold is set.
type heldFS struct {
	*vfs.Crash
	hold atomic.Bool
	held func()
}

type heldFile struct {
	vfs.File
	fs *heldFS
}

func (h *heldFS) Open(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := h.Crash.Open(name, mode)
	if err != nil || !strings.HasSuffix(name, ".x") {
		return f, err
	}
	return &heldFile{f, h}, nil
}

func (f *heldFile) ReadAt(p []byte, off int64) (int, error) {
	if f.fs.hold.CompareAndSwap(true, false) {
		f.fs.held()
	}
	return f.File.ReadAt(p, off)
}

// TestMergeUnderReader holds a reader between the look for an extent and the
// read of it, until the extent was merged and its place punched or its file
// removed.
func TestMergeUnderReader(t *testing.T) {
	fs := &heldFS{Crash: vfs.NewCrash()}
	o := tiny()
	o.FS = fs
	log := smallExtents(t, o, 1)
	want := contents(t, log, 1)
	log.settle()
	reading, goOn := make(chan struct{}), make(chan struct{})
	fs.hold.Store(true)
	fs.held = func() {
		close(reading)
		<-goOn
	}
	key := storage.ShardKey{Stream: 1}
	found := make(chan storage.ReadResult)
	go func() {
		var res storage.ReadResult
		if err := log.Read(context.Background(), storage.ReadRequest{Key: key, MaxRecords: 5, MaxBytes: 1 << 20}, &res); err != nil {
			t.Error(err)
		}
		found <- res
	}()
	<-reading
	mergeNow(log)
	if _, moved := extentsOf(log, 0); moved == 0 {
		t.Fatal("nothing was merged")
	}
	close(goOn)
	res := <-found
	if len(res.Records) == 0 || res.Records[0].Offset != 0 {
		t.Fatalf("the reader has %d records", len(res.Records))
	}
	for _, r := range res.Records {
		if want[0][r.Offset].data != string(r.Data) {
			t.Errorf("offset %d has %.20q", r.Offset, r.Data)
		}
	}
}

// TestMergeMeanwhile trims or deletes records of an extent while it is written
// to take the place of others.
func TestMergeMeanwhile(t *testing.T) {
	for _, what := range []string{"some", "all", "delete", "delete stream"} {
		t.Run(what, func(t *testing.T) {
			fs := &busyFS{Crash: vfs.NewCrash(), busy: func() {}}
			clock := storagetest.NewClock()
			o := tiny()
			o.FS, o.Clock = fs, clock
			log := smallExtents(t, o, 2)
			key := storage.ShardKey{Stream: 1}
			metas := log.table.get(key).metas()
			cut := metas[len(metas)/2].First
			want := contents(t, log, 2)
			once := false
			log.settle()
			fs.busy = func() {
				if once {
					return
				}
				once = true
				ticket := newTicket(ofTrim, 24)
				switch what {
				case "some":
					ticket.trims = []trim{{key, cut + 1}}
				case "all":
					ticket.trims = []trim{{key, metas[len(metas)-1].Last + 1}}
				case "delete":
					propose(t, log, storagetest.Command{Delete: []storage.ShardKey{key}})
					return
				case "delete stream":
					propose(t, log, storagetest.Command{DeleteStreams: []storage.StreamID{1}})
					return
				}
				if err := log.submit(context.Background(), ticket); err != nil {
					t.Error(err)
				}
			}
			mergeNow(log)
			check := func(when string) {
				t.Helper()
				b, err := log.Bounds(key)
				if strings.HasPrefix(what, "delete") {
					if !errors.Is(err, storage.ErrNotFound) {
						t.Errorf("%s: bounds are %v, %v", when, b, err)
					}
				} else if found, err := readAll(log, key, b); err != nil || len(found) != int(b.Next-b.First) || b.First == 0 {
					t.Errorf("%s: %d records, bounds are %+v, %v", when, len(found), b, err)
				} else {
					for offset, r := range found {
						if want[0][offset] != r {
							t.Errorf("%s: offset %d has %.20q", when, offset, r.data)
						}
					}
				}
			}
			if !once || log.Stats().MovedBytes == 0 {
				t.Fatal("nothing was merged")
			}
			check("merged")
			live := log.Stats().Extents
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			o.care = noCare
			log = openTest(t, "", o)
			check("opened again")
			if n := log.Stats().Extents; n != live {
				t.Errorf("%d extents, opened again %d", live, n)
			}
		})
	}
}
