package awsjson

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// appendItem appends a map of attribute values of DynamoDB, sorted by name.
func appendItem(dst []byte, item map[string]types.AttributeValue) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(item)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendAttribute(dst, item[name])
	}
	return append(dst, '}')
}

// appendAttribute appends an attribute value: an object whose one member names
// the type.
func appendAttribute(dst []byte, v types.AttributeValue) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		dst = appendString(append(dst, `{"S":`...), v.Value)
	case *types.AttributeValueMemberN:
		dst = appendString(append(dst, `{"N":`...), v.Value)
	case *types.AttributeValueMemberB:
		dst = appendBlob(append(dst, `{"B":`...), v.Value)
	case *types.AttributeValueMemberBOOL:
		dst = strconv.AppendBool(append(dst, `{"BOOL":`...), v.Value)
	case *types.AttributeValueMemberNULL:
		dst = strconv.AppendBool(append(dst, `{"NULL":`...), v.Value)
	case *types.AttributeValueMemberM:
		dst = appendItem(append(dst, `{"M":`...), v.Value)
	case *types.AttributeValueMemberL:
		dst = appendElements(append(dst, `{"L":`...), v.Value, appendAttribute)
	case *types.AttributeValueMemberSS:
		dst = appendElements(append(dst, `{"SS":`...), v.Value, appendString[string])
	case *types.AttributeValueMemberNS:
		dst = appendElements(append(dst, `{"NS":`...), v.Value, appendString[string])
	case *types.AttributeValueMemberBS:
		dst = appendElements(append(dst, `{"BS":`...), v.Value, func(dst, data []byte) []byte { return appendBlob(dst, data) })
	}
	return append(dst, '}')
}

func appendElements[T any](dst []byte, list []T, element func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = element(dst, e)
	}
	return append(dst, ']')
}
