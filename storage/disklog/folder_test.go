package disklog

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
)

// TestFolder opens folders that are not simply new or whole.
func TestFolder(t *testing.T) {
	newer := func() []byte {
		text := strings.Replace(string(encodeFormat(identity{firstFormat, [16]byte{1}})), "format 1", fmt.Sprint("format ", folderFormat+1), 1)
		text, _, _ = strings.Cut(text, "crc32c")
		return fmt.Appendf(nil, "%scrc32c %08x\n", text, crc32.Checksum([]byte(text), castagnoli))
	}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  error // of the same type; nil when it opens
	}{
		{"new", nil, nil},
		{"only a lock", map[string][]byte{"data/LOCK": []byte("1\n")}, nil},
		{"the making was noted", map[string][]byte{"data/FORMAT.new": encodeFormat(identity{firstFormat, [16]byte{1}})}, nil},
		{"noting the making was interrupted", map[string][]byte{"data/FORMAT.new": []byte("leat da")}, nil},
		{"a journal without a FORMAT", map[string][]byte{"data/journal/0000000000000001.j": make([]byte, 9000)}, &storage.CorruptError{}},
		{"an extent without a FORMAT", map[string][]byte{"data/extents/1d/00000001.x": make([]byte, 9000)}, &storage.CorruptError{}},
		{"a snapshot without a FORMAT", map[string][]byte{"data/meta/snap-0000000000000001.m": {1}}, &storage.CorruptError{}},
		{"a FORMAT without a journal", map[string][]byte{"data/FORMAT": encodeFormat(identity{firstFormat, [16]byte{1}})}, &storage.CorruptError{}},
		{"an empty FORMAT", map[string][]byte{"data/FORMAT": nil}, &storage.CorruptError{}},
		{"a newer FORMAT", map[string][]byte{"data/FORMAT": newer()}, &FormatError{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := tiny()
			o.FS = plant(c.files)
			log, err := Open("data", machines(), o)
			if err == nil {
				openShards(t, log, 1)
				err = log.Close()
			}
			if !sameKind(err, c.want) {
				t.Errorf("got %v, want a %T", err, c.want)
			}
			if c.want == nil {
				return
			}
			if _, again := Open("data", machines(), o); again == nil || again.Error() != err.Error() {
				t.Errorf("the second time: %v", again)
			}
		})
	}
}

// sameKind reports whether err is or wraps an error of want's type.
func sameKind(err, want error) bool {
	switch want.(type) {
	case nil:
		return err == nil
	case *storage.CorruptError:
		return errors.As(err, new(*storage.CorruptError))
	case *FormatError:
		return errors.As(err, new(*FormatError))
	}
	return false
}

// TestUnsyncedFormat kills the process that makes a folder before the name
// FORMAT is durable, lets the next one store a record, and cuts the power. The
// folder must not look as if it was still being made.
func TestUnsyncedFormat(t *testing.T) {
	for seed := range uint64(20) {
		fs := vfs.NewCrash()
		o := tiny()
		renamed := false
		o.FS = errfs.Wrap(fs, func(c errfs.Call) error {
			renamed = renamed || c.Op == errfs.OpRename && strings.HasSuffix(c.Name, formatNew)
			if renamed && c.Op == errfs.OpSyncDir {
				return errors.New("killed")
			}
			return nil
		})
		if _, err := Open("data", machines(), o); err == nil {
			t.Fatal("the folder was never synced after FORMAT got its name")
		}
		fs = fs.Kill()
		o.FS = fs
		log := openTest(t, "", o)
		openShards(t, log, 1)
		mustAppend(t, log, 0, 100)
		fs = fs.PowerLoss(seed)
		_ = log.Close()
		o.FS = fs
		log = openTest(t, "", o)
		if n := count(t, log, 0); n != 1 {
			t.Errorf("seed %d: %d records, want the one acknowledged", seed, n)
		}
	}
}

// TestRaiseFormat opens a folder of the first format, which stays one until an
// extent is moved. From then on it is durably of the
// newer one.
func TestRaiseFormat(t *testing.T) {
	for seed := range uint64(20) {
		fs := plant(map[string][]byte{"data/FORMAT.new": encodeFormat(identity{firstFormat, [16]byte{1}})})
		o := tiny()
		o.FS = fs
		log := smallExtents(t, o, 1)
		want := contents(t, log, 1)
		if id, err := readFormat(fs, "data/FORMAT"); err != nil || id.format != firstFormat {
			t.Errorf("before anything was moved FORMAT says %v, %v", id, err)
		}
		mergeNow(log)
		fs = fs.PowerLoss(seed)
		_ = log.Close()
		if id, err := readFormat(fs, "data/FORMAT"); err != nil || id.format != movingFormat {
			t.Errorf("after extents were moved FORMAT says %v, %v", id, err)
		}
		o.FS = fs
		log = openTest(t, "", o)
		mustMatch(t, "opened again", contents(t, log, 1), want)
	}
}

// TestUnknownMachine refuses state and commands that no machine is there for.
func TestUnknownMachine(t *testing.T) {
	fs := vfs.NewCrash()
	o := tiny()
	o.FS = fs
	log := openTest(t, "", o)
	openShards(t, log, 1)
	if _, err := log.Propose(t.Context(), "nobody", nil); err == nil {
		t.Error("a command for nobody is accepted")
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("data", nil, o); err == nil || !strings.Contains(err.Error(), `"catalog"`) {
		t.Errorf("open without the machine says %v", err)
	}
	log = openTest(t, "", o)
	mustAppend(t, log, 0, 1)
}

func TestValidate(t *testing.T) {
	if err := (Options{}).Validate(); err != nil {
		t.Error(err)
	}
	err := Options{SyncInterval: -1, SegmentBytes: 70_000, MemoryBytes: -5}.Validate()
	for _, field := range []string{"SyncInterval", "SegmentBytes", "MemoryBytes"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%v does not name %s", err, field)
		}
	}
	if _, err := Open("data", nil, Options{FS: vfs.NewCrash(), SegmentBytes: 1}); err == nil {
		t.Error("Open accepts impossible options")
	}
}
