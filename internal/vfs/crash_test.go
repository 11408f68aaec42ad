package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const seeds = 300

// outcomes runs history on a fresh file system for many seeds, cuts the power,
// and counts the answers of look.
func outcomes(t *testing.T, history func(c *Crash), look func(c *Crash) string) map[string]int {
	t.Helper()
	got := make(map[string]int)
	for seed := range uint64(seeds) {
		c := NewCrash()
		history(c)
		got[look(c.PowerLoss(seed))]++
	}
	return got
}

// wantOutcomes checks that exactly these answers occurred.
func wantOutcomes(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	slices.Sort(want)
	if have := slices.Sorted(maps.Keys(got)); !slices.Equal(have, want) {
		t.Errorf("outcomes %q, want %q", have, want)
	}
}

func mustCreate(c *Crash, name string) File {
	f, err := c.Create(name, Buffered)
	if err != nil {
		panic(err)
	}
	return f
}

func mustWrite(f File, off int64, p []byte) {
	if _, err := f.WriteAt(p, off); err != nil {
		panic(err)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// content returns the file's bytes, or "missing".
func content(c *Crash, name string) string {
	f, err := c.Open(name, Buffered)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	must(err)
	size, err := f.Size()
	must(err)
	p := make([]byte, size)
	if _, err := f.ReadAt(p, 0); err != nil && err != io.EOF {
		panic(err)
	}
	return string(p)
}

// sectors shortens a content to the first byte of each sector.
func sectors(content string) string {
	var short []byte
	for i := 0; i < len(content); i += sector {
		short = append(short, content[i])
	}
	return string(short)
}

func fill(b byte, sectors int) []byte { return bytes.Repeat([]byte{b}, sectors*sector) }

// durableFile makes a file with these sectors, name and all.
func durableFile(c *Crash, name string, p []byte) File {
	f := mustCreate(c, name)
	mustWrite(f, 0, p)
	must(f.Sync())
	must(c.SyncDir("."))
	return f
}

func TestPowerLossTearsWrites(t *testing.T) {
	got := outcomes(t, func(c *Crash) {
		f := durableFile(c, "f", fill('0', 2))
		mustWrite(f, 0, fill('1', 2))
	}, func(c *Crash) string { return sectors(content(c, "f")) })
	wantOutcomes(t, got, "00", "01", "10", "11")
}

func TestPowerLossFindsEarlierStates(t *testing.T) {
	got := outcomes(t, func(c *Crash) {
		f := durableFile(c, "f", fill('0', 1))
		mustWrite(f, 0, fill('1', 1))
		mustWrite(f, 0, fill('2', 1))
	}, func(c *Crash) string { return sectors(content(c, "f")) })
	wantOutcomes(t, got, "0", "1", "2")
}

func TestPowerLossKeepsWhatWasSynced(t *testing.T) {
	got := outcomes(t, func(c *Crash) {
		f := durableFile(c, "f", fill('0', 3))
		mustWrite(f, sector, fill('1', 1))
		must(f.Sync())
		mustWrite(f, 2*sector, fill('2', 1))
	}, func(c *Crash) string { return sectors(content(c, "f")) })
	wantOutcomes(t, got, "010", "012")
}

func TestPowerLossChangesSizes(t *testing.T) {
	sizes := outcomes(t, func(c *Crash) {
		f := durableFile(c, "f", fill('0', 1))
		mustWrite(f, sector, fill('1', 2))
	}, func(c *Crash) string {
		p := content(c, "f")
		if !strings.HasPrefix(p, string(fill('0', 1))) || strings.Trim(p[sector:], "1\x00") != "" {
			return "wrong content"
		}
		return fmt.Sprint(len(p))
	})
	if sizes["512"] == 0 || sizes["1536"] == 0 || len(sizes) < 20 || sizes["wrong content"] > 0 {
		t.Errorf("sizes %v", sizes)
	}
	// What a truncation cut off and a write grew over again must not come back
	// once that was synced.
	got := outcomes(t, func(c *Crash) {
		f := durableFile(c, "f", fill('0', 3))
		must(f.Truncate(10))
		mustWrite(f, 2*sector, fill('1', 1))
		must(f.Sync())
	}, func(c *Crash) string { return content(c, "f") })
	wantOutcomes(t, got, string(fill('0', 1)[:10])+string(make([]byte, 2*sector-10))+string(fill('1', 1)))
}

func TestPowerLossAndNames(t *testing.T) {
	list := func(c *Crash) string {
		names, err := c.List(".")
		must(err)
		return strings.Join(names, " ")
	}
	file := func(c *Crash, name string) {
		must(mustCreate(c, name).Sync())
	}
	for name, test := range map[string]struct {
		history func(c *Crash)
		want    []string
	}{
		"a synced file without a synced name": {
			func(c *Crash) { file(c, "a") },
			[]string{"", "a"},
		},
		"a rename": {
			func(c *Crash) { file(c, "a"); must(c.SyncDir(".")); must(c.Rename("a", "b")) },
			[]string{"a", "b"},
		},
		"two renames": {
			func(c *Crash) {
				file(c, "a")
				must(c.SyncDir("."))
				must(c.Rename("a", "b"))
				must(c.Rename("b", "c"))
			},
			[]string{"a", "b", "c"},
		},
		"a name used again": {
			func(c *Crash) { file(c, "a"); must(c.SyncDir(".")); must(c.Rename("a", "b")); file(c, "a") },
			[]string{"a", "b", "a b"},
		},
		"a removal": {
			func(c *Crash) { file(c, "a"); must(c.SyncDir(".")); must(c.Remove("a")) },
			[]string{"", "a"},
		},
		"all synced": {
			func(c *Crash) {
				file(c, "a")
				file(c, "b")
				file(c, "c")
				must(c.Rename("a", "d"))
				must(c.Remove("c"))
				must(c.SyncDir("."))
			},
			[]string{"b d"},
		},
	} {
		t.Run(name, func(t *testing.T) { wantOutcomes(t, outcomes(t, test.history, list), test.want...) })
	}
}

func TestRenameReplaces(t *testing.T) {
	got := outcomes(t, func(c *Crash) {
		durableFile(c, "f", []byte("old"))
		durableFile(c, "f.new", []byte("new"))
		must(c.Rename("f.new", "f"))
	}, func(c *Crash) string { return content(c, "f") + " " + content(c, "f.new") })
	wantOutcomes(t, got, "old new", "new missing")
}

// TestRenamesKeepFiles moves files about at random. Each, once its name was
// durable, must be found under exactly one.
func TestRenamesKeepFiles(t *testing.T) {
	for seed := range uint64(seeds) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		c := NewCrash()
		must(c.MkdirAll("x"))
		names := []string{"a", "b", "x/c"}
		for _, name := range names {
			f := mustCreate(c, name)
			mustWrite(f, 0, []byte(name))
			must(f.Sync())
		}
		must(c.SyncDir("."))
		must(c.SyncDir("x"))
		for i := range 10 {
			from := rnd.IntN(len(names))
			to := fmt.Sprintf("%sfree%d", []string{"", "x/"}[rnd.IntN(2)], i%3)
			if slices.Contains(names, to) {
				continue
			}
			must(c.Rename(names[from], to))
			names[from] = to
			if rnd.IntN(4) == 0 {
				must(c.SyncDir([]string{".", "x"}[rnd.IntN(2)]))
			}
		}
		c = c.PowerLoss(seed)
		found := make(map[string]int)
		for _, dir := range []string{".", "x"} {
			list, err := c.List(dir)
			must(err)
			for _, name := range list {
				if dir == "." && name == "x" {
					continue
				}
				found[content(c, dir+"/"+name)]++
			}
		}
		if !maps.Equal(found, map[string]int{"a": 1, "b": 1, "x/c": 1}) {
			t.Fatalf("seed %d: %v", seed, found)
		}
	}
}

func TestKillKeepsTheCache(t *testing.T) {
	var seed uint64
	got := outcomes(t, func(c *Crash) {}, func(c *Crash) string {
		f := durableFile(c, "f", fill('0', 1))
		mustWrite(f, 0, fill('1', 1))
		mustCreate(c, "new")
		if _, err := c.Lock("LOCK"); err != nil {
			t.Fatal(err)
		}
		killed := c.Kill()
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrCrashed) {
			t.Fatalf("read after the kill: %v", err)
		}
		if now := sectors(content(killed, "f")); now != "1" || content(killed, "new") != "" {
			t.Fatalf("found %q after the kill", now)
		}
		if _, err := killed.Lock("LOCK"); err != nil {
			t.Fatal("the lock outlived its process:", err)
		}
		c = killed.PowerLoss(seed)
		seed++
		return sectors(content(c, "f")) + " " + content(c, "new")
	})
	wantOutcomes(t, got, "0 ", "1 ", "0 missing", "1 missing")
}

