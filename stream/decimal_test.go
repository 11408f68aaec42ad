package stream

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bigOf returns the words, most significant first, as one number.
func bigOf(words ...uint64) *big.Int {
	n := new(big.Int)
	for _, w := range words {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(w))
	}
	return n
}

// edgy draws words that are often at or next to the powers that conversions
// stumble over.
func edgy() *rapid.Generator[uint64] {
	edges := []uint64{0, 1, 9, 10, 1e8 - 1, 1e8, 1e16 - 1, 1e16, 1e19 - 1, 1e19, 1e19 + 1, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	return rapid.OneOf(rapid.Uint64(), rapid.SampledFrom(edges))
}

func TestHashKeyDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := HashKey{edgy().Draw(t, "hi"), edgy().Draw(t, "lo")}
		if got, want := k.String(), bigOf(k.Hi, k.Lo).String(); got != want {
			t.Fatalf("%#v: %s, want %s", k, got, want)
		}
		zeros := strings.Repeat("0", rapid.IntRange(0, 40).Draw(t, "zeros"))
		if back, err := ParseHashKey(zeros + k.String()); err != nil || back != k {
			t.Fatalf("%s: %v, %v", k, back, err)
		}
	})
}

func TestSequenceNumberDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := SequenceParts{
			CreateSeconds: rapid.Int64Range(0, maxCreateSeconds-1).Draw(t, "create"),
			Seconds:       rapid.Int64Range(0, 1<<36-1).Draw(t, "seconds"),
			Index:         rapid.Uint64Range(0, EndIndex).Draw(t, "index"),
			Shard:         ShardID(rapid.Int32().Draw(t, "shard")),
		}
		n := p.Number()
		if n.Parts() != p || n.Version() != 2 {
			t.Fatalf("%+v came back as %+v, version %d", p, n.Parts(), n.Version())
		}
		if got, want := n.String(), bigOf(n.hi, n.mid, n.lo).String(); got != want {
			t.Fatalf("%+v: %s, want %s", p, got, want)
		}
		if back, err := ParseSequenceNumber(n.Append([]byte("x"))[1:]); err != nil || back != n {
			t.Fatalf("%s: %v, %v", n, back, err)
		}
	})
}

// TestSequenceNumberOrder holds Compare against the order of the numbers.
func TestSequenceNumberOrder(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) SequenceNumber {
		small := rapid.Uint64Range(0, 3)
		return SequenceParts{
			CreateSeconds: 1700000000 + int64(small.Draw(t, "create")),
			Seconds:       1700000000 + int64(small.Draw(t, "seconds")),
			Index:         small.Draw(t, "index") << 47,
			Shard:         ShardID(small.Draw(t, "shard")),
		}.Number()
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		if got, want := a.Compare(b), bigOf(a.hi, a.mid, a.lo).Cmp(bigOf(b.hi, b.mid, b.lo)); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}

func TestShardIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := ShardID(rapid.Int32().Draw(t, "id"))
		text := id.String()
		if len(text) != len("shardId-000000000000") {
			t.Fatalf("%d: %s", id, text)
		}
		if back, ok := ParseShardID(text); ok != (id >= 0) || ok && back != id {
			t.Fatalf("%s: %d, %v", text, back, ok)
		}
	})
}

func TestForeignSequenceNumbers(t *testing.T) {
	for _, c := range []struct {
		text    string
		version int
		shard   ShardID
		create  int64
	}{
		{"49545115243490985018280067714973144582180062593244200961", 1, 0, 1416034339},
		{"0", 0, 0, 0},
		// 1, create 0x054206d34, byte 00, random 0..., shard 000a
		{bigHex("1054206d34000000000000000000000a"), 0, 10, 0x054206d34},
		{v2Hex(2, 0x0542070b1, 0, 13, 2), 2, 13, 0x0542070b1},
		{v2Hex(2, 0x0542070b1, 0, 0x80000000, 2), 2, -2147483648, 0x0542070b1},
	} {
		n, err := ParseAnySequenceNumber(c.text)
		if p := n.Parts(); err != nil || n.Version() != c.version || p.Shard != c.shard || p.CreateSeconds != c.create {
			t.Errorf("%s: version %d, %+v, %v", c.text, n.Version(), p, err)
		}
		if _, err := ParseSequenceNumber(c.text); (err == nil) != (c.version == 2) {
			t.Errorf("%s: version 2 or not: %v", c.text, err)
		}
	}
	for what, text := range map[string]string{
		"empty":             "",
		"letters":           "4964643757710847641691687640582713835140504464904735949x",
		"minus":             "-1",
		"version 3":         v2Hex(2, 1411403981, 0, 0, 3),
		"above v0, short":   bigHex("200000000000000000000000000000000"),
		"top bits 11":       v2Hex(3, 1411403981, 0, 0, 2),
		"create too late":   v2Hex(2, 16025175000, 0, 0, 2),
		"index too high":    v2Hex(2, 1411403981, 1<<63, 0, 2),
		"more than 192 bit": "9" + strings.Repeat("9", 60),
	} {
		if n, err := ParseAnySequenceNumber(text); err == nil {
			t.Errorf("%s: %s read as %+v", what, text, n.Parts())
		}
	}
}

// v2Hex lays out a number as spec data-streams §12.2 draws it, digit by digit.
func v2Hex(top, create, index, shard, version uint64) string {
	return bigHex(fmt.Sprintf("%x%09x%x%016x00%09x%08x%x", top, create, shard&0xf, index, create, shard, version))
}

// bigHex returns the decimal form of a hexadecimal number.
func bigHex(hex string) string {
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		panic(hex)
	}
	return n.String()
}

// FuzzParse holds both parsers against math/big: they read exactly the texts
// of digits whose value is in range, and what they read prints as it was.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "0", "00", "1e3", "+1", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456",
		"49646437577108476416916876405825929425585429676275269634", "18446744073709551616", "9999999999999999999",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		digits := text != "" && strings.Trim(text, "0123456789") == ""
		want := new(big.Int)
		if digits {
			want.SetString(text, 10)
		}
		k, err := ParseHashKey(text)
		if ok := digits && want.BitLen() <= 128; (err == nil) != ok {
			t.Fatalf("hash key %q: %v", text, err)
		}
		if err == nil && k.String() != want.String() {
			t.Fatalf("hash key %q: %s", text, k)
		}
		n, err := ParseSequenceNumber([]byte(text))
		if err == nil && (!digits || n.String() != want.String() || n.Version() != 2) {
			t.Fatalf("sequence number %q: %s", text, n)
		}
		if digits && err != nil && want.BitLen() <= 192 {
			// It must be refused for one of the reasons of the layout.
			s := SequenceNumber{}
			words := new(big.Int).Set(want)
			mask := new(big.Int).SetUint64(^uint64(0))
			s.lo = new(big.Int).And(words, mask).Uint64()
			s.mid = new(big.Int).And(words.Rsh(words, 64), mask).Uint64()
			s.hi = words.Rsh(words, 64).Uint64()
			if p := s.Parts(); s.Version() == 2 && p.CreateSeconds < maxCreateSeconds && p.Index <= EndIndex {
				t.Fatalf("sequence number %q refused: %+v", text, p)
			}
		}
	})
}
