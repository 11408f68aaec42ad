// Package attr knows the attribute values of DynamoDB: how they compare, what
// they weigh, which are allowed, their form in keys, and their form in the log.
//
// Values are the shapes of the AWS SDK. Those of a stored item are never
// changed, so that they may be shared.
//
// This package's API may change.
package attr

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Value is a value of one of the ten types: one of types.AttributeValueMember…
type Value = types.AttributeValue

// Item is what a row of a table holds: values by name.
type Item = map[string]types.AttributeValue

// TypeOf returns the type of a value as it is called in requests, such as "SS".
func TypeOf(v Value) string {
	switch v.(type) {
	case *types.AttributeValueMemberS:
		return "S"
	case *types.AttributeValueMemberN:
		return "N"
	case *types.AttributeValueMemberB:
		return "B"
	case *types.AttributeValueMemberBOOL:
		return "BOOL"
	case *types.AttributeValueMemberNULL:
		return "NULL"
	case *types.AttributeValueMemberM:
		return "M"
	case *types.AttributeValueMemberL:
		return "L"
	case *types.AttributeValueMemberSS:
		return "SS"
	case *types.AttributeValueMemberNS:
		return "NS"
	case *types.AttributeValueMemberBS:
		return "BS"
	}
	return ""
}

// Types lists what TypeOf returns.
var Types = []string{"S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "L", "M"}

// String returns a value of type S.
func String(s string) Value { return &types.AttributeValueMemberS{Value: s} }

// Equal reports whether two values are of one type and mean the same. Sets are
// equal in any order. A nil value is equal to none.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberB:
		b, ok := b.(*types.AttributeValueMemberB)
		return ok && bytes.Equal(a.Value, b.Value)
	case *types.AttributeValueMemberBOOL:
		b, ok := b.(*types.AttributeValueMemberBOOL)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberNULL:
		_, ok := b.(*types.AttributeValueMemberNULL)
		return ok
	case *types.AttributeValueMemberM:
		b, ok := b.(*types.AttributeValueMemberM)
		return ok && EqualItems(a.Value, b.Value)
	case *types.AttributeValueMemberL:
		b, ok := b.(*types.AttributeValueMemberL)
		return ok && slices.EqualFunc(a.Value, b.Value, Equal)
	}
	x, ok := elements(a)
	if !ok || TypeOf(a) != TypeOf(b) {
		return false
	}
	y, _ := elements(b)
	return equalSets(x, y)
}

// equalSets reports whether two sets have the same members. It takes time in
// proportion to them.
func equalSets(x, y []string) bool {
	if len(x) != len(y) {
		return false
	}
	if slices.Equal(x, y) {
		return true
	}
	is := membership(x)
	for _, m := range y {
		if !is[m] {
			return false
		}
	}
	return true
}

// EqualItems reports whether two items have equal values under the same names.
func EqualItems(a, b Item) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		if !Equal(v, b[name]) {
			return false
		}
	}
	return true
}

// elements returns the members of a set as texts, and whether v is a set.
func elements(v Value) ([]string, bool) {
	switch v := v.(type) {
	case *types.AttributeValueMemberSS:
		return v.Value, true
	case *types.AttributeValueMemberNS:
		return v.Value, true
	case *types.AttributeValueMemberBS:
		texts := make([]string, len(v.Value))
		for i, b := range v.Value {
			texts[i] = string(b)
		}
		return texts, true
	}
	return nil, false
}

// setLike returns a set of the same type as v with other members.
func setLike(v Value, members []string) Value {
	switch v.(type) {
	case *types.AttributeValueMemberSS:
		return &types.AttributeValueMemberSS{Value: members}
	case *types.AttributeValueMemberNS:
		return &types.AttributeValueMemberNS{Value: members}
	}
	blobs := make([][]byte, len(members))
	for i, m := range members {
		blobs[i] = []byte(m)
	}
	return &types.AttributeValueMemberBS{Value: blobs}
}

