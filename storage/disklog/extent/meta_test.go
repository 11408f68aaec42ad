package extent

import (
	"bytes"
	"testing"
	"time"

	"github.com/leat-io/leat/storage"
)

func TestMeta(t *testing.T) {
	for _, m := range []Meta{
		{Class: Class1d, Pos: 4096, Length: 4096},
		{
			Key: storage.ShardKey{Stream: 1<<32 - 1, Shard: 1<<32 - 1}, Class: Class365d, File: 1<<64 - 1,
			Pos: maxFileBytes - 4096, Length: 4096, First: 1<<64 - 3, Last: 1<<64 - 2, FirstMillis: -1, LastMillis: 1<<63 - 1,
			Bytes: maxFileBytes, Moved: true,
		},
	} {
		if m.LastMillis == 1<<63-1 {
			m.FirstMillis = 0 // the difference is what is kept
		}
		b := m.Append([]byte("before"))
		got, n, err := DecodeMeta(append(b[6:len(b):len(b)], "after"...))
		if got != m || n != len(b)-6 || err != nil {
			t.Errorf("%v became %v, %d of %d bytes, %v", m, got, n, len(b)-6, err)
		}
		for cut := range len(b) - 6 {
			if got, _, err := DecodeMeta(b[6 : 6+cut]); err == nil {
				t.Errorf("%d bytes of %v gave %v", cut, m, got)
			}
		}
	}
	if got := (Meta{First: 3, Last: 5}).Count(); got != 3 {
		t.Error(got)
	}
}

// FuzzDecodeMeta: what can be decoded is what Append writes of it, or longer
// only in how its numbers are spelled.
func FuzzDecodeMeta(f *testing.F) {
	m := Meta{Class: Class7d, Pos: 4096, Length: 8192, First: 5, Last: 9, FirstMillis: 1 << 40, LastMillis: 1 << 41, Bytes: 99}
	f.Add(m.Append(nil))
	m.Moved = true
	f.Add(m.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := DecodeMeta(b)
		if err != nil {
			return
		}
		again := m.Append(nil)
		if len(again) > n || len(again) == n && !bytes.Equal(again, b[:n]) {
			t.Errorf("%x decodes to %v, which encodes to %x", b[:n], m, again)
		}
		if m2, _, err := DecodeMeta(again); m2 != m || err != nil {
			t.Errorf("%v became %v, %v", m, m2, err)
		}
	})
}

func TestClass(t *testing.T) {
	for retention, want := range map[time.Duration]Class{
		0: Class1d, 24 * time.Hour: Class1d, 25 * time.Hour: Class7d, 168 * time.Hour: Class7d,
		169 * time.Hour: Class30d, 720 * time.Hour: Class30d, 721 * time.Hour: Class365d, 8760 * time.Hour: Class365d,
	} {
		if got := ClassFor(retention); got != want {
			t.Errorf("%v: %v, want %v", retention, got, want)
		}
		if retention > want.Period() {
			t.Errorf("%v is over the period of %v", retention, want)
		}
	}
}

func TestNames(t *testing.T) {
	for file, want := range map[uint64]string{0x2a: "d/7d/0000002a.x", 1 << 40: "d/7d/10000000000.x"} {
		if got := Path("d", Class7d, file); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, ok := parseName(want[len("d/7d/"):]); !ok || got != file {
			t.Errorf("%s: %d, %v", want, got, ok)
		}
	}
	for _, name := range []string{"", ".x", "1.x", "0000002A.x", "0000002a", "0000002a.x.tmp", "+000002a.x", "000010000000000.x"} {
		if got, ok := parseName(name); ok {
			t.Errorf("%s: %d", name, got)
		}
	}
}
