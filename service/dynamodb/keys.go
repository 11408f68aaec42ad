package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// What keys may weigh, in bytes.
const (
	maxHashBytes  = 2048
	maxRangeBytes = 1024
)

// errKey is the answer to a key with other attributes than the table's, or of
// other types.
var errKey = invalid("The provided key element does not match the schema")

// checkKey returns the key of an item in the form in which it is stored.
func checkKey(t *tables.Table, key attr.Item) (attr.Item, error) {
	checked, refused := attr.CheckItem(key)
	if refused != nil {
		return nil, refused
	}
	attributes := t.Keys.Attributes()
	if len(checked) != len(attributes) {
		return nil, errKey
	}
	for _, a := range attributes {
		if attr.TypeOf(checked[a.Name]) != string(a.Type) {
			return nil, errKey
		}
	}
	return checked, checkKeyValues(t, checked)
}

// checkNewItem returns an item to be put in the form in which it is stored.
func checkNewItem(t *tables.Table, item attr.Item) (attr.Item, error) {
	checked, refused := attr.CheckItem(item)
	if refused != nil {
		return nil, refused
	}
	for _, a := range t.Keys.Attributes() {
		v, ok := checked[a.Name]
		if !ok {
			return nil, invalidValue("Missing the key %s in the item", a.Name)
		}
		if kind := attr.TypeOf(v); kind != string(a.Type) {
			return nil, invalidValue("Type mismatch for key %s expected: %s actual: %s", a.Name, a.Type, kind)
		}
	}
	return checked, checkKeyValues(t, checked)
}

// checkKeyValues refuses keys that are empty or too long.
func checkKeyValues(t *tables.Table, item attr.Item) error {
	for i, a := range t.Keys.Attributes() {
		if a.Type == types.ScalarAttributeTypeN {
			continue
		}
		n, _ := attr.Length(item[a.Name])
		switch {
		case n == 0 && a.Type == types.ScalarAttributeTypeB:
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary value. Key: %s", a.Name)
		case n == 0:
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", a.Name)
		case i == 0 && n > maxHashBytes:
			return invalidValue("Size of hashkey has exceeded the maximum size limit of%d bytes", maxHashBytes)
		case i == 1 && n > maxRangeBytes:
			return invalidValue("Aggregated size of all range keys has exceeded the size limit of %d bytes", maxRangeBytes)
		}
	}
	return nil
}
