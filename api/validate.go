package api

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxViolations bounds the items of one message (spec data-streams §8.2).
const maxViolations = 10

// validator collects broken constraints in the grammar of spec data-streams
// §8.2.
type validator struct {
	blanks []string // see decoder
	items  []string
}

// err returns the collected violations as one error, or nil.
func (v *validator) err() error {
	switch n := len(v.items); n {
	case 0:
		return nil
	case 1:
		return Errorf("ValidationException", "1 validation error detected: %s", v.items[0])
	default:
		return Errorf("ValidationException", "%d validation errors detected: %s", n, strings.Join(v.items, "; "))
	}
}

func (v *validator) full() bool { return len(v.items) == maxViolations }

// add reports that value, in its rendered form, breaks a constraint.
func (v *validator) add(value, path, constraint string) {
	if v.full() {
		return
	}
	if value != "" {
		value += " "
	}
	v.items = append(v.items, "Value "+value+"at '"+path+"' failed to satisfy constraint: "+constraint)
}

func (v *validator) structure(value reflect.Value, s *Structure, path string) {
	fields := FieldsOf(value.Type())
	for _, i := range s.reported {
		if v.full() {
			return
		}
		m := &s.Members[i]
		f := fieldNamed(fields, m.Name)
		v.member(value.Field(f.Index), f.Type, &m.Shape, join(path, m.Name))
	}
}

func (v *validator) member(value reflect.Value, t Type, s *Shape, path string) {
	if t != Struct && value.IsZero() && !slices.Contains(v.blanks, path) || value.Kind() == reflect.Pointer && value.IsNil() {
		if s.Required {
			v.add("null", path, "Member must not be null")
		}
		return
	}
	switch t {
	case String:
		v.text(value.Elem().String(), s, path)
	case EnumText:
		v.text(value.String(), s, path)
	case Integer, Long:
		v.number(value.Elem().Int(), s, path)
	case Blob:
		v.length(int64(value.Len()), "", s, path)
	case List:
		v.list(value, s, path)
	case Map:
		v.stringMap(value, s, path)
	case MapOf:
		v.mapOf(value, s, path)
	case Struct:
		v.structure(reflect.Indirect(value), s.Fields, path)
	}
}

func (v *validator) text(text string, s *Shape, path string) {
	for _, broken := range textViolations(text, s) {
		v.add(quote(text), path, broken)
	}
}

// textViolations returns the constraints that text breaks: pattern, then
// lower and upper length, then enum.
func textViolations(text string, s *Shape) (broken []string) {
	if s.Pattern != nil && !s.Pattern.Match(text) {
		broken = append(broken, patternText(s))
	}
	if s.Length != (Range{}) {
		switch n := int64(utf8.RuneCountInString(text)); {
		case n < s.Length.Min:
			broken = append(broken, minLengthText(s))
		case n > s.Length.Max:
			broken = append(broken, maxLengthText(s))
		}
	}
	if s.Enum != nil && !slices.Contains(s.Enum, text) {
		broken = append(broken, enumText(s))
	}
	return broken
}

func (v *validator) number(n int64, s *Shape, path string) {
	if s.Range == (Range{}) {
		return
	}
	value := "'" + strconv.FormatInt(n, 10) + "'"
	if n < s.Range.Min {
		v.add(value, path, fmt.Sprintf("Member must have value greater than or equal to %d", s.Range.Min))
	}
	if n > s.Range.Max {
		v.add(value, path, fmt.Sprintf("Member must have value less than or equal to %d", s.Range.Max))
	}
}

// length reports a blob, list or map that is too short or too long.
func (v *validator) length(n int64, value string, s *Shape, path string) {
	if s.Length == (Range{}) {
		return
	}
	if n < s.Length.Min {
		v.add(value, path, minLengthText(s))
	}
	if n > s.Length.Max {
		v.add(value, path, maxLengthText(s))
	}
}

