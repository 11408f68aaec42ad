package attr

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The tags of values in the log and in snapshots (docs/formats/tables.md). They
// never change their meaning.
const (
	tagS     = 1
	tagN     = 2
	tagB     = 3
	tagTrue  = 4
	tagFalse = 5
	tagNULL  = 6
	tagM     = 7
	tagL     = 8
	tagSS    = 9
	tagNS    = 10
	tagBS    = 11
)

// AppendItem appends the form of an item in the log: how many values there are,
// then name and value of each, sorted by name.
func AppendItem(dst []byte, item Item) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(item)))
	for _, name := range slices.Sorted(maps.Keys(item)) {
		dst = AppendText(dst, name)
		dst = AppendValue(dst, item[name])
	}
	return dst
}

// AppendValue appends the form of a value in the log: its tag, and what it
// holds.
func AppendValue(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return AppendText(append(dst, tagS), v.Value)
	case *types.AttributeValueMemberN:
		return AppendText(append(dst, tagN), v.Value)
	case *types.AttributeValueMemberB:
		return AppendText(append(dst, tagB), string(v.Value))
	case *types.AttributeValueMemberBOOL:
		if v.Value {
			return append(dst, tagTrue)
		}
		return append(dst, tagFalse)
	case *types.AttributeValueMemberNULL:
		return append(dst, tagNULL)
	case *types.AttributeValueMemberM:
		return AppendItem(append(dst, tagM), v.Value)
	case *types.AttributeValueMemberL:
		return AppendList(append(dst, tagL), v.Value, AppendValue)
	case *types.AttributeValueMemberSS:
		return AppendList(append(dst, tagSS), v.Value, AppendText)
	case *types.AttributeValueMemberNS:
		return AppendList(append(dst, tagNS), v.Value, AppendText)
	case *types.AttributeValueMemberBS:
		return AppendList(append(dst, tagBS), v.Value, func(dst, b []byte) []byte { return AppendText(dst, string(b)) })
	}
	panic("BUG: a value of no type")
}

// AppendText appends a text with its length before it.
func AppendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// AppendList appends the number of elements, and each.
func AppendList[T any](dst []byte, list []T, element func([]byte, T) []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, e := range list {
		dst = element(dst, e)
	}
	return dst
}

// errMalformed says that bytes are not what the functions here append.
var errMalformed = errors.New("malformed")

// Reader takes apart what was appended. After the first thing that is not what
// it should be, Err is set and everything else is empty.
type Reader struct {
	rest []byte
	err  error
}

// NewReader returns a reader of data. What it gives does not keep data.
func NewReader(data []byte) *Reader { return &Reader{rest: data} }

// Err returns whether anything was malformed.
func (r *Reader) Err() error { return r.err }

// Len returns how many bytes are left.
func (r *Reader) Len() int { return len(r.rest) }

// Fail makes the reader say that its data are malformed.
func (r *Reader) Fail() { r.err, r.rest = errMalformed, nil }

// Byte returns the next byte.
func (r *Reader) Byte() byte {
	if len(r.rest) == 0 {
		r.Fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// Uint returns the next number.
func (r *Reader) Uint() uint64 {
	n, width := binary.Uvarint(r.rest)
	if width <= 0 {
		r.Fail()
		return 0
	}
	r.rest = r.rest[width:]
	return n
}

// Text returns the next text.
func (r *Reader) Text() string {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.Fail()
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

// ReadList returns the elements of a list, each of which takes a byte at least.
func ReadList[T any](r *Reader, element func() T) []T {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.Fail()
		return nil
	}
	list := make([]T, 0, n)
	for range n {
		list = append(list, element())
	}
	return list
}

// Item returns the next item.
func (r *Reader) Item() Item {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.Fail()
		return nil
	}
	item := make(Item, n)
	for range n {
		name := r.Text()
		item[name] = r.Value()
	}
	return item
}

// Value returns the next value.
func (r *Reader) Value() Value {
	switch r.Byte() {
	case tagS:
		return &types.AttributeValueMemberS{Value: r.Text()}
	case tagN:
		return &types.AttributeValueMemberN{Value: r.Text()}
	case tagB:
		return &types.AttributeValueMemberB{Value: []byte(r.Text())}
	case tagTrue:
		return &types.AttributeValueMemberBOOL{Value: true}
	case tagFalse:
		return &types.AttributeValueMemberBOOL{}
	case tagNULL:
		return &types.AttributeValueMemberNULL{Value: true}
	case tagM:
		return &types.AttributeValueMemberM{Value: r.Item()}
	case tagL:
		return &types.AttributeValueMemberL{Value: ReadList(r, r.Value)}
	case tagSS:
		return &types.AttributeValueMemberSS{Value: ReadList(r, r.Text)}
	case tagNS:
		return &types.AttributeValueMemberNS{Value: ReadList(r, r.Text)}
	case tagBS:
		return &types.AttributeValueMemberBS{Value: ReadList(r, func() []byte { return []byte(r.Text()) })}
	}
	r.Fail()
	return nil
}

// Uint64 returns the next eight bytes as a number.
func (r *Reader) Uint64() uint64 {
	if len(r.rest) < 8 {
		r.Fail()
		return 0
	}
	n := binary.BigEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	return n
}
