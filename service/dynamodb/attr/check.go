package attr

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// MaxItemBytes is what an item may weigh.
const MaxItemBytes = 400 << 10

// maxDepth is how deep maps and lists may nest.
const maxDepth = 32

func invalid(text string) *api.Error { return &api.Error{Code: "ValidationException", Message: text} }

func invalidValue(text string) *api.Error {
	return invalid("One or more parameter values were invalid: " + text)
}

// CheckItem returns the item in the form in which it is stored and compared, with
// its numbers in their shortest notation, or what DynamoDB says against it. The
// item itself is not changed.
func CheckItem(item Item) (Item, *api.Error) {
	for name := range item {
		if err := CheckName(name); err != nil {
			return nil, err
		}
	}
	return checkItem(item, maxDepth)
}

// Check is CheckItem for one value.
func Check(v Value) (Value, *api.Error) { return check(v, maxDepth) }

func checkItem(item Item, depth int) (Item, *api.Error) {
	checked := make(Item, len(item))
	for name, v := range item {
		var err *api.Error
		if checked[name], err = check(v, depth); err != nil {
			return nil, err
		}
	}
	return checked, nil
}

// maxNameBytes is how long the name of an attribute may be.
const maxNameBytes = 64<<10 - 1

// CheckName refuses what cannot be the name of an attribute. What is in a map
// may have any name.
func CheckName(name string) *api.Error {
	switch {
	case name == "":
		return invalidValue("Attribute name must not be empty")
	case len(name) > maxNameBytes:
		return invalidValue("Attribute name is too large, must be less than 65536 bytes")
	}
	return nil
}

// errDeep is the text of DynamoDB for what nests too deep.
var errDeep = invalid("Nesting Levels have exceeded supported limits: " +
	"Attributes in the item have nested levels beyond supported limit")

// CheckDepth refuses an item that nests too deep. An update can make one of
// values that do not: it may put a map into itself.
func CheckDepth(item Item) *api.Error {
	for _, v := range item {
		if isDeeper(v, maxDepth) {
			return errDeep
		}
	}
	return nil
}

// isDeeper reports whether maps and lists nest deeper in a value than depth.
func isDeeper(v Value, depth int) bool {
	if depth < 0 {
		return true
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		for _, e := range v.Value {
			if isDeeper(e, depth-1) {
				return true
			}
		}
	case *types.AttributeValueMemberL:
		return slices.ContainsFunc(v.Value, func(e Value) bool { return isDeeper(e, depth-1) })
	}
	return false
}

func check(v Value, depth int) (Value, *api.Error) {
	if depth < 0 {
		return nil, errDeep
	}
	switch v := v.(type) {
	case nil:
		return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case *types.AttributeValueMemberN:
		text, err := checkNumber(v.Value)
		if err != nil || text == v.Value {
			return v, err
		}
		return &types.AttributeValueMemberN{Value: text}, nil
	case *types.AttributeValueMemberNULL:
		if !v.Value {
			return nil, invalidValue("Null attribute value types must have the value of true")
		}
	case *types.AttributeValueMemberM:
		m, err := checkItem(v.Value, depth-1)
		return &types.AttributeValueMemberM{Value: m}, err
	case *types.AttributeValueMemberL:
		list := make([]Value, len(v.Value))
		for i, e := range v.Value {
			var err *api.Error
			if list[i], err = check(e, depth-1); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case *types.AttributeValueMemberNS:
		set := make([]string, len(v.Value))
		for i, e := range v.Value {
			var err *api.Error
			if set[i], err = checkNumber(e); err != nil {
				return nil, err
			}
		}
		checked := &types.AttributeValueMemberNS{Value: set}
		return checked, checkSet(checked)
	case *types.AttributeValueMemberSS, *types.AttributeValueMemberBS:
		return v, checkSet(v)
	}
	return v, nil
}

// checkNumber returns the shortest notation of a number.
func checkNumber(text string) (string, *api.Error) {
	n, err := parse(text)
	if err != nil {
		return "", err
	}
	return n.String(), nil
}

// checkSet judges the members of a set.
func checkSet(set Value) *api.Error {
	members, _ := elements(set)
	kind := map[string]string{"SS": "string", "NS": "number", "BS": "binary"}[TypeOf(set)]
	if len(members) == 0 {
		if kind == "binary" {
			return invalidValue("Binary sets should not be empty")
		}
		return invalidValue("An " + kind + " set  may not be empty")
	}
	is := membership(members)
	if is[""] {
		if kind == "binary" {
			return invalidValue("Binary sets may not contain empty values")
		}
		return invalidValue("An " + kind + " set may not have a empty string as a member")
	}
	if len(is) == len(members) {
		return nil
	}
	if kind == "string" {
		return invalidValue("Input collection [" + strings.Join(members, ", ") + "] contains duplicates.")
	}
	return invalidValue("Input collection contains duplicates.")
}
