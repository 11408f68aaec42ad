package query

import (
	"encoding/base64"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/api"
)

// Decode stores the form in input, a pointer to the SDK's shape. Names that the
// shape does not have are dropped. Nothing in input shares memory with the form.
// The error is an *api.Error.
func (f *Form) Decode(input any) error {
	all, ok := f.pairs()
	if !ok {
		return api.Errorf("MalformedQueryString", "The query string contains a syntax error.")
	}
	if err := (part{in: all}).structure(reflect.ValueOf(input).Elem()); err != nil {
		return err
	}
	return nil
}

func (p part) structure(into reflect.Value) *api.Error {
	for _, field := range api.FieldsOf(into.Type()) {
		inner := p.at(field.Name)
		if !inner.has {
			continue
		}
		if err := inner.value(into.Field(field.Index), field.Type); err != nil {
			return err
		}
	}
	return nil
}

func (p part) value(into reflect.Value, t api.Type) *api.Error {
	switch t {
	case api.Struct:
		if into.Kind() == reflect.Pointer {
			into.Set(reflect.New(into.Type().Elem()))
			into = into.Elem()
		}
		return p.structure(into)
	case api.List:
		return p.list(into)
	case api.Map:
		m := map[string]string{}
		for _, entry := range p.at("entry").numbered() {
			m[strings.Clone(entry.at("key").text)] = strings.Clone(entry.at("value").text)
		}
		into.Set(reflect.ValueOf(m))
		return nil
	}
	if into.Kind() == reflect.Pointer && t != api.Timestamp {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if !scalar(p.text, into, t) {
		return api.Errorf("MalformedInput", "The value %s can not be read as a %s.", strconv.Quote(p.text), kindOf[t])
	}
	return nil
}

// kindOf names types in messages.
var kindOf = map[api.Type]string{
	api.Integer: "number", api.Long: "number", api.Count: "number", api.Double: "number", api.Real: "number",
	api.Boolean: "boolean", api.Timestamp: "timestamp", api.Instant: "timestamp", api.Blob: "blob",
}

// list reads elements in the order of their numbers. An empty list is written
// as its name alone.
func (p part) list(into reflect.Value) *api.Error {
	elements := p.at("member").numbered()
	list := reflect.MakeSlice(into.Type(), len(elements), len(elements))
	t := api.TypeOf(into.Type().Elem())
	for i, e := range elements {
		if err := e.value(list.Index(i), t); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

// scalar stores what a text means, and reports whether it means anything.
func scalar(text string, into reflect.Value, t api.Type) bool {
	switch t {
	case api.String, api.EnumText:
		into.SetString(strings.Clone(text))
	case api.Integer, api.Long, api.Count:
		n, err := strconv.ParseInt(text, 10, into.Type().Bits())
		into.SetInt(n)
		return err == nil
	case api.Double, api.Real:
		x, err := strconv.ParseFloat(text, 64)
		into.SetFloat(x)
		return err == nil
	case api.Boolean:
		into.SetBool(text == "true")
		return text == "true" || text == "false"
	case api.Blob:
		data, err := base64.StdEncoding.DecodeString(text)
		into.SetBytes(data)
		return err == nil
	case api.Timestamp, api.Instant:
		at, ok := timeOf(text)
		if t == api.Instant {
			into.Set(reflect.ValueOf(at))
		} else {
			into.Set(reflect.ValueOf(&at))
		}
		return ok
	default:
		return false // an attribute or a map of others: no API that speaks Query has them in inputs
	}
	return true
}

// timeOf reads a timestamp: as ISO 8601, with an offset or in UTC, or as epoch
// seconds.
func timeOf(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > -maxSeconds && seconds < maxSeconds) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC(), true
}

// maxSeconds is the end of the year 9999.
const maxSeconds = 253402300800
