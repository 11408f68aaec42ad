package vfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPunchFreesBlocks needs a file system with holes; where there are none,
// Punch must say so.
func TestPunchFreesBlocks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	f, err := OS{}.Create(name, Buffered)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, 1<<20), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	before := blocks(t, name)
	did, err := f.Punch(0, 1<<19)
	if err != nil {
		t.Fatal(err)
	}
	if freed := before - blocks(t, name); did != (freed >= 1<<19/512) {
		t.Errorf("punched: %v, freed %d blocks of %d", did, freed, before)
	}
	if size, err := f.Size(); size != 1<<20 || err != nil {
		t.Errorf("size %d, %v", size, err)
	}
}

func blocks(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks
}

// TestDirectFallsBack opens direct files on tmpfs, which has refused O_DIRECT
// for most of its life: either way the file must work.
func TestDirectFallsBack(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "vfs")
	if err != nil {
		t.Logf("no tmpfs here: %v", err)
		return
	}
	defer os.RemoveAll(dir)
	testFile(t, OS{}, dir+"/f", Direct)
}

func TestNoSpace(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		err := explain(fmt.Errorf("write: %w", errno))
		if !errors.Is(err, ErrNoSpace) || !errors.Is(err, errno) {
			t.Errorf("%v", err)
		}
	}
	if err := explain(syscall.EIO); errors.Is(err, ErrNoSpace) {
		t.Error(err)
	}
	f, err := OS{}.Open("/dev/full", Buffered) // every write finds it full
	if err != nil {
		t.Logf("no /dev/full here: %v", err)
		return
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, ErrNoSpace) {
		t.Error(err)
	}
}

func TestFilesAreTheirOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := (OS{}).MkdirAll(dir); err != nil {
		t.Fatal(err)
	}
	f, err := OS{}.Create(dir+"/f", Buffered)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := os.Stat(dir + "/f")
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestDescribe compares with what the kernel lists as mounted.
func TestDescribe(t *testing.T) {
	if name, inMemory := (OS{}).Describe("/proc"); name != "" || inMemory {
		t.Errorf("/proc is on %q, in memory: %v", name, inMemory)
	}
	if name, inMemory := (OS{}).Describe(filepath.Join(t.TempDir(), "missing")); name != "" || inMemory {
		t.Errorf("a missing folder is on %q, in memory: %v", name, inMemory)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if dir, kind := fields[1], fields[2]; dir == "/dev/shm" && kind == "tmpfs" {
			if name, inMemory := (OS{}).Describe(dir); name != kind || !inMemory {
				t.Errorf("%s is on %q, in memory: %v", dir, name, inMemory)
			}
		}
	}
}
