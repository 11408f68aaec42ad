package api

import (
	"iter"
	"math"
	"reflect"
	"strings"
	"time"
)

// Kind is the kind of value that stands in a request body.
type Kind uint8

// The kinds that JSON and CBOR have between them.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindBytes // CBOR only
	KindTime  // CBOR only
	KindList
	KindMap
)

// Value is one value of a request body as a codec sees it, without copies: the
// body is well formed, and what the value means is only looked at when asked
// for. V is the codec's own type. Each accessor needs the kind in its name.
type Value[V any] interface {
	Kind() Kind
	Bool() bool
	Int() int64 // a number's floor, clamped to the type
	Float() float64
	Time() time.Time
	Text() string
	Bytes() []byte
	Elements() iter.Seq[V]
	Members() iter.Seq2[string, V] // of a map; a name may come twice
}

// maxKept bounds how many strings of a list or entries of a map are kept. It is
// above what any table allows, and keeps a body full of tiny ones from taking
// many times its size.
const maxKept = 1000

// maxStructures bounds the structures in all lists of an input together: lists in
// lists would multiply what each may have. A call of CloudWatch may have the most,
// 1000 metrics of 30 dimensions.
const maxStructures = 100_000

// maxMembers bounds the members of one structure, so that decoding one needs
// no allocation; a test of the tables checks it.
const maxMembers = 20

// Decode checks that body is an input of the operation and stores it in input,
// a pointer to the SDK's shape: first all types (spec data-streams §8.1), then
// all constraints (§8.2). Unknown members and nulls are dropped, and of two
// members with one name the last counts. The error is an *Error with what AWS
// answers. Blobs and strings are copies: body may be reused.
func Decode[V Value[V]](body V, input any, op *Operation) error {
	if body.Kind() != KindMap {
		return &Error{Code: "SerializationException"}
	}
	d := decoder[V]{}
	into := reflect.ValueOf(input).Elem()
	if err := d.structure(body, into, op.Input, ""); err != nil {
		return err
	}
	v := validator{blanks: d.blanks}
	v.structure(into, op.Input, "")
	return v.err()
}

// decoder is the state of one Decode.
type decoder[V Value[V]] struct {
	// blanks are the paths of enum members that are given as "": in the SDK's
	// shapes they look as if they were absent.
	blanks []string
	// structures counts those in lists that were kept.
	structures int
}

func (d *decoder[V]) structure(body V, into reflect.Value, s *Structure, path string) *Error {
	var values [maxMembers]V
	var given [maxMembers]bool
	for name, v := range body.Members() {
		if i := s.index(name); i >= 0 {
			values[i], given[i] = v, true
		}
	}
	fields := FieldsOf(into.Type())
	for i := range s.Members {
		if !given[i] || values[i].Kind() == KindNull {
			continue
		}
		m := &s.Members[i]
		if m.Unserved {
			return Errorf("ValidationException", "This server does not serve the parameter %s yet.", m.Name)
		}
		f := fieldNamed(fields, m.Name)
		at := "" // only where blanks can be
		if f.Type == EnumText || f.Type == List || f.Type == Struct || f.Type == MapOf {
			at = join(path, m.Name)
		}
		if err := d.value(values[i], into.Field(f.Index), f.Type, &m.Shape, at); err != nil {
			return err
		}
	}
	return nil
}

// fieldNamed returns the field of a member; the tables' tests check that there
// is one.
func fieldNamed(fields []Field, name string) Field {
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	panic("BUG: no field for member " + name)
}

// value stores v, which is not null, or says why its type is wrong.
func (d *decoder[V]) value(v V, into reflect.Value, t Type, s *Shape, path string) *Error {
	switch kind := v.Kind(); t {
	case String, EnumText:
		if kind != KindString {
			return wrongType(kind, "an String")
		}
		if t == EnumText {
			return d.enum(v.Text(), into, path)
		}
		setPointer(into, v.Text())
	case Integer, Long:
		return integer(v, into, t)
	case Double, Real:
		return double(v, into, t)
	case Boolean:
		return boolean(v, into)
	case Blob:
		return decodeBlob(v, into)
	case Timestamp:
		if kind != KindNumber && kind != KindTime {
			return wrongType(kind, "milliseconds since epoch")
		}
		setPointer(into, v.Time())
	case List:
		return d.list(v, into, s, path)
	case Map:
		return d.stringMap(v, into)
	case MapOf:
		return d.mapOf(v, into, s, path)
	case Attribute:
		a, err := decodeAttribute(v)
		if err != nil {
			return err
		}
		into.Set(reflect.ValueOf(a))
	case Struct:
		return d.nested(v, into, s, path)
	}
	return nil
}

func (d *decoder[V]) enum(text string, into reflect.Value, path string) *Error {
	if text == "" && path != "" { // an element of a list has no path and cannot be absent
		d.blanks = append(d.blanks, path)
	}
	into.SetString(text)
	return nil
}

