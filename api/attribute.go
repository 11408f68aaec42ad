package api

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var item = reflect.TypeFor[map[string]types.AttributeValue]()

// maxAttributeDepth bounds how deep attribute values nest (spec: 32 levels);
// one more is left for the service to refuse with its own words.
const maxAttributeDepth = 33

// errNoAttribute is the answer to a value of none of the ten types, and
// errTwoAttributes to one of several.
var (
	errNoAttribute = Errorf("ValidationException",
		"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	errTwoAttributes = Errorf("ValidationException",
		"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	errDeepAttribute = Errorf("ValidationException",
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
)

// decodeAttribute reads an attribute value of DynamoDB: a map with one member
// that names the type. It is written by hand, since a table of leases is
// nothing but these.
func decodeAttribute[V Value[V]](v V) (types.AttributeValue, *Error) {
	return attributeOf(v, maxAttributeDepth)
}

// decodeItem reads a map of attribute values. A null among them is dropped.
func decodeItem[V Value[V]](v V) (map[string]types.AttributeValue, *Error) {
	return itemOf(v, maxAttributeDepth)
}

func itemOf[V Value[V]](v V, depth int) (map[string]types.AttributeValue, *Error) {
	if v.Kind() != KindMap {
		return nil, wrongType(v.Kind(), "a Map")
	}
	m := make(map[string]types.AttributeValue)
	for name, e := range v.Members() {
		if e.Kind() == KindNull {
			continue
		}
		a, err := attributeOf(e, depth)
		if err != nil {
			return nil, err
		}
		m[name] = a
	}
	return m, nil
}

func attributeOf[V Value[V]](v V, depth int) (types.AttributeValue, *Error) {
	if depth == 0 {
		return nil, errDeepAttribute
	}
	if v.Kind() != KindMap {
		return nil, wrongType(v.Kind(), "a Map")
	}
	var found types.AttributeValue
	for name, e := range v.Members() {
		if e.Kind() == KindNull {
			continue
		}
		a, err := typedAttribute(name, e, depth)
		switch {
		case err != nil:
			return nil, err
		case a == nil: // a type that nobody knows
		case found != nil:
			return nil, errTwoAttributes
		default:
			found = a
		}
	}
	if found == nil {
		return nil, errNoAttribute
	}
	return found, nil
}

// typedAttribute reads the value of the type that name names, nil for none.
func typedAttribute[V Value[V]](name string, v V, depth int) (types.AttributeValue, *Error) {
	switch name {
	case "S", "N":
		if v.Kind() != KindString {
			return nil, wrongType(v.Kind(), "an String")
		}
		if name == "S" {
			return &types.AttributeValueMemberS{Value: v.Text()}, nil
		}
		return &types.AttributeValueMemberN{Value: v.Text()}, nil
	case "B":
		data, err := blobOf(v)
		return &types.AttributeValueMemberB{Value: data}, err
	case "BOOL", "NULL":
		var b *bool
		if err := boolean(v, reflect.ValueOf(&b).Elem()); err != nil {
			return nil, err
		}
		if name == "BOOL" {
			return &types.AttributeValueMemberBOOL{Value: *b}, nil
		}
		return &types.AttributeValueMemberNULL{Value: *b}, nil
	case "M":
		m, err := itemOf(v, depth-1)
		return &types.AttributeValueMemberM{Value: m}, err
	case "L":
		list, err := elementsOf(v, func(e V) (types.AttributeValue, *Error) { return attributeOf(e, depth-1) })
		return &types.AttributeValueMemberL{Value: list}, err
	case "SS":
		set, err := elementsOf(v, textOf)
		return &types.AttributeValueMemberSS{Value: set}, err
	case "NS":
		set, err := elementsOf(v, textOf)
		return &types.AttributeValueMemberNS{Value: set}, err
	case "BS":
		set, err := elementsOf(v, blobOf)
		return &types.AttributeValueMemberBS{Value: set}, err
	}
	return nil, nil
}

// elementsOf reads a list, whose elements may not be null.
func elementsOf[V Value[V], T any](v V, read func(V) (T, *Error)) ([]T, *Error) {
	if v.Kind() != KindList {
		if v.Kind() == KindMap {
			return nil, wrongType(KindMap, "")
		}
		return nil, typeErrorf("Expected list or null")
	}
	list := []T{}
	for e := range v.Elements() {
		element, err := read(e)
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	return list, nil
}

func textOf[V Value[V]](v V) (string, *Error) {
	if v.Kind() != KindString {
		return "", wrongType(v.Kind(), "an String")
	}
	return v.Text(), nil
}

func blobOf[V Value[V]](v V) ([]byte, *Error) {
	switch v.Kind() {
	case KindBytes:
		return v.Bytes(), nil
	case KindString:
		return decodeBase64(v.Text())
	}
	return nil, wrongType(v.Kind(), "a Blob")
}
