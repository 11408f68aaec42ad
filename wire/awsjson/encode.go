package awsjson

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// Append appends the JSON of output, a pointer to an SDK shape, to dst. What
// has no value is left out, except for the lists in required (see
// api.Service.RequiredLists).
func Append(dst []byte, output any, required map[string]bool) []byte {
	e := encoder{required}
	return e.structure(dst, reflect.ValueOf(output).Elem())
}

type encoder struct {
	required map[string]bool
}

func (e encoder) structure(dst []byte, v reflect.Value) []byte {
	shape := v.Type()
	dst = append(dst, '{')
	first := true
	for _, f := range api.FieldsOf(shape) {
		field := v.Field(f.Index)
		if absent(field, f.Type) && !(f.Type == api.List && e.required[shape.Name()+"."+f.Name]) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, f.Name...)
		dst = append(dst, '"', ':')
		dst = e.value(dst, field, f.Type)
	}
	return append(dst, '}')
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
		return appendString(dst, v.Elem().String())
	case api.EnumText:
		return appendString(dst, v.String())
	case api.Integer, api.Long:
		return strconv.AppendInt(dst, v.Elem().Int(), 10)
	case api.Count:
		return strconv.AppendInt(dst, v.Int(), 10)
	case api.Real:
		return appendDouble(dst, v.Float())
	case api.Instant:
		return appendMillis(dst, v.Interface().(time.Time).UnixMilli())
	case api.Double:
		return appendDouble(dst, v.Elem().Float())
	case api.Boolean:
		return strconv.AppendBool(dst, v.Elem().Bool())
	case api.Blob:
		return appendBlob(dst, v.Bytes())
	case api.Timestamp:
		return appendMillis(dst, v.Interface().(*time.Time).UnixMilli())
	case api.List:
		return e.list(dst, v)
	case api.Map:
		return appendMap(dst, v.Interface().(map[string]string))
	case api.MapOf:
		return e.mapOf(dst, v)
	case api.Attribute:
		return appendAttribute(dst, v.Interface().(types.AttributeValue))
	default: // api.Struct
		return e.structure(dst, reflect.Indirect(v))
	}
}

func (e encoder) list(dst []byte, v reflect.Value) []byte {
	t := api.TypeOf(v.Type().Elem())
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.value(dst, v.Index(i), t)
	}
	return append(dst, ']')
}

// mapOf appends a map whose values are not strings.
func (e encoder) mapOf(dst []byte, v reflect.Value) []byte {
	if item, ok := v.Interface().(map[string]types.AttributeValue); ok {
		return appendItem(dst, item)
	}
	t := api.TypeOf(v.Type().Elem())
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, k), ':')
		dst = e.value(dst, v.MapIndex(reflect.ValueOf(k)), t)
	}
	return append(dst, '}')
}

func appendMap(dst []byte, m map[string]string) []byte {
	dst = append(dst, '{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, k), ':')
		dst = appendString(dst, m[k])
	}
	return append(dst, '}')
}

// appendDouble appends a number that is neither infinite nor NaN, with a
// fraction even if that is 0, as AWS does.
func appendDouble(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return append(strconv.AppendInt(dst, int64(f), 10), '.', '0')
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// appendMillis appends Unix milliseconds as epoch seconds with a fraction of
// three digits (spec data-streams §2.2).
func appendMillis(dst []byte, millis int64) []byte {
	if millis < 0 {
		dst = append(dst, '-')
		millis = -millis
	}
	dst = strconv.AppendInt(dst, millis/1000, 10)
	f := millis % 1000
	return append(dst, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
}

const hexDigits = "0123456789abcdef"

// appendString appends text as a string. What is not UTF-8 becomes U+FFFD.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := decodeRune(text[i:])
			if r != utf8.RuneError || size != 1 {
				i += size
				continue
			}
			dst = append(append(dst, text[start:i]...), "\uFFFD"...)
		} else {
			dst = append(dst, text[start:i]...)
			dst = appendEscape(dst, c)
		}
		i++
		start = i
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// decodeRune reads the first rune of text.
func decodeRune[T string | []byte](text T) (rune, int) {
	n := min(len(text), utf8.UTFMax)
	var buf [utf8.UTFMax]byte
	copy(buf[:], text[:n])
	return utf8.DecodeRune(buf[:n])
}

// appendEscape appends the escape of a quote, a backslash or a control
// character.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
