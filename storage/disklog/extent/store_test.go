package extent

import (
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

func TestRoundTrip(t *testing.T) {
	t.Chdir(t.TempDir())
	fs := vfs.OS{}
	runs := []run{makeRun(1, 0, 1, 0), makeRun(2, 5, 3000, 300), makeRun(3, 9, 3, 3<<20), makeRun(4, 1, 100, 100)}
	metas := write(t, fs, 42, Options{}, runs...)
	s := open(t, fs, StoreOptions{})
	for i, r := range runs {
		for _, step := range []int{1 << 20, 7} {
			got, err := readAll(s, metas[i], step)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, r.records)
		}
	}
	n := 0
	err := Inspect(fs, Path("x", Class1d, 42), true, func(m Meta, err error) bool {
		if m != metas[n] || err != nil {
			t.Error(m, err)
		}
		n++
		return true
	})
	if err != nil || n != len(runs) {
		t.Error(n, err)
	}
	t.Logf("%+v", s.Stats())
}