func TestEverythingFailsAfterACrash(t *testing.T) {
	c := NewCrash()
	f := mustCreate(c, "f")
	c.PowerLoss(1)
	_, _, spaceErr := c.Space(".")
	for what, err := range map[string]error{
		"create":   second(c.Create("g", Buffered)),
		"open":     second(c.Open("f", Buffered)),
		"remove":   c.Remove("f"),
		"rename":   c.Rename("f", "g"),
		"mkdir":    c.MkdirAll("d"),
		"list":     second(c.List(".")),
		"syncdir":  c.SyncDir("."),
		"lock":     second(c.Lock("l")),
		"space":    spaceErr,
		"read":     second(f.ReadAt(make([]byte, 1), 0)),
		"write":    second(f.WriteAt(make([]byte, 1), 0)),
		"sync":     f.Sync(),
		"size":     second(f.Size()),
		"truncate": f.Truncate(0),
		"punch":    second(f.Punch(0, 1)),
		"close":    f.Close(),
	} {
		if !errors.Is(err, ErrCrashed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSameSeedSameDisk(t *testing.T) {
	disk := func() string {
		c := NewCrash()
		for _, name := range []string{"a", "b", "c"} {
			f := mustCreate(c, name)
			mustWrite(f, 0, fill('0', 20))
			must(f.Sync())
			mustWrite(f, 0, fill('1', 30))
		}
		must(c.Rename("a", "d"))
		c = c.PowerLoss(7)
		names, err := c.List(".")
		must(err)
		var all string
		for _, name := range names {
			all += name + content(c, name)
		}
		return all
	}
	if first, again := disk(), disk(); first != again {
		t.Error("the same seed gave two disks")
	}
}

func TestDirectDemandsAlignment(t *testing.T) {
	c := NewCrash()
	f, err := c.Create("f", Direct)
	must(err)
	p := Aligned(2 * Alignment)
	for what, err := range map[string]error{
		"offset":       second(f.WriteAt(p, 512)),
		"length":       second(f.WriteAt(p[:512], 0)),
		"address":      second(f.WriteAt(p[8:8+Alignment], 0)),
		"read offset":  second(f.ReadAt(p, 512)),
		"read length":  second(f.ReadAt(p[:512], 0)),
		"read address": second(f.ReadAt(p[8:8+Alignment], 0)),
	} {
		if !errors.Is(err, ErrMisaligned) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.WriteAt(p, Alignment); err != nil {
		t.Error(err)
	}
}

func TestFullVolume(t *testing.T) {
	c := NewCrash()
	c.SetTotal(4 * Alignment)
	free := func(want int64) {
		t.Helper()
		if free, total, err := c.Space("."); free != want*Alignment || total != 4*Alignment || err != nil {
			t.Fatalf("free %d of %d, %v, want %d blocks", free, total, err, want)
		}
	}
	f := mustCreate(c, "f")
	mustWrite(f, 0, make([]byte, 3*Alignment))
	free(1)
	if _, err := f.WriteAt(make([]byte, 2*Alignment), 3*Alignment); !errors.Is(err, ErrNoSpace) {
		t.Fatal(err)
	}
	if size, _ := f.Size(); size != 3*Alignment {
		t.Fatalf("a refused write changed the size to %d", size)
	}
	mustWrite(f, 0, make([]byte, 3*Alignment)) // overwriting takes nothing
	free(1)
	if did, err := f.Punch(0, Alignment+10); !did || err != nil {
		t.Fatal(did, err)
	}
	free(2)
	must(f.Truncate(Alignment))
	free(4)
	mustWrite(f, 0, make([]byte, 4*Alignment))
	free(0)
	must(f.Sync())
	must(c.SyncDir("."))
	c = c.PowerLoss(1)
	free(0)
	must(c.Remove("f"))
	free(4)
}

func TestLostWrites(t *testing.T) {
	c := NewCrash()
	page := bytes.Repeat([]byte{'0'}, Alignment)
	f := durableFile(c, "f", page)
	mustWrite(f, 0, fill('1', 3))
	c.LoseWrites("f")
	mustWrite(f, sector, fill('2', 1)) // written again, and synced
	must(f.Sync())
	direct, err := c.Open("f", Direct)
	must(err)
	p := Aligned(Alignment)
	if _, err := direct.ReadAt(p, 0); err != nil || sectors(string(p)) != "02000000" {
		t.Errorf("the disk has %q, %v", sectors(string(p)), err)
	}
	if now := sectors(content(c, "f")); now != "12100000" {
		t.Errorf("the cache has %q", now)
	}
	c = c.Kill()
	if now := sectors(content(c, "f")); now != "12100000" {
		t.Errorf("after a kill the cache has %q", now)
	}
	c = c.PowerLoss(1)
	if now := sectors(content(c, "f")); now != "02000000" {
		t.Errorf("after a power loss there is %q", now)
	}
}

func TestRefusedDirect(t *testing.T) {
	c := NewCrash()
	c.RefuseDirect()
	c = c.Kill().PowerLoss(1)
	f, err := c.Create("f", Direct)
	must(err)
	if _, err := f.WriteAt([]byte("odd"), 1); err != nil || f.Alignment() != 1 {
		t.Errorf("alignment %d, %v", f.Alignment(), err)
	}
}
