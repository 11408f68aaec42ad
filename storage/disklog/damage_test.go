package disklog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/journal"
	"github.com/leat-io/leat/storage/storagetest"
)

// outcome is what may come of damage.
type outcome string

const (
	// refused: Open says what is damaged.
	refused outcome = "refused"
	// readsFail: Open succeeds, and a read of what is damaged says so.
	readsFail outcome = "reads fail"
	// intact: nothing that matters was hit, and everything is there.
	intact outcome = "intact"
)

// TestDamage flips bits, cuts and removes files of every kind. Whatever is
// hit, nothing is served that was not written, and nothing is missing without
// an error.
func TestDamage(t *testing.T) {
	w, files := damageFixture(t)
	rnd := rand.New(rand.NewPCG(7, 7))
	snapshots := filesOf(files, "/snap-")
	if len(snapshots) != 2 || len(filesOf(files, ".j")) < 2 || len(filesOf(files, ".x")) < 2 {
		t.Fatalf("the folder is too plain: %v", filesOf(files, ""))
	}
	newest := snapshots[1]
	from := replayFrom(t, files, newest)
	seen := make(map[string]int)
	try := func(name, what string, damaged map[string][]byte, want ...outcome) {
		t.Helper()
		got, err := w.open1(damaged)
		seen[fmt.Sprint(path.Ext(name), got)]++
		if !slices.Contains(want, got) {
			t.Errorf("%s, %s: %s, want %v: %v", name, what, got, want, err)
		}
	}
	for name, content := range files {
		var flip, cut, remove []outcome
		switch {
		case strings.HasSuffix(name, "/"+lockName):
			flip, cut, remove = []outcome{intact}, []outcome{intact}, []outcome{intact}
		case strings.HasSuffix(name, "/"+formatName):
			flip, cut, remove = []outcome{refused}, []outcome{refused}, []outcome{refused}
		case slices.Contains(snapshots, name):
			flip, cut, remove = []outcome{intact}, []outcome{intact}, []outcome{intact}
		case strings.HasSuffix(name, ".x"):
			flip, cut, remove = []outcome{readsFail, intact}, []outcome{readsFail, intact}, []outcome{readsFail, intact}
		case strings.HasSuffix(name, ".j"):
			// Where exactly is tested below.
			flip, cut, remove = []outcome{refused, intact}, []outcome{refused, intact}, []outcome{refused, intact}
		default:
			t.Fatalf("unexpected file %s", name)
		}
		for range min(8, len(content)) {
			at := rnd.IntN(len(content))
			try(name, fmt.Sprintf("a bit of byte %d is flipped", at), flipped(files, name, at, rnd), flip...)
			at = rnd.IntN(len(content))
			try(name, fmt.Sprintf("cut to %d bytes", at), with(files, name, content[:at]), cut...)
		}
		try(name, "removed", with(files, name, nil), remove...)
	}
	for _, frame := range framesOf(t, files) {
		if frame.Start < from {
			continue
		}
		at := int(frame.FileOffset) + rnd.IntN(64+len(frame.Payload))
		if at >= int(frame.FileOffset)+56 && at < int(frame.FileOffset)+64 {
			continue // reserved
		}
		try(frame.File, fmt.Sprintf("byte %d of the frame at %d", at, frame.FileOffset), flipped(files, frame.File, at, rnd), refused)
	}
	both := flipped(flipped(files, snapshots[0], 100, rnd), newest, 100, rnd)
	try("snapshots", "all damaged", both, refused)
	both = with(with(files, snapshots[0], nil), newest, nil)
	try("snapshots", "all removed", both, refused)
	for _, want := range []string{".xreads fail", ".jrefused", ".jintact"} {
		if seen[want] == 0 {
			t.Errorf("never seen: %s; seen were %v", want, seen)
		}
	}
}

// damageFixture returns the files of a log that has been closed, and what is
// known about it. Its goroutines interleave as they like; should everything
// that extents hold have been given up in the end, it makes another one.
func damageFixture(t *testing.T) (*world, map[string][]byte) {
	for seed := uint64(9); ; seed++ {
		w := newWorld(rand.New(rand.NewPCG(seed, 9)))
		var extents int64
		for life := range 4 {
			log, err := w.open(w.fs, errors.New("none"))
			if err != nil {
				t.Fatal(err)
			}
			if life < 3 {
				w.use(log, 70)
			}
			extents = log.Stats().Extents
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if extents >= 4 {
			return w, readTree(t, w.fs, "data")
		}
	}
}

// readTree returns the content of all files below dir.
func readTree(t *testing.T, fsys vfs.FS, dir string) map[string][]byte {
	files := make(map[string][]byte)
	names, err := fsys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		name = path.Join(dir, name)
		if _, err := fsys.List(name); err == nil {
			for sub, content := range readTree(t, fsys, name) {
				files[sub] = content
			}
			continue
		}
		content, err := readFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = content
	}
	return files
}

// filesOf returns the names that contain part, sorted.
func filesOf(files map[string][]byte, part string) (names []string) {
	for name := range files {
		if strings.Contains(name, part) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// with returns files with other content for one; nil takes it away.
func with(files map[string][]byte, name string, content []byte) map[string][]byte {
	changed := make(map[string][]byte, len(files))
	for n, c := range files {
		changed[n] = c
	}
	changed[name] = content
	if content == nil {
		delete(changed, name)
	}
	return changed
}

// flipped returns files with one bit of one byte changed.
func flipped(files map[string][]byte, name string, at int, rnd *rand.Rand) map[string][]byte {
	content := slices.Clone(files[name])
	content[at] ^= 1 << rnd.IntN(8)
	return with(files, name, content)
}

// plant returns a file system with the files.
func plant(files map[string][]byte) *vfs.Crash {
	fsys := vfs.NewCrash()
	for name, content := range files {
		err := fsys.MkdirAll(path.Dir(name))
		var f vfs.File
		if err == nil {
			f, err = fsys.Create(name, vfs.Buffered)
		}
		if err == nil && len(content) > 0 {
			_, err = f.WriteAt(content, 0)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			panic(err)
		}
	}
	return fsys
}

// open1 opens a log with the files, compares it with what is known, and
// returns how that went.
func (w *world) open1(files map[string][]byte) (outcome, error) {
	catalog := &storagetest.Catalog{}
	o := w.options(plant(files))
	o.MemoryBytes, o.SnapshotBytes = 1<<20, 1<<20 // it is only looked at
	log, err := Open("data", map[string]storage.Machine{"catalog": catalog}, o)
	var corrupt *storage.CorruptError
	var format *FormatError
	if errors.As(err, &corrupt) || errors.As(err, &format) {
		return refused, err
	}
	if err != nil {
		return "failed", err
	}
	err = w.check(log, catalog)
	if e := log.Close(); e != nil {
		return "failed", e
	}
	switch {
	case err == nil:
		return intact, nil
	case errors.As(err, &corrupt):
		return readsFail, err
	}
	return "failed", err
}

// replayFrom returns where the replay after the snapshot begins.
func replayFrom(t *testing.T, files map[string][]byte, name string) journal.LSN {
	s, err := readSnapshot(plant(files), name)
	if err != nil {
		t.Fatal(err)
	}
	return s.replayFrom
}

// framesOf returns the frames of callers in the journal.
func framesOf(t *testing.T, files map[string][]byte) (frames []journal.Frame) {
	fsys := plant(files)
	for _, name := range filesOf(files, ".j") {
		err := journal.Inspect(fsys, name, func(f journal.Frame, err error) bool {
			if err == nil && f.Entries > 0 {
				frames = append(frames, f)
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return frames
}
