package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Placeholders are the names and values that the expressions of one request
// refer to. It is used by one goroutine.
type Placeholders struct {
	names  map[string]string
	values map[string]attr.Value
	// What the expressions read so far refer to.
	usedNames, usedValues map[string]bool
}

// NewPlaceholders returns those of a request, either of which may be nil, or
// what DynamoDB says against them. any says that the request has an expression
// at all.
func NewPlaceholders(names map[string]string, values attr.Item, any bool) (*Placeholders, *api.Error) {
	for _, given := range []struct {
		name   string
		is     bool
		length int
	}{
		{"ExpressionAttributeNames", names != nil, len(names)},
		{"ExpressionAttributeValues", values != nil, len(values)},
	} {
		switch {
		case given.is && !any:
			return nil, invalid(given.name + " can only be specified when using expressions")
		case given.is && given.length == 0:
			return nil, invalid(given.name + " must not be empty")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if t := next(name, 0); t.kind != nameToken || t.end != len(name) {
			return nil, invalid(fmt.Sprintf(`ExpressionAttributeNames contains invalid key: Syntax error; key: "%s"`, name))
		}
		if err := attr.CheckName(names[name]); err != nil {
			return nil, invalid("ExpressionAttributeNames contains invalid value: " + err.Message + " for key " + name)
		}
	}
	checked := make(attr.Item, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if t := next(name, 0); t.kind != valueToken || t.end != len(name) {
			return nil, invalid(fmt.Sprintf(`ExpressionAttributeValues contains invalid key: Syntax error; key: "%s"`, name))
		}
		v, err := attr.Check(values[name])
		if err != nil {
			return nil, invalid("ExpressionAttributeValues contains invalid value: " + err.Message + " for key " + name)
		}
		checked[name] = v
	}
	return &Placeholders{names, checked, map[string]bool{}, map[string]bool{}}, nil
}

// Unused returns an error when there are placeholders that no expression
// referred to.
func (p *Placeholders) Unused() *api.Error {
	if unused := missing(p.names, p.usedNames); unused != "" {
		return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {" + unused + "}")
	}
	if unused := missing(p.values, p.usedValues); unused != "" {
		return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {" + unused + "}")
	}
	return nil
}

// missing lists the keys of all that are not used.
func missing[V any](all map[string]V, used map[string]bool) string {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if !used[k] {
			keys = append(keys, k)
		}
	}
	return strings.Join(keys, ", ")
}
