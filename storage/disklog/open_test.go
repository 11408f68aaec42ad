package disklog

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

// described is a file system with a name.
type described struct {
	*vfs.Crash
	name     string
	inMemory bool
}

func (d described) Describe(string) (string, bool) { return d.name, d.inMemory }

// TestVolumeInMemory opens a log on a disk and on none. The latter is worth a
// warning, and no more.
func TestVolumeInMemory(t *testing.T) {
	for _, c := range []struct {
		fs    described
		warns bool
	}{
		{described{vfs.NewCrash(), "ext4", false}, false},
		{described{vfs.NewCrash(), "tmpfs", true}, true},
	} {
		var said strings.Builder
		o := tiny()
		o.FS, o.Logger = c.fs, slog.New(slog.NewTextHandler(&said, nil))
		if err := openTest(t, "", o).Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "level=WARN"); got != c.warns {
			t.Errorf("%s: %s", c.fs.name, &said)
		}
		if !strings.Contains(said.String(), "file_system="+c.fs.name) {
			t.Errorf("%s is not named: %s", c.fs.name, &said)
		}
	}
}
