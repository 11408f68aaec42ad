package errfs

import (
	"errors"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

// scenario makes one mutating call of each kind, in the order of its trace, and
// returns the first error.
func scenario(fs *FS) (err error) {
	step := func(e error) {
		if err == nil {
			err = e
		}
	}
	step(fs.MkdirAll("d"))
	lock, e := fs.Lock("d/LOCK")
	step(e)
	f, e := fs.Create("d/a", vfs.Buffered)
	step(e)
	if err != nil {
		return err
	}
	_, e = f.WriteAt([]byte("hello"), 3)
	step(e)
	step(f.Sync())
	step(f.Truncate(6))
	_, e = f.Punch(0, 2)
	step(e)
	_, e = f.ReadAt(make([]byte, 2), 0)
	step(e)
	_, e = f.Size()
	step(e)
	step(f.Close())
	step(fs.Rename("d/a", "d/b"))
	step(fs.SyncDir("d"))
	g, e := fs.Open("d/b", vfs.Buffered)
	step(e)
	if err != nil {
		return err
	}
	step(g.Close())
	step(fs.Remove("d/b"))
	_, e = fs.List("d")
	step(e)
	_, _, e = fs.Space("d")
	step(e)
	step(lock.Close())
	return err
}

var scenarioTrace = strings.Split(`mkdir d
lock d/LOCK
create d/a
write d/a 3+5
sync d/a
truncate d/a 6
punch d/a 0+2
close d/a
rename d/a d/b
syncdir d
open d/b
close d/b
remove d/b
`, "\n")

func TestTrace(t *testing.T) {
	fs := Wrap(vfs.NewCrash())
	var trace strings.Builder
	fs.Trace(&trace)
	if err := scenario(fs); err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(scenarioTrace, "\n"); trace.String() != want {
		t.Errorf("trace:\n%swant:\n%s", trace.String(), want)
	}
}

func TestFailNth(t *testing.T) {
	var mutating []string
	for _, line := range scenarioTrace {
		if line != "" && !strings.HasPrefix(line, "close") {
			mutating = append(mutating, line)
		}
	}
	for n, line := range mutating {
		fs := Wrap(vfs.NewCrash(), FailNth(n, ErrInjected))
		var trace strings.Builder
		fs.Trace(&trace)
		if err := scenario(fs); !errors.Is(err, ErrInjected) {
			t.Errorf("call %d: %v", n, err)
		}
		if strings.Count(trace.String(), " ! ") != 1 || !strings.Contains(trace.String(), line+" ! ") {
			t.Errorf("call %d: want %q to fail alone in\n%s", n, line, trace.String())
		}
	}
	fs := Wrap(vfs.NewCrash(), FailNth(len(mutating), ErrInjected))
	if err := scenario(fs); err != nil || fs.Calls() != len(mutating) {
		t.Errorf("%v after %d calls, want none after %d", err, fs.Calls(), len(mutating))
	}
}

func TestFailedCallsChangeNothing(t *testing.T) {
	inner := vfs.NewCrash()
	fs := Wrap(inner)
	f, err := fs.Create("a", vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	fs.Inject(FailFrom(fs.Calls()+1, ErrInjected))
	if _, err := f.WriteAt([]byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); !errors.Is(err, ErrInjected) {
		t.Fatal(err)
	}
	if _, err := f.Size(); !errors.Is(err, ErrInjected) {
		t.Error("a call after the first failed one:", err)
	}
	if err := fs.Remove("a"); !errors.Is(err, ErrInjected) {
		t.Fatal(err)
	}
	if names, err := inner.List("."); len(names) != 1 || err != nil {
		t.Error(names, err)
	}
	if err := f.Close(); !errors.Is(err, ErrInjected) {
		t.Error(err)
	}
	fs.Inject(FailOp(OpRead, "other", ErrInjected))
	g, err := fs.Open("a", vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := g.ReadAt(make([]byte, 1), 0); n != 1 || err != nil {
		t.Error(n, err)
	}
	fs.Inject(FailOp(OpRead, "a", vfs.ErrNoSpace))
	if _, err := g.ReadAt(make([]byte, 1), 0); !errors.Is(err, vfs.ErrNoSpace) {
		t.Error(err)
	}
}
