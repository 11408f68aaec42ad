package disklog

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage/storagetest"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestTrace records every call that changes the file system, so that a sync
// that is lost or out of order shows in review as a changed line.
func TestTrace(t *testing.T) {
	var trace strings.Builder
	fs := errfs.Wrap(vfs.NewCrash())
	fs.Trace(&trace)
	step := func(title string) { trace.WriteString("# " + title + "\n") }
	clock := storagetest.NewClock()
	o := tiny()
	o.FS, o.Clock, o.Buffered, o.foreground = fs, clock, true, true
	o.SnapshotBytes = 16 << 10

	step("open a new folder")
	log := openTest(t, "", o)
	step("a command")
	openShards(t, log, 2)
	step("an append")
	mustAppend(t, log, 0, 100)
	step("an append that makes a flush and a snapshot due")
	mustAppend(t, log, 1, 30_000)
	log.settle()
	step("another one")
	mustAppend(t, log, 0, 30_000)
	log.settle()
	step("a third one, after which a snapshot and a segment are given back")
	mustAppend(t, log, 1, 30_000)
	log.settle()
	step("a trim of everything in extents")
	clock.Step(1e9)
	if err := log.Trim(context.Background(), 1, clock.Millis()); err != nil {
		t.Fatal(err)
	}
	log.settle()
	step("close")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	step("open again")
	log = openTest(t, "", o)
	step("close")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	fs.Trace(nil)
	golden(t, "trace.txt", trace.String())
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it. Got:\n%s", name, got)
	}
}
