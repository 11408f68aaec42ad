package cbor

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/leat-io/leat/api"
)

// bodies are what clients send, and the edges of the format (RFC 8949 appendix
// A has most of them).
var bodies = []string{
	"bf6a53747265616d4e616d6561736c506172746974696f6e4b657961616444617461426869ff", // spec data-streams §3
	"bf665f5f747970657819" + hex.EncodeToString([]byte("ResourceNotFoundException")) + "676d6573736167656178ff",
	"a0", "bfff", "80", "9fff", "00", "17", "1818", "1903e8", "1a000f4240", "1b000000e8d4a51000", "1bffffffffffffffff",
	"20", "3863", "3903e7", "3bffffffffffffffff", "f90000", "f98000", "f93c00", "f97bff", "f90001", "f90400", "f9c400", "f97c00", "f97e00", "f9fc00",
	"fa47c35000", "fa7f7fffff", "fb3ff199999999999a", "fb7ff8000000000000", "f4", "f5", "f6", "f7",
	"c11b0000018bcfe5687b", "c1fb41d954fc4007df3b", "c11a514b67b0", "c1f6", "c16161", "c1c100", "d74401020304", "d9d9f7a0",
	"40", "4401020304", "60", "6449455446", "62c3bc", "64f0908591", "5f42010243030405ff", "7f657374726561646d696e67ff", "5fff", "7fff",
	"83010203", "9f018202039f0405ffff", "a201020304", "a26161016162820203", "bf61610161629f0203ffff", "bf7f616161bffff5ff", "826161bf61626163ff",
	// and what is not well formed
	"", "18", "19ff", "1affffff", "1bffffffffffffff", "1c", "1f", "3f", "df", "ff", "81", "8201", "a1", "a16161", "bf6161ff", "9f", "bf", "5f", "7f",
	"41", "61", "61ff", "62c3", "5f6161ff", "7f4161ff", "5f5f4101ffff", "5bffffffffffffffff", "7b7fffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff",
	"c1", "f8", "f800", "f8ff", "e0", "fc", "0000", "a000", "bf01ff", "a1f6f6", "c1ff", "9f01",
}

// FuzzParse compares the scanner and the values with fxamacker/cbor.
func FuzzParse(f *testing.F) {
	for _, text := range bodies {
		body, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	mode, err := cbor.DecOptions{MaxNestedLevels: 2 * maxDepth, MaxArrayElements: math.MaxInt32, MaxMapPairs: math.MaxInt32}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, ok := Parse(body, RPC)
		wellFormed := mode.Wellformed(body)
		var any any
		decoded := mode.Unmarshal(body, &any)
		switch {
		case ok && wellFormed != nil:
			t.Fatalf("%x: accepted although %v", body, wellFormed)
		case !ok && decoded == nil && !narrower(any) && scanItem(body, 0, 10*maxDepth) != len(body):
			t.Fatalf("%x: refused, want %v", body, any)
		case !ok || decoded != nil || bytes.IndexByte(body, 0xc2) >= 0 || bytes.IndexByte(body, 0xc3) >= 0:
			return // the oracle looks into tags, has other keys, and knows big numbers
		}
		if got, want := fmt.Sprint(untyped(v)), fmt.Sprint(plain(any)); got != want {
			t.Fatalf("%x: got %s, want %s", body, got, want)
		}
	})
}

// narrower reports whether v holds what this package refuses: names that are
// not text, and simple values without a meaning.
func narrower(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, narrower)
	case map[any]any:
		for k, element := range v {
			if _, ok := k.(string); !ok || narrower(element) {
				return true
			}
		}
	case cbor.Tag:
		return narrower(v.Content)
	case cbor.SimpleValue:
		return true
	}
	return false
}

// untyped returns all that the accessors of a value say. Of two members with
// one name the first counts, as for the oracle.
func untyped(v Value) any {
	switch v.Kind() {
	case api.KindBool:
		return v.Bool()
	case api.KindNumber:
		return fmt.Sprint("number ", v.Int())
	case api.KindString:
		return "text " + v.Text()
	case api.KindBytes:
		return v.Bytes()
	case api.KindTime:
		return "time"
	case api.KindList:
		list := []any{}
		for e := range v.Elements() {
			list = append(list, untyped(e))
		}
		return list
	case api.KindMap:
		m := map[any]any{}
		for name, e := range v.Members() {
			m[name] = untyped(e)
		}
		return m
	}
	return nil
}

