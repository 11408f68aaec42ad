package cbor

import (
	"iter"
	"math"
	"time"

	"github.com/leat-io/leat/api"
)

// Value is one value of a body that Parse has found well formed. It is a view:
// nothing is decoded before it is asked for.
type Value struct {
	item    []byte // without tags, except for that of a timestamp
	dialect Dialect
}

var _ api.Value[Value] = Value{}

// Parse returns the body as a value, and whether it is one item of well-formed
// CBOR. The body must not change while the value is in use.
func Parse(body []byte, d Dialect) (Value, bool) {
	if scanItem(body, 0, maxDepth) != len(body) {
		return Value{}, false
	}
	return newValue(body, d), true
}

// newValue returns the value of an item. Tags that mean nothing here say how
// their content may be understood, so they may be left out (RFC 8949 §3.4).
func newValue(item []byte, d Dialect) Value {
	for item[0]>>5 == majorTag {
		_, i := readHead(item, 0)
		if item[0] == tagTime && isNumber(item[i]) {
			break
		}
		item = item[i:]
	}
	return Value{item, d}
}

// isNumber reports whether an item that begins with first is an integer or a
// float.
func isNumber(first byte) bool {
	return first>>5 <= majorNegative || first >= isHalf && first <= isDouble
}

// Kind implements api.Value.
func (v Value) Kind() api.Kind {
	switch first := v.item[0]; first >> 5 {
	case majorBytes:
		return api.KindBytes
	case majorText:
		return api.KindString
	case majorList:
		return api.KindList
	case majorMap:
		return api.KindMap
	case majorTag:
		return api.KindTime
	case majorSimple:
		switch first {
		case isFalse, isTrue:
			return api.KindBool
		case isNull, undefined:
			return api.KindNull
		}
	}
	return api.KindNumber
}

// Bool implements api.Value.
func (v Value) Bool() bool { return v.item[0] == isTrue }

// Int implements api.Value.
func (v Value) Int() int64 {
	h, _ := readHead(v.item, 0)
	switch h.major {
	case majorUint:
		return int64(min(h.n, math.MaxInt64))
	case majorNegative:
		return -1 - int64(min(h.n, math.MaxInt64))
	}
	switch f := math.Floor(h.float()); {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	case math.IsNaN(f):
		return 0
	default:
		return int64(f)
	}
}

// Float implements api.Value.
func (v Value) Float() float64 {
	switch h, _ := readHead(v.item, 0); h.major {
	case majorUint:
		return float64(h.n)
	case majorNegative:
		return -1 - float64(h.n)
	default:
		return h.float()
	}
}

// maxMillis is the end of the year 9999, the latest that a timestamp can be
// written in everywhere.
const maxMillis = 253402300799_000

// Time implements api.Value, for a tagged number as for a plain one: an integer
// has the dialect's unit, a fraction always counts seconds.
func (v Value) Time() time.Time {
	number := v
	if v.item[0] == tagTime {
		number.item = v.item[1:]
	}
	millis := float64(0)
	switch h, _ := readHead(number.item, 0); {
	case h.major == majorSimple:
		millis = math.Round(h.float() * 1000)
	case v.dialect == AWS:
		millis = float64(number.Int())
	default:
		millis = float64(number.Int()) * 1000
	}
	if math.IsNaN(millis) {
		millis = 0
	}
	return time.UnixMilli(int64(min(max(millis, -maxMillis), maxMillis))).UTC()
}

// float returns the float that the head of one holds.
func (h head) float() float64 {
	switch h.info {
	case isHalf & 31:
		return half(uint16(h.n))
	case isSingle & 31:
		return float64(math.Float32frombits(uint32(h.n)))
	}
	return math.Float64frombits(h.n)
}

// half converts a float of 16 bits (RFC 8949 appendix D).
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&0x3ff)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 == 1 {
		return -f
	}
	return f
}

// Text implements api.Value.
func (v Value) Text() string {
	h, i := readHead(v.item, 0)
	if !h.open() {
		return string(v.item[i:])
	}
	return string(v.join(i))
}

// Bytes implements api.Value. The result is a copy.
func (v Value) Bytes() []byte {
	h, i := readHead(v.item, 0)
	if !h.open() {
		return append([]byte{}, v.item[i:]...)
	}
	return v.join(i)
}

// join returns the chunks of a string of open length, the first of which is at
// i.
func (v Value) join(i int) []byte {
	joined := []byte{}
	for v.item[i] != stop {
		h, at := readHead(v.item, i)
		i = at + int(h.n)
		joined = append(joined, v.item[at:i]...)
	}
	return joined
}

// Elements implements api.Value.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for i, more := v.first(); more(i); {
			end := scanItem(v.item, i, maxDepth)
			if !yield(newValue(v.item[i:end], v.dialect)) {
				return
			}
			i = end
		}
	}
}

// Members implements api.Value.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i, more := v.first(); more(i); {
			at := scanItem(v.item, i, maxDepth)
			end := scanItem(v.item, at, maxDepth)
			name := Value{v.item[i:at], v.dialect}.Text()
			if !yield(name, newValue(v.item[at:end], v.dialect)) {
				return
			}
			i = end
		}
	}
}

// first returns where the first element of a list or map begins, and how to
// see that there is one at an index. Nothing stands behind the last of a list
// of known length, since the item ends with it.
func (v Value) first() (int, func(int) bool) {
	h, i := readHead(v.item, 0)
	if h.open() {
		return i, func(i int) bool { return v.item[i] != stop }
	}
	return i, func(i int) bool { return i < len(v.item) }
}
