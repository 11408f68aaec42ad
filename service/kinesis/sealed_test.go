package kinesis

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

func testCipher(t interface{ Fatal(args ...any) }, b byte) cipher.AEAD {
	block, err := aes.NewCipher(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

// What is sealed is opened as it was, in its place and with its key alone.
func TestSealedRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := storage.Record{
			Shard:        rapid.Uint32().Draw(t, "shard"),
			PartitionKey: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "key"),
			Data:         rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "data"),
		}
		if rapid.Bool().Draw(t, "explicit") {
			r.HasExplicitHashKey = true
			r.ExplicitHashKey = stream.HashKey{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		}
		x := &catalog.Stream{ID: storage.StreamID(rapid.Uint32().Draw(t, "stream"))}
		version := rapid.Uint32Min(1).Draw(t, "version")
		n := nonce{rapid.Uint32().Draw(t, "lot"), rapid.Uint64().Draw(t, "number")}
		want := r
		room := sealedSize(&r)
		arena := make([]byte, 3, 3+room)
		got := sealRecord(arena, testCipher(t, 1), appendContext(nil, x), version, n, &r)
		if len(got)-3 > room || &got[0] != &arena[:1][0] || !bytes.Equal(got[3:], r.Data) {
			t.Fatalf("%d bytes where at most %d were promised", len(got)-3, room)
		}
		if len(r.PartitionKey) != 0 || r.HasExplicitHashKey || r.ExplicitHashKey != (stream.HashKey{}) || r.KeyVersion != version {
			t.Fatalf("stored with %+v", r)
		}

		refuse := func(why string, b byte, other *catalog.Stream, r storage.Record) {
			if _, err := openRecord(nil, testCipher(t, b), appendContext(nil, other), &r); !errors.Is(err, errTampered) {
				t.Fatalf("%s: %v", why, err)
			}
		}
		elsewhere, younger, cut, altered := r, r, r, r
		elsewhere.Shard++
		younger.KeyVersion++
		cut.Data = cut.Data[:rapid.IntRange(0, len(cut.Data)-1).Draw(t, "length")]
		altered.Data = bytes.Clone(r.Data)
		altered.Data[rapid.IntRange(0, len(r.Data)-1).Draw(t, "place")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		refuse("another key", 2, x, r)
		refuse("another stream", 1, &catalog.Stream{ID: x.ID + 1}, r)
		refuse("another shard", 1, x, elsewhere)
		refuse("another version", 1, x, younger)
		refuse("cut off", 1, x, cut)
		refuse("a bit is another", 1, x, altered)

		if _, err := openRecord(nil, testCipher(t, 1), appendContext(nil, x), &r); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.PartitionKey, want.PartitionKey) || !bytes.Equal(r.Data, want.Data) || r.KeyVersion != version ||
			r.HasExplicitHashKey != want.HasExplicitHashKey || r.ExplicitHashKey != want.ExplicitHashKey || r.Shard != want.Shard {
			t.Fatalf("got %+v, want %+v", r, want)
		}
	})
}

// A plain text that is no record, although it was sealed, is refused.
func TestOpenRecordRefusesPlainText(t *testing.T) {
	aead, x := testCipher(t, 1), &catalog.Stream{ID: 1}
	for _, plain := range []string{
		"", "\xff", "\x02", "\x04k", "\x01short", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		r := storage.Record{KeyVersion: 1}
		context := appendContext(nil, x)
		setContext(context, 0, 1)
		head := make([]byte, nonceBytes)
		r.Data = aead.Seal(head, head, []byte(plain), context)
		if _, err := openRecord(nil, aead, context, &r); !errors.Is(err, errTampered) {
			t.Errorf("%q: %v", plain, err)
		}
	}
}
