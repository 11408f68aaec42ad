package kinesis

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/storage"
)

const testMillis = 1421889722123 // Thu Jan 22 01:22:02.123 UTC 2015

func testSealer(t testing.TB, secret string) *iteratorSealer {
	t.Helper()
	s, err := newIteratorSealer([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIteratorRoundTrip(t *testing.T) {
	sealer, restarted := testSealer(t, "secret"), testSealer(t, "secret")
	rapid.Check(t, func(t *rapid.T) {
		it := shardIterator{
			stream:       storage.StreamID(rapid.Uint32().Draw(t, "stream")),
			name:         rapid.StringMatching(`[a-zA-Z0-9_.-]{1,128}`).Draw(t, "name"),
			shard:        rapid.Uint32().Draw(t, "shard"),
			offset:       storage.Offset(rapid.Uint64().Draw(t, "offset")),
			issuedMillis: rapid.Int64Range(0, 1<<44-1).Draw(t, "issued"),
		}
		token := sealer.seal(&it, it.issuedMillis)
		if again := sealer.seal(&it, it.issuedMillis); again == token {
			t.Fatalf("two tokens are alike: %s", token)
		}
		if len(token) > 512 {
			t.Fatalf("%d characters", len(token))
		}
		for _, text := range []string{token, `"` + token + `"`} {
			if got, err := restarted.open(text, it.issuedMillis+iteratorLifeMillis); err != nil || got != it {
				t.Fatalf("%s: %+v, %v, want %+v", text, got, err, it)
			}
		}
		if _, err := restarted.open(token, it.issuedMillis+iteratorLifeMillis+1); codeOf(err) != "ExpiredIteratorException" {
			t.Fatalf("too late: %v", err)
		}
		if _, err := restarted.open(token, it.issuedMillis-5000); err != nil {
			t.Fatalf("clock set back: %v", err)
		}
	})
}

func TestIteratorExpiredText(t *testing.T) {
	s := testSealer(t, "secret")
	token := s.seal(&shardIterator{name: "s"}, testMillis)
	_, err := s.open(token, testMillis+5*60*1000+58*1000)
	want := "ExpiredIteratorException: Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015" +
		" while right now it is Thu Jan 22 01:28:00 UTC 2015 which is further in the future than the tolerated delay of 300000 milliseconds."
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestIteratorOfAnotherInstallation(t *testing.T) {
	token := testSealer(t, "secret").seal(&shardIterator{name: "s"}, testMillis)
	if _, err := testSealer(t, "Secret").open(token, testMillis); err != errInvalidIterator {
		t.Errorf("got %v", err)
	}
}

// FuzzIterator damages genuine tokens, and tries texts that never were one: no
// other text than what seal returned is accepted.
func FuzzIterator(f *testing.F) {
	s := testSealer(f, "secret")
	genuine := s.seal(&shardIterator{stream: 7, name: "orders", shard: 3, offset: 41}, testMillis)
	f.Add(0, byte('A'), "")
	f.Add(20, byte('\n'), "")
	f.Add(len(genuine)-1, byte('='), "=")
	f.Add(0, genuine[0], "\n")
	f.Add(0, genuine[0], "AAAA")
	f.Add(-1, byte(0), "")
	f.Add(-1, byte(0), strings.Repeat("A", 204))
	f.Fuzz(func(t *testing.T, at int, with byte, rest string) {
		token := rest
		if at >= 0 {
			damaged := []byte(genuine)
			damaged[at%len(damaged)] = with
			token = string(damaged) + rest
		}
		_, err := s.open(token, testMillis)
		if bare := strings.TrimSuffix(strings.TrimPrefix(token, `"`), `"`); bare == genuine {
			return
		}
		if err != errInvalidIterator {
			t.Fatalf("%q: %v", token, err)
		}
	})
}

// TestIteratorEveryBit flips each bit of a token's bytes.
func TestIteratorEveryBit(t *testing.T) {
	s := testSealer(t, "secret")
	genuine := s.seal(&shardIterator{stream: 7, name: "orders", shard: 3, offset: 41}, testMillis)
	raw, err := iteratorEncoding.DecodeString(genuine)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if it, err := s.open(iteratorEncoding.EncodeToString(raw), testMillis); err != errInvalidIterator {
			t.Errorf("bit %d: %+v, %v", i, it, err)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

// codeOf returns the code of an API error, and what it is when it is none.
func codeOf(err error) string {
	if e := (*api.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	if err == nil {
		return "none"
	}
	return "not an API error: " + err.Error()
}

func BenchmarkIterator(b *testing.B) {
	s := testSealer(b, "secret")
	now := time.Now().UnixMilli()
	it := shardIterator{stream: 7, name: "orders-of-the-day", shard: 3, offset: 41}
	token := s.seal(&it, now)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.seal(&it, now)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.open(token, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