// plain puts what the oracle says in the same words.
func plain(v any) any {
	switch v := v.(type) {
	case uint64:
		return fmt.Sprint("number ", min(v, math.MaxInt64))
	case int64:
		return fmt.Sprint("number ", v)
	case big.Int:
		return plain(clamped(&v))
	case float64:
		n, _ := big.NewFloat(math.Floor(finite(v))).Int(nil)
		return plain(clamped(n))
	case string:
		return "text " + v
	case time.Time:
		return "time"
	case cbor.Tag:
		return plain(v.Content)
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, plain(e))
		}
		return list
	case map[any]any:
		m := map[any]any{}
		for k, e := range v {
			m[k] = plain(e)
		}
		return m
	}
	return v
}

func clamped(n *big.Int) int64 {
	if n.IsInt64() {
		return n.Int64()
	}
	if n.Sign() < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

// finite replaces what big.Float does not know.
func finite(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return min(max(f, -math.MaxFloat64), math.MaxFloat64)
}

func parseHex(t *testing.T, text string, d Dialect) Value {
	t.Helper()
	body, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := Parse(body, d)
	if !ok {
		t.Fatalf("%s: refused", text)
	}
	return v
}

func TestInt(t *testing.T) {
	for text, want := range map[string]int64{
		"00": 0, "1bffffffffffffffff": math.MaxInt64, "20": -1, "3bffffffffffffffff": math.MinInt64, "3b7fffffffffffffff": math.MinInt64,
		"f93e00": 1, "f9be00": -2, "fb7ff0000000000000": math.MaxInt64, "fbfff0000000000000": math.MinInt64, "f97e00": 0, "fa49742400": 1000000,
	} {
		if got := parseHex(t, text, AWS).Int(); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestTime(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	for _, test := range []struct {
		text     string
		aws, rpc time.Time
	}{
		{"c11b0000018bcfe5687b", at, time.Unix(maxMillis/1000, 0)}, // spec data-streams §3
		{"c1fb41d954fc4007df3b", at, at},                           // spec data-streams §4
		{"1b0000018bcfe5687b", at, time.Unix(maxMillis/1000, 0)},
		{"fb41d954fc4007df3b", at, at},
		{"c11a6553f100", time.UnixMilli(1700000000), time.Unix(1700000000, 0)},
		{"c13903e7", time.UnixMilli(-1000), time.Unix(-1000, 0)},
		{"c1f9b800", time.UnixMilli(-500), time.UnixMilli(-500)},
		{"c1f97e00", time.UnixMilli(0), time.UnixMilli(0)},
		{"d9d9f7c11b0000018bcfe5687b", at, time.Unix(maxMillis/1000, 0)},
	} {
		v := parseHex(t, test.text, AWS)
		if got := v.Time(); !got.Equal(test.aws) {
			t.Errorf("%s: %v, want %v", test.text, got, test.aws)
		}
		if got := parseHex(t, test.text, RPC).Time(); !got.Equal(test.rpc) {
			t.Errorf("%s as RPC: %v, want %v", test.text, got, test.rpc)
		}
	}
	for text, want := range map[string]api.Kind{"c100": api.KindTime, "00": api.KindNumber, "c1f6": api.KindNull, "c16161": api.KindString, "c1c100": api.KindTime, "d8ff4101": api.KindBytes} {
		if got := parseHex(t, text, AWS).Kind(); got != want {
			t.Errorf("%s: kind %d, want %d", text, got, want)
		}
	}
}

// TestDepth has nesting beyond the bound refused, in lists, maps, tags and
// what is open.
func TestDepth(t *testing.T) {
	for _, level := range []string{"\x81", "\x9f", "\xbf\x61a", "\xa1\x61a", "\xc1"} {
		closing := ""
		if level[0] == openList || level[0] == openMap {
			closing = "\xff"
		}
		nested := func(n int) []byte {
			return []byte(strings.Repeat(level, n) + "\x01" + strings.Repeat(closing, n))
		}
		if _, ok := Parse(nested(maxDepth-1), AWS); !ok {
			t.Errorf("%x: the deepest allowed was refused", level)
		}
		if _, ok := Parse(nested(maxDepth), AWS); ok {
			t.Errorf("%x: too deep was accepted", level)
		}
	}
}
