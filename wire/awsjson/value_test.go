package awsjson

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// wellFormed says what Parse accepts: JSON as the standard library sees it, in
// UTF-8, which that does not check.
func wellFormed(text []byte) bool { return json.Valid(text) && utf8.Valid(text) }

var jsonSeeds = []string{
	`{}`, ` {"a" : [1, -0.5e+3, true, false, null, "x\u00e9\n"]} `, `[]`, `""`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83d\u0041"`,
	``, ` `, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `01`, `-`, `1.`, `1e`, `.5`, `+1`, `tru`, `nul`, `"`, `"\x"`, `"\`, `"\u12`, `-0`, `1.5e`, `1e+`, `"\u12g4"`,
	"\"\n\"", "\"\xff\"", "{}x", "{} {}", `{"a":1,"a":2}`, `{1:2}`, `"é"`, "\ufeff{}", `nullx`, `[[[[[[]]]]]]`,
}

// FuzzParse checks the scanner and the values against encoding/json.
func FuzzParse(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, ok := Parse(text)
		if want := wellFormed(text); ok != want {
			if !ok && depth(text) >= maxDepth {
				return
			}
			t.Fatalf("accepted: %v, want %v", ok, want)
		}
		if !ok {
			return
		}
		var want any
		if err := json.Unmarshal(text, &want); err != nil {
			return // a number out of range
		}
		got, _ := json.Marshal(untyped(v))
		again, _ := json.Marshal(want)
		if string(got) != string(again) {
			t.Fatalf("got %s, want %s", got, again)
		}
	})
}

func depth(text []byte) int {
	return strings.Count(string(text), "[") + strings.Count(string(text), "{")
}

// untyped returns what encoding/json makes of v.
func untyped(v Value) any {
	switch v.text[0] {
	case 'n':
		return nil
	case 't', 'f':
		return v.Bool()
	case '"':
		return v.Text()
	case '[':
		list := []any{}
		for e := range v.Elements() {
			list = append(list, untyped(e))
		}
		return list
	case '{':
		m := map[string]any{}
		for name, e := range v.Members() {
			m[name] = untyped(e)
		}
		return m
	}
	var f float64
	_ = json.Unmarshal(v.text, &f)
	return f
}

func TestDepth(t *testing.T) {
	deep := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, ok := Parse(deep(maxDepth)); !ok {
		t.Error("the greatest depth was refused")
	}
	if _, ok := Parse(deep(maxDepth + 1)); ok {
		t.Error("one more was accepted")
	}
	if _, ok := Parse(deep(8 << 20)); ok { // must not exhaust the stack
		t.Error("16 MiB of brackets were accepted")
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "1.9": 1, "-1.1": -2, "1e3": 1000, "1e400": math.MaxInt64, "-1e400": math.MinInt64,
		"9223372036854775807": math.MaxInt64, "9223372036854775808": math.MaxInt64, "-9223372036854775809": math.MinInt64,
	} {
		v, _ := Parse([]byte(text))
		if got := v.Int(); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]time.Time{
		"1700000000.123": time.UnixMilli(1700000000123), "1.700000000123E9": time.UnixMilli(1700000000123),
		"-0.5": time.UnixMilli(-500), "1700000000": time.Unix(1700000000, 0), "1e300": time.Unix(maxSeconds, 0),
	} {
		v, _ := Parse([]byte(text))
		if got := v.Time(); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
