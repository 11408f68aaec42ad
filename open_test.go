package leat_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/storage/disklog"
)

// cannotOpen returns why a server does not open.
func cannotOpen(t *testing.T, c leat.Config) error {
	t.Helper()
	srv, err := leat.Open(t.Context(), c)
	if err == nil {
		srv.Close()
		t.Fatal("it opened")
	}
	return err
}

// TestOpenLeavesNothing checks that a server whose address is not to be had
// makes nothing on the disk.
func TestOpenLeavesNothing(t *testing.T) {
	taken := open(t, leat.Config{Durability: leat.DurabilityMemory})
	busy := taken.Addr().String()
	for name, c := range map[string]leat.Config{
		"no port":         {Listen: "127.0.0.1"},
		"no such port":    {Listen: "127.0.0.1:99999"},
		"no such service": {TLSListen: "127.0.0.1:nothing"},
		"not our address": {Listen: "192.0.2.1:0"}, // of documentation alone (RFC 5737)
		"with TLS":        {TLSListen: "192.0.2.1:0"},
		"in use":          {Listen: busy},
		"in use with TLS": {TLSListen: busy},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.Data, c.KeyRing = filepath.Join(dir, "data"), filepath.Join(dir, "keys.json")
			if c.Listen == "" {
				c.Listen = "127.0.0.1:0"
			}
			cannotOpen(t, c)
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Errorf("left %v, %v", files, err)
			}
		})
	}
}

// TestOpenTwice checks that a second server on all that a first one has says
// what matters most, and one on the address alone that.
func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	first := open(t, leat.Config{Data: filepath.Join(dir, "first"), Listen: "127.0.0.1:0"})
	second := leat.Config{Data: filepath.Join(dir, "first"), Listen: first.Addr().String()}
	if err := cannotOpen(t, second); !errors.Is(err, disklog.ErrLocked) {
		t.Errorf("both: %v", err)
	}
	second.Data = filepath.Join(dir, "second")
	if err := open(t, leat.Config{Data: second.Data, Listen: "127.0.0.1:0"}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := cannotOpen(t, second); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the address: %v", err)
	}
	if err := open(t, leat.Config{Data: second.Data, Listen: "127.0.0.1:0"}).Close(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
