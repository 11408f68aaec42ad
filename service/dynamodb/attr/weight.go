package attr

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// Size returns what an item weighs, in bytes, by DynamoDB's rules: names and
// values, two digits of a number in a byte.
func Size(item Item) int {
	n := 0
	for name, v := range item {
		n += len(name) + sizeOf(v)
	}
	return n
}

// Count returns how many values there are in an item, those in others among them.
// A map that is not empty counts for five, since it has room for more than one.
func Count(item Item) int {
	n := 0
	for _, v := range item {
		n += count(v)
	}
	return n
}

func count(v Value) int {
	n := 1
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		if len(v.Value) > 0 {
			n = 5 + Count(v.Value)
		}
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			n += count(e)
		}
	case *types.AttributeValueMemberSS:
		n += len(v.Value)
	case *types.AttributeValueMemberNS:
		n += len(v.Value)
	case *types.AttributeValueMemberBS:
		n += len(v.Value)
	}
	return n
}

func sizeOf(v Value) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return numberSize(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberM:
		return 3 + Size(v.Value) + len(v.Value)
	case *types.AttributeValueMemberL:
		n := 3
		for _, e := range v.Value {
			n += 1 + sizeOf(e)
		}
		return n
	case *types.AttributeValueMemberNS:
		n := 0
		for _, e := range v.Value {
			n += numberSize(e)
		}
		return n
	}
	members, ok := elements(v)
	if !ok {
		return 1 // BOOL, NULL
	}
	n := 0
	for _, m := range members {
		n += len(m)
	}
	return n
}

func numberSize(text string) int {
	n := mustParse(text)
	size := 1 + (len(n.digits)+1)/2
	if n.negative {
		size++
	}
	return size
}
