package disklog

import (
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestFsck finds nothing in a sound folder, changes nothing in any, and names
// the file in each that is damaged.
func TestFsck(t *testing.T) {
	w, files := damageFixture(t)
	check := func(files map[string][]byte) *FsckReport {
		t.Helper()
		o := w.options(nil)
		fs := errfs.Wrap(plant(files), func(c errfs.Call) error {
			if c.Op.Mutates() && c.Op != errfs.OpLock && c.Op != errfs.OpOpen {
				return errors.New("fsck changes something")
			}
			return nil
		})
		o.FS = fs
		report, err := Fsck("data", machines(), o)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	report := check(files)
	if len(report.Problems) > 0 {
		t.Errorf("sound folder: %v", report.Problems)
	}
	if report.Snapshots != 2 || report.Segments < 2 || report.ExtentFiles < 2 || report.Extents < report.ExtentFiles ||
		report.ShardLogs == 0 || report.ExtentBytes == 0 || report.JournalBytes == 0 {
		t.Errorf("sound folder: %+v", report)
	}

	rnd := rand.New(rand.NewPCG(3, 3))
	named := 0
	for name, content := range files {
		if strings.HasSuffix(name, lockName) || len(content) == 0 {
			continue
		}
		for range 4 {
			damaged := flipped(files, name, rnd.IntN(len(content)), rnd)
			how, _ := w.open1(damaged)
			report := check(damaged)
			fatal := false
			for _, p := range report.Problems {
				fatal = fatal || p.Fatal
				if p.File != name {
					t.Errorf("damage in %s: %v", name, p)
				}
				if strings.HasSuffix(name, ".x") && p.Offset > 0 && !strings.Contains(p.Reason, "shard log ") && !strings.Contains(p.Reason, "extent ") {
					t.Errorf("nobody knows whose records these are: %v", p)
				}
				if !strings.HasPrefix(p.String(), name+": ") {
					t.Errorf("problem is printed as %q", p)
				}
				named++
			}
			if fatal != (how == refused) || how == readsFail && len(report.Problems) == 0 {
				t.Errorf("damage in %s: opening is %s, fsck says %v", name, how, report.Problems)
			}
		}
	}
	if named == 0 {
		t.Error("no damage was found")
	}
	for _, name := range filesOf(files, ".x") {
		if how, _ := w.open1(with(files, name, nil)); how == readsFail {
			if report := check(with(files, name, nil)); len(report.Problems) == 0 {
				t.Errorf("%s is missing: fsck says nothing", name)
			}
		}
	}
}

// TestFsckLocked does not look into a folder that a log has open.
func TestFsckLocked(t *testing.T) {
	o := tiny()
	o.FS = vfs.NewCrash()
	openTest(t, "", o)
	if _, err := Fsck("data", machines(), o); !errors.Is(err, ErrLocked) {
		t.Errorf("fsck says %v", err)
	}
	if _, err := Open("data", machines(), o); !errors.Is(err, ErrLocked) {
		t.Errorf("open says %v", err)
	}
}

// TestDump prints every file of a folder, sound and damaged.
func TestDump(t *testing.T) {
	_, files := damageFixture(t)
	fs := plant(files)
	o := tiny()
	o.FS = fs
	log := openTest(t, "", o)
	propose(t, log, storagetest.Command{Value: "value 7"})
	propose(t, log, storagetest.Command{Open: []storage.ShardKey{{Stream: 900}}})
	if err := log.Append(t.Context(), &storage.Batch{Stream: 900, Records: make([]storage.Record, 1)}); err != nil {
		t.Fatal(err)
	}
	if err := log.Trim(t.Context(), 900, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files = readTree(t, fs, "data")
	dump := func(fs vfs.FS, name string) (string, error) {
		var out strings.Builder
		var err error
		switch {
		case strings.HasSuffix(name, ".j"):
			err = DumpJournal(fs, &out, name)
		case strings.HasSuffix(name, ".x"):
			err = DumpExtent(fs, &out, name)
		case strings.HasSuffix(name, ".m"):
			err = DumpSnapshot(fs, &out, name)
		}
		return out.String(), err
	}
	var all strings.Builder
	for name := range files {
		out, err := dump(fs, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all.WriteString(out)
	}
	for _, line := range []string{
		`(?m)^frame \d+-\d+ at byte \d+, 20\S+Z, synced \d+, \d+ entries, commands$`,
		`(?m)^  record shard \d+/\d+ offset \d+, 2025-06-15T\S+Z, key "key", \d+ bytes$`,
		`(?m)^  command catalog \{"Value":"value \d+"\}$`,
		`(?m)^  trim shard \d+/\d+ to offset \d+$`,
		`(?m)^  extent shard \d+/\d+ offsets \d+-\d+ `,
		`(?m)^  checkpoint of the snapshot at \d+$`,
		`(?m)^shard \d+/\d+ offsets \d+-\d+ arrived `,
		`(?m)^snapshot at \d+, records from \d+, `,
		`(?m)^machine catalog \{"Count":\d+`,
		`(?m)^shard \d+/\d+ open, offsets \d+-\d+, in extents below \d+, newest 2025-06-15T\S+Z, class 1d$`,
	} {
		if !regexp.MustCompile(line).MatchString(all.String()) {
			t.Errorf("no line is like %s", line)
		}
	}
	rnd := rand.New(rand.NewPCG(5, 5))
	problems := 0
	for name, content := range files {
		for range min(5, len(content)) {
			out, err := dump(plant(flipped(files, name, rnd.IntN(len(content)), rnd)), name)
			if err != nil {
				problems++
			}
			if err != nil && !strings.HasSuffix(name, ".m") && !strings.Contains(out, "problem") {
				t.Errorf("%s: error %v is not printed", name, err)
			}
		}
	}
	if problems == 0 {
		t.Error("no damage was found")
	}
}