func integer[V Value[V]](v V, into reflect.Value, t Type) *Error {
	name := "an Integer"
	if t == Long {
		name = "an Long"
	}
	if v.Kind() != KindNumber {
		return wrongType(v.Kind(), name)
	}
	if t == Long {
		setPointer(into, v.Int())
	} else {
		setPointer(into, int32(min(max(v.Int(), math.MinInt32), math.MaxInt32)))
	}
	return nil
}

func double[V Value[V]](v V, into reflect.Value, t Type) *Error {
	if v.Kind() != KindNumber {
		return wrongType(v.Kind(), "a Double")
	}
	if t == Double {
		setPointer(into, v.Float())
	} else {
		into.SetFloat(v.Float())
	}
	return nil
}

func boolean[V Value[V]](v V, into reflect.Value) *Error {
	switch v.Kind() {
	case KindBool:
		setPointer(into, v.Bool())
		return nil
	case KindString:
		text := strings.ToUpper(v.Text())
		switch text {
		case "TRUE", "1", "YES":
			setPointer(into, true)
		case "FALSE", "0", "NO":
			setPointer(into, false)
		default:
			return typeErrorf("%s can not be converted to an Boolean", quote(text))
		}
		return nil
	}
	return wrongType(v.Kind(), "an Boolean")
}

func decodeBlob[V Value[V]](v V, into reflect.Value) *Error {
	data, err := blobOf(v)
	if err != nil {
		return err
	}
	into.SetBytes(data)
	return nil
}

// list decodes every element, so that each one's type is checked, but of
// structures it keeps no more than one above the maximum: enough to see that
// there are too many. It gives up beyond maxStructures.
func (d *decoder[V]) list(v V, into reflect.Value, s *Shape, path string) *Error {
	switch v.Kind() {
	case KindList:
	case KindMap:
		return wrongType(KindMap, "")
	default:
		return typeErrorf("Expected list or null")
	}
	t := TypeOf(into.Type().Elem())
	list := reflect.MakeSlice(into.Type(), 0, 0)
	keep := maxKept
	if s.Length != (Range{}) && t == Struct {
		keep = int(s.Length.Max) + 1
	}
	scratch := reflect.New(into.Type().Elem()).Elem()
	for e := range v.Elements() {
		scratch.SetZero()
		at := ""
		if t == Struct {
			at = element(path, list.Len())
		}
		if e.Kind() != KindNull {
			if err := d.value(e, scratch, t, s.Element, at); err != nil {
				return err
			}
		}
		if list.Len() == keep {
			continue
		}
		if t == Struct {
			if d.structures++; d.structures > maxStructures {
				return typeErrorf("Too many elements in all")
			}
		}
		list = reflect.Append(list, scratch)
	}
	into.Set(list)
	return nil
}

func (d *decoder[V]) stringMap(v V, into reflect.Value) *Error {
	switch v.Kind() {
	case KindMap:
	case KindList:
		return wrongType(KindList, "")
	default:
		return typeErrorf("Expected map or null")
	}
	m := map[string]string{}
	for name, value := range v.Members() {
		switch value.Kind() {
		case KindNull:
		case KindString:
			if _, again := m[name]; again || len(m) < maxKept {
				m[name] = value.Text()
			}
		default:
			return wrongType(value.Kind(), "an String")
		}
	}
	into.Set(reflect.ValueOf(m).Convert(into.Type()))
	return nil
}

// mapOf decodes a map whose values are not strings. A null among them is
// dropped.
func (d *decoder[V]) mapOf(v V, into reflect.Value, s *Shape, path string) *Error {
	switch v.Kind() {
	case KindMap:
	case KindList:
		return wrongType(KindList, "")
	default:
		return typeErrorf("Expected map or null")
	}
	if into.Type() == item {
		m, err := decodeItem(v)
		into.Set(reflect.ValueOf(m))
		return err
	}
	element := into.Type().Elem()
	t := TypeOf(element)
	m := reflect.MakeMap(into.Type())
	for name, e := range v.Members() {
		if e.Kind() == KindNull || m.Len() == maxKept {
			continue
		}
		scratch := reflect.New(element).Elem()
		if err := d.value(e, scratch, t, s.Value, entry(path, name)); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(name), scratch)
	}
	into.Set(m)
	return nil
}

func (d *decoder[V]) nested(v V, into reflect.Value, s *Shape, path string) *Error {
	switch v.Kind() {
	case KindMap:
	case KindList:
		return wrongType(KindList, "")
	default:
		return typeErrorf("Expected null")
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	return d.structure(v, into, s.Fields, path)
}

// setPointer stores a copy of v in a field of type *T.
func setPointer[T any](field reflect.Value, v T) { field.Set(reflect.ValueOf(&v)) }
