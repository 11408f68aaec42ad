package awsjson

import (
	"bytes"
	"iter"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/leat-io/leat/api"
)

// Value is one value of a body that Parse has found well formed. It is a view:
// nothing is decoded before it is asked for.
type Value struct {
	text []byte // without white space around it
}

var _ api.Value[Value] = Value{}

// Parse returns the body as a value, and whether it is well-formed JSON. The
// body must not change while the value is in use.
func Parse(body []byte) (Value, bool) {
	if !valid(body) {
		return Value{}, false
	}
	return Value{bytes.Trim(body, " \t\r\n")}, true
}

// Kind implements api.Value.
func (v Value) Kind() api.Kind {
	switch v.text[0] {
	case 'n':
		return api.KindNull
	case 't', 'f':
		return api.KindBool
	case '"':
		return api.KindString
	case '[':
		return api.KindList
	case '{':
		return api.KindMap
	}
	return api.KindNumber
}

// Bool implements api.Value.
func (v Value) Bool() bool { return v.text[0] == 't' }

// Int implements api.Value.
func (v Value) Int() int64 {
	n, err := strconv.ParseInt(string(v.text), 10, 64)
	if err == nil {
		return n
	}
	// A fraction, an exponent or too large; ParseFloat gives ±Inf for the last.
	f, _ := strconv.ParseFloat(string(v.text), 64)
	switch f = math.Floor(f); {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// Float implements api.Value; a number too large is ±Inf.
func (v Value) Float() float64 {
	f, _ := strconv.ParseFloat(string(v.text), 64)
	return f
}

// maxSeconds is the last second of the year 9999, the latest that a timestamp
// can be written in everywhere.
const maxSeconds = 253402300799

// Time implements api.Value: epoch seconds with a fraction, to the millisecond.
func (v Value) Time() time.Time {
	seconds, _ := strconv.ParseFloat(string(v.text), 64)
	seconds = min(max(seconds, -maxSeconds), maxSeconds)
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
}

// Bytes implements api.Value; JSON has no such kind.
func (v Value) Bytes() []byte { return nil }

// Text implements api.Value.
func (v Value) Text() string { return unquote(v.text) }

// Elements implements api.Value.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		i := space(v.text, 1)
		for v.text[i] != ']' {
			end := scanValue(v.text, i, maxDepth)
			if !yield(Value{v.text[i:end]}) {
				return
			}
			if i = space(v.text, end); v.text[i] == ',' {
				i = space(v.text, i+1)
			}
		}
	}
}

// Members implements api.Value.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		i := space(v.text, 1)
		for v.text[i] != '}' {
			nameEnd := scanString(v.text, i)
			name := unquote(v.text[i:nameEnd])
			i = space(v.text, space(v.text, nameEnd)+1)
			end := scanValue(v.text, i, maxDepth)
			if !yield(name, Value{v.text[i:end]}) {
				return
			}
			if i = space(v.text, end); v.text[i] == ',' {
				i = space(v.text, i+1)
			}
		}
	}
}

// unquote returns what a valid string literal means. A lone surrogate, which
// no text can hold, becomes U+FFFD.
func unquote(literal []byte) string {
	literal = literal[1 : len(literal)-1]
	if bytes.IndexByte(literal, '\\') < 0 {
		return string(literal)
	}
	text := make([]byte, 0, len(literal))
	for i := 0; i < len(literal); i++ {
		if literal[i] != '\\' {
			text = append(text, literal[i])
			continue
		}
		i++
		if literal[i] != 'u' {
			text = append(text, unescaped(literal[i]))
			continue
		}
		r, _ := hex4(literal, i+1)
		i += 4
		if utf16.IsSurrogate(r) {
			second, ok := rune(0), false
			if i+2 < len(literal) && literal[i+1] == '\\' && literal[i+2] == 'u' {
				second, ok = hex4(literal, i+3)
			}
			if r = utf16.DecodeRune(r, second); ok && r != utf8.RuneError {
				i += 6
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return string(text)
}

// unescaped returns what a one-character escape stands for.
func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // quote, backslash, slash
}
