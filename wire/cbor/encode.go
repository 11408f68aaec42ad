package cbor

import (
	"encoding/binary"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/api"
)

// Append appends the CBOR of output, a pointer to an SDK shape, to dst. What
// has no value is left out, except for the lists in required (see
// api.Service.RequiredLists). Structures, lists and maps have open length, as
// AWS's have.
func Append(dst []byte, output any, required map[string]bool, d Dialect) []byte {
	e := encoder{required, d}
	return e.structure(dst, reflect.ValueOf(output).Elem())
}

type encoder struct {
	required map[string]bool
	dialect  Dialect
}

func (e encoder) structure(dst []byte, v reflect.Value) []byte {
	shape := v.Type()
	dst = append(dst, openMap)
	for _, f := range api.FieldsOf(shape) {
		field := v.Field(f.Index)
		if absent(field, f.Type) && !(f.Type == api.List && e.required[shape.Name()+"."+f.Name]) {
			continue
		}
		dst = appendText(dst, f.Name)
		dst = e.value(dst, field, f.Type)
	}
	return append(dst, stop)
}

// absent reports whether a field holds nothing. An empty list or blob that is
// not nil is something.
func absent(v reflect.Value, t api.Type) bool {
	switch t {
	case api.EnumText:
		return v.Len() == 0
	case api.Count, api.Real, api.Instant:
		return false
	case api.Struct:
		return v.Kind() == reflect.Pointer && v.IsNil()
	}
	return v.IsNil()
}

func (e encoder) value(dst []byte, v reflect.Value, t api.Type) []byte {
	switch t {
	case api.String:
		return appendText(dst, v.Elem().String())
	case api.EnumText:
		return appendText(dst, v.String())
	case api.Integer, api.Long:
		return appendInt(dst, v.Elem().Int())
	case api.Count:
		return appendInt(dst, v.Int())
	case api.Double:
		return appendDouble(dst, v.Elem().Float())
	case api.Real:
		return appendDouble(dst, v.Float())
	case api.Instant:
		return appendMillis(dst, v.Interface().(time.Time).UnixMilli(), e.dialect)
	case api.Boolean:
		return appendBool(dst, v.Elem().Bool())
	case api.Blob:
		return appendBlob(dst, v.Bytes())
	case api.Timestamp:
		return appendMillis(dst, v.Interface().(*time.Time).UnixMilli(), e.dialect)
	case api.List:
		return e.list(dst, v)
	case api.Map:
		return appendMap(dst, v.Interface().(map[string]string))
	default: // api.Struct
		return e.structure(dst, reflect.Indirect(v))
	}
}

func (e encoder) list(dst []byte, v reflect.Value) []byte {
	t := api.TypeOf(v.Type().Elem())
	dst = append(dst, openList)
	for i := range v.Len() {
		dst = e.value(dst, v.Index(i), t)
	}
	return append(dst, stop)
}

func appendMap(dst []byte, m map[string]string) []byte {
	dst = append(dst, openMap)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		dst = appendText(appendText(dst, k), m[k])
	}
	return append(dst, stop)
}

// appendText appends text. What is not UTF-8 becomes U+FFFD.
func appendText(dst []byte, text string) []byte {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	return append(appendHead(dst, majorText, uint64(len(text))), text...)
}

func appendBlob(dst, data []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(data))), data...)
}

func appendInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegative, uint64(-1-n))
	}
	return appendHead(dst, majorUint, uint64(n))
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, isTrue)
	}
	return append(dst, isFalse)
}

func appendDouble(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, isDouble), math.Float64bits(f))
}

// appendMillis appends Unix milliseconds as a timestamp of the dialect.
func appendMillis(dst []byte, millis int64, d Dialect) []byte {
	dst = append(dst, tagTime)
	if d == AWS {
		return appendInt(dst, millis)
	}
	return appendDouble(dst, float64(millis)/1000)
}