// IsScalar reports whether v is neither a set nor a list or a map, nor nothing.
func IsScalar(v Value) bool {
	switch v.(type) {
	case *types.AttributeValueMemberS, *types.AttributeValueMemberN, *types.AttributeValueMemberB,
		*types.AttributeValueMemberBOOL, *types.AttributeValueMemberNULL:
		return true
	}
	return false
}

// IsSet reports whether v is a set.
func IsSet(v Value) bool {
	_, ok := elements(v)
	return ok
}

// Union returns the members of both sets, which are of one type: those of a
// first, in their order.
func Union(a, b Value) Value {
	x, _ := elements(a)
	y, _ := elements(b)
	all, has := slices.Clone(x), membership(x)
	for _, m := range y {
		if !has[m] {
			all = append(all, m)
		}
	}
	return setLike(a, all)
}

// Minus returns the members of a that are not in b, which is a set of the same
// type, or nil when that is none: there are no empty sets.
func Minus(a, b Value) Value {
	x, _ := elements(a)
	y, _ := elements(b)
	var rest []string
	gone := membership(y)
	for _, m := range x {
		if !gone[m] {
			rest = append(rest, m)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return setLike(a, rest)
}

// membership returns what members are asked for by: a set may have a hundred
// thousand of them.
func membership(members []string) map[string]bool {
	is := make(map[string]bool, len(members))
	for _, m := range members {
		is[m] = true
	}
	return is
}

// Contains reports whether whole, a string, blob, set or list, has part in it:
// as a part of it, or as a member.
func Contains(whole, part Value) bool {
	switch w := whole.(type) {
	case *types.AttributeValueMemberS:
		p, ok := part.(*types.AttributeValueMemberS)
		return ok && strings.Contains(w.Value, p.Value)
	case *types.AttributeValueMemberB:
		p, ok := part.(*types.AttributeValueMemberB)
		return ok && bytes.Contains(w.Value, p.Value)
	case *types.AttributeValueMemberL:
		return slices.ContainsFunc(w.Value, func(v Value) bool { return Equal(v, part) })
	case *types.AttributeValueMemberSS:
		p, ok := part.(*types.AttributeValueMemberS)
		return ok && slices.Contains(w.Value, p.Value)
	case *types.AttributeValueMemberNS:
		p, ok := part.(*types.AttributeValueMemberN)
		return ok && slices.Contains(w.Value, p.Value)
	case *types.AttributeValueMemberBS:
		p, ok := part.(*types.AttributeValueMemberB)
		return ok && slices.ContainsFunc(w.Value, func(b []byte) bool { return bytes.Equal(b, p.Value) })
	}
	return false
}

// HasPrefix reports whether whole begins with prefix: both are strings, or both
// blobs.
func HasPrefix(whole, prefix Value) bool {
	switch w := whole.(type) {
	case *types.AttributeValueMemberS:
		p, ok := prefix.(*types.AttributeValueMemberS)
		return ok && strings.HasPrefix(w.Value, p.Value)
	case *types.AttributeValueMemberB:
		p, ok := prefix.(*types.AttributeValueMemberB)
		return ok && bytes.HasPrefix(w.Value, p.Value)
	}
	return false
}

// Compare orders two strings, numbers or blobs. It reports false for values of
// other types, or of two.
func Compare(a, b Value) (order int, comparable bool) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		if b, ok := b.(*types.AttributeValueMemberS); ok {
			return strings.Compare(a.Value, b.Value), true
		}
	case *types.AttributeValueMemberN:
		if b, ok := b.(*types.AttributeValueMemberN); ok {
			return mustParse(a.Value).compare(mustParse(b.Value)), true
		}
	case *types.AttributeValueMemberB:
		if b, ok := b.(*types.AttributeValueMemberB); ok {
			return bytes.Compare(a.Value, b.Value), true
		}
	}
	return 0, false
}

// Length returns what the function size makes of a value, and false when it has
// no size.
func Length(v Value) (n int, ok bool) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value), true
	case *types.AttributeValueMemberB:
		return len(v.Value), true
	case *types.AttributeValueMemberM:
		return len(v.Value), true
	case *types.AttributeValueMemberL:
		return len(v.Value), true
	}
	members, ok := elements(v)
	return len(members), ok
}
