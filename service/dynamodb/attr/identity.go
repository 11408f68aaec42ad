package attr

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Identity returns a text that values have in common if they are equal, and only
// then. It is made for those that are compared with many.
func Identity(v Value) string { return string(appendIdentity(nil, v)) }

// appendIdentity appends the form of a value in the log, with sets in order.
func appendIdentity(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		dst = binary.AppendUvarint(append(dst, tagM), uint64(len(v.Value)))
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			dst = appendIdentity(AppendText(dst, name), v.Value[name])
		}
		return dst
	case *types.AttributeValueMemberL:
		return AppendList(append(dst, tagL), v.Value, appendIdentity)
	}
	if members, ok := elements(v); ok {
		v = setLike(v, slices.Sorted(slices.Values(members)))
	}
	return AppendValue(dst, v)
}

// Members returns the identities of what a set or list contains: of that of which
// Contains says so. Other values have none.
func Members(v Value) map[string]bool {
	all := make(map[string]bool)
	switch v := v.(type) {
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			all[Identity(e)] = true
		}
	case *types.AttributeValueMemberSS:
		for _, m := range v.Value {
			all[Identity(String(m))] = true
		}
	case *types.AttributeValueMemberNS:
		for _, m := range v.Value {
			all[Identity(&types.AttributeValueMemberN{Value: m})] = true
		}
	case *types.AttributeValueMemberBS:
		for _, m := range v.Value {
			all[Identity(&types.AttributeValueMemberB{Value: m})] = true
		}
	}
	return all
}
