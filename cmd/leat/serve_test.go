package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

func TestDurabilityFlag(t *testing.T) {
	for text, want := range map[string]leat.Config{
		"always":       {},
		"memory":       {Durability: leat.DurabilityMemory},
		"interval=250": {Durability: leat.DurabilityInterval, SyncInterval: 250 * time.Millisecond},
	} {
		c := leat.Config{Durability: 9, SyncInterval: 9}
		f := durabilityFlag{&c}
		if err := f.Set(text); err != nil || c.Durability != want.Durability || c.SyncInterval != want.SyncInterval {
			t.Errorf("%s: %+v %v", text, c, err)
		}
		if got := f.String(); got != text {
			t.Errorf("%s reads %s", text, got)
		}
	}
	for _, text := range []string{"", "interval", "interval=", "interval=0", "interval=-1", "interval=x", "ALWAYS"} {
		if err := (&durabilityFlag{new(leat.Config)}).Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestSizeFlag(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "512B": 512, "3KiB": 3 << 10, "512MiB": 512 << 20, "2 GiB": 2 << 30, "5368709120": 5 << 30,
	} {
		var f sizeFlag
		if err := f.Set(text); err != nil || int64(f) != want {
			t.Errorf("%s: %d %v", text, f, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5GiB", "1MB", "MiB", "99999999999GiB"} {
		if err := new(sizeFlag).Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestServeExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		exitInUse:   fmt.Errorf("open: %w", disklog.ErrLocked),
		exitDamaged: fmt.Errorf("open: %w", &storage.CorruptError{File: "x"}),
		exitFull:    fmt.Errorf("the log stopped: %w", vfs.ErrNoSpace),
		exitFailed:  errors.New("else"),
	} {
		if got := exitCode(serveError(leat.Config{}, err)); got != want {
			t.Errorf("%v: exit %d, want %d", err, got, want)
		}
	}
	err := serveError(leat.Config{}, fmt.Errorf("listen on x: %w", syscall.EADDRINUSE))
	if exitCode(err) != exitFailed || !strings.Contains(err.Error(), "--listen") {
		t.Error(err)
	}
}