func (v *validator) list(list reflect.Value, s *Shape, path string) {
	if s.Element == nil || s.Element.Fields == nil && list.Type().Elem().Kind() != reflect.String {
		v.length(int64(list.Len()), "", s, path)
		return
	}
	if s.Element.Fields != nil {
		value := "" // structures have no text a client could know
		if list.Len() == 0 {
			value = "'[]'"
		}
		v.length(int64(list.Len()), value, s, path)
		for i := 0; i < list.Len() && !v.full(); i++ {
			v.structure(list.Index(i), s.Element.Fields, element(path, i))
		}
		return
	}
	texts := make([]string, list.Len())
	broken := false
	for i := range texts {
		texts[i] = list.Index(i).String()
		broken = broken || textViolations(texts[i], s.Element) != nil
	}
	value := quote("[" + strings.Join(texts, ", ") + "]")
	v.length(int64(len(texts)), value, s, path)
	if broken {
		v.add(value, path, "Member must satisfy constraint: "+elementText(s.Element))
	}
}

func (v *validator) stringMap(value reflect.Value, s *Shape, path string) {
	m := value.Interface().(map[string]string)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys) // Java's order is that of a hash table
	badKey, badValue := false, false
	entries := make([]string, len(keys))
	for i, k := range keys {
		entries[i] = k + "=" + m[k]
		badKey = badKey || textViolations(k, s.Key) != nil
		badValue = badValue || textViolations(m[k], s.Value) != nil
	}
	text := quote("{" + strings.Join(entries, ", ") + "}")
	v.length(int64(len(keys)), text, s, path)
	if badKey {
		v.add(text, path, "Map keys must satisfy constraint: "+elementText(s.Key))
	}
	if badValue {
		v.add(text, path, "Map value must satisfy constraint: "+elementText(s.Value))
	}
}

// mapOf reports a map of structures or lists that has too few or too many
// entries, and what is wrong in them. Attribute values have no constraints of
// this kind.
func (v *validator) mapOf(value reflect.Value, s *Shape, path string) {
	v.length(int64(value.Len()), "", s, path)
	if s.Value == nil {
		return
	}
	keys := make([]string, 0, value.Len())
	for _, k := range value.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys) // Java's order is that of a hash table
	t := TypeOf(value.Type().Elem())
	for _, k := range keys {
		v.member(value.MapIndex(reflect.ValueOf(k)), t, s.Value, entry(path, k))
	}
}

func minLengthText(s *Shape) string {
	return fmt.Sprintf("Member must have length greater than or equal to %d", s.Length.Min)
}

func maxLengthText(s *Shape) string {
	return fmt.Sprintf("Member must have length less than or equal to %d", s.Length.Max)
}

func patternText(s *Shape) string {
	return "Member must satisfy regular expression pattern: " + s.Pattern.Text
}

func enumText(s *Shape) string {
	return "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"
}

// elementText lists all constraints of the strings in a list or map, which are
// reported together.
func elementText(s *Shape) string {
	var all []string
	if s.Length != (Range{}) {
		all = append(all, maxLengthText(s), minLengthText(s))
	}
	if s.Pattern != nil {
		all = append(all, patternText(s))
	}
	if s.Enum != nil {
		all = append(all, enumText(s))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// maxQuoted bounds how much of a value a message repeats, in bytes. AWS repeats
// all of it; nobody reads megabytes, and they would be held several times over.
const maxQuoted = 4096

// quote returns text in single quotes, cut short when it is very long.
func quote(text string) string {
	if len(text) > maxQuoted {
		cut := maxQuoted
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return "'" + text + "'"
}

// join appends a member's name to a path as messages spell it, with the first
// letter in lower case.
func join(path, name string) string {
	name = strings.ToLower(name[:1]) + name[1:]
	if path == "" {
		return name
	}
	return path + "." + name
}

// element appends a list element, counted from 0, to a path.
func element(path string, i int) string { return path + "." + strconv.Itoa(i+1) + ".member" }

// entry appends the value of a map's key to a path.
func entry(path, key string) string { return path + "." + key + ".member" }
