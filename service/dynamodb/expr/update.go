package expr

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// The texts of DynamoDB for updates that do not fit the item.
var (
	errOperand   = invalid("An operand in the update expression has an incorrect data type")
	errPath      = invalid("The document path provided in the update expression is invalid for update")
	errNotThere  = invalid("The provided expression refers to an attribute that does not exist in the item")
	errLegacyAdd = invalid("Type mismatch for attribute to update")
	errTooLarge  = invalid("Item size to update has exceeded the maximum allowed size")
)

func invalid(text string) *api.Error { return &api.Error{Code: "ValidationException", Message: text} }

// Apply returns the item as the update makes it, or what does not fit. The item
// is not changed; the new one shares what is the same. All operands are those
// of the old item.
func (u *Update) Apply(item attr.Item) (attr.Item, *api.Error) {
	next := draft{item: maps.Clone(item)}
	var removed []Path
	for _, a := range u.Actions {
		if a.Kind == Remove {
			removed = append(removed, a.Path)
			continue
		}
		v, err := a.value(item)
		if err != nil {
			return nil, err
		}
		if v == nil { // nothing is left of a set
			removed = append(removed, a.Path)
		} else if err := next.set(a.Path, v); err != nil {
			return nil, err
		}
	}
	// Indexes are those of the old lists, so that the last go first.
	slices.SortFunc(removed, func(a, b Path) int { return -comparePaths(a, b) })
	for _, p := range removed {
		if err := next.remove(p); err != nil {
			return nil, err
		}
	}
	return next.item, nil
}

func comparePaths(a, b Path) int {
	return slices.CompareFunc(a, b, func(x, y Step) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Index, y.Index))
	})
}

// value returns what the attribute is to be, nil when it is to go.
func (a *Action) value(item attr.Item) (attr.Value, *api.Error) {
	if a.Kind == Set {
		return a.Value.result(item)
	}
	now, operand := a.Path.In(item), a.Value.Value
	if a.Kind == Delete {
		switch {
		case now == nil:
			return nil, nil
		case attr.TypeOf(now) != attr.TypeOf(operand):
			return nil, a.mismatch()
		}
		return attr.Minus(now, operand), nil
	}
	if now == nil {
		return operand, nil
	}
	switch n := now.(type) {
	case *types.AttributeValueMemberN:
		if m, ok := operand.(*types.AttributeValueMemberN); ok {
			return sum(n, m, false)
		}
	case *types.AttributeValueMemberL:
		if m, ok := operand.(*types.AttributeValueMemberL); ok && a.Legacy {
			return &types.AttributeValueMemberL{Value: slices.Concat(n.Value, m.Value)}, nil
		}
	default:
		if attr.IsSet(now) && attr.TypeOf(now) == attr.TypeOf(operand) {
			return attr.Union(now, operand), nil
		}
	}
	return nil, a.mismatch()
}

func (a *Action) mismatch() *api.Error {
	if a.Legacy {
		return errLegacyAdd
	}
	return errOperand
}

func sum(a, b *types.AttributeValueMemberN, minus bool) (attr.Value, *api.Error) {
	n, err := attr.Add(a, b, minus)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// result returns the value of an operand of SET.
func (n *Node) result(item attr.Item) (attr.Value, *api.Error) {
	switch n.Op {
	case IfNotExists:
		if v := n.Args[0].Path.In(item); v != nil {
			return v, nil
		}
		return n.Args[1].result(item)
	case Plus, Minus, ListAppend:
		a, err := n.Args[0].result(item)
		if err != nil {
			return nil, err
		}
		b, err := n.Args[1].result(item)
		if err != nil {
			return nil, err
		}
		return n.combine(a, b)
	}
	v := n.operand(item)
	if v == nil {
		return nil, errNotThere
	}
	return v, nil
}

func (n *Node) combine(a, b attr.Value) (attr.Value, *api.Error) {
	switch x := a.(type) {
	case *types.AttributeValueMemberN:
		if y, ok := b.(*types.AttributeValueMemberN); ok && n.Op != ListAppend {
			return sum(x, y, n.Op == Minus)
		}
	case *types.AttributeValueMemberL:
		if y, ok := b.(*types.AttributeValueMemberL); ok && n.Op == ListAppend {
			// An element weighs a byte at least. Without this a short expression
			// that appends a list to itself again and again would take gigabytes
			// before anybody looks at the item.
			if len(x.Value)+len(y.Value) > attr.MaxItemBytes {
				return nil, errTooLarge
			}
			return &types.AttributeValueMemberL{Value: slices.Concat(x.Value, y.Value)}, nil
		}
	}
	return nil, errOperand
}

// draft is an item that is being changed. Its maps and lists are those of the
// old item until one of them changes, and then copies.
type draft struct {
	item attr.Item
	// own are the copies, which need not be copied again: an update of 4 KiB may
	// change 400 elements of a list of 200,000.
	own map[attr.Value]bool
}

// set puts a value where the path leads, in place of what is there. An index
// behind a list's end is that end. Maps and lists on the way are replaced by
// copies.
func (d *draft) set(p Path, v attr.Value) *api.Error {
	if p.IsAttribute() {
		d.item[p.Name()] = v
		return nil
	}
	next, err := d.edit(d.item[p.Name()], p[1:], func(parent attr.Value, last Step) (attr.Value, bool) {
		switch parent := parent.(type) {
		case *types.AttributeValueMemberM:
			if last.Name != "" {
				parent.Value[last.Name] = v
				return parent, true
			}
		case *types.AttributeValueMemberL:
			if last.Name == "" {
				if last.Index >= len(parent.Value) {
					parent.Value = append(parent.Value, v)
				} else {
					parent.Value[last.Index] = v
				}
				return parent, true
			}
		}
		return nil, false
	})
	if err == nil {
		d.item[p.Name()] = next
	}
	return err
}

// remove takes away what the path leads to. It may be nothing, but then the map
// or list that it would be in has to be there.
func (d *draft) remove(p Path) *api.Error {
	if p.IsAttribute() {
		delete(d.item, p.Name())
		return nil
	}
	next, err := d.edit(d.item[p.Name()], p[1:], func(parent attr.Value, last Step) (attr.Value, bool) {
		switch parent := parent.(type) {
		case *types.AttributeValueMemberM:
			if last.Name != "" {
				delete(parent.Value, last.Name)
				return parent, true
			}
		case *types.AttributeValueMemberL:
			if last.Name == "" {
				if last.Index < len(parent.Value) {
					parent.Value = slices.Delete(parent.Value, last.Index, last.Index+1)
				}
				return parent, true
			}
		}
		return nil, false
	})
	if err == nil {
		d.item[p.Name()] = next
	}
	return err
}

// edit returns v, or a copy of it, with its innermost map or list on the path
// changed by change, which is given that and the last step, and reports whether
// they fit.
func (d *draft) edit(v attr.Value, p Path, change func(parent attr.Value, last Step) (attr.Value, bool)) (attr.Value, *api.Error) {
	v, ok := d.owned(v)
	if !ok {
		return nil, errPath
	}
	if len(p) == 1 {
		if next, ok := change(v, p[0]); ok {
			return next, nil
		}
		return nil, errPath
	}
	child, err := d.edit(p[0].in(v), p[1:], change)
	if err != nil {
		return nil, err
	}
	switch parent := v.(type) {
	case *types.AttributeValueMemberM:
		parent.Value[p[0].Name] = child
	case *types.AttributeValueMemberL:
		parent.Value[p[0].Index] = child
	}
	return v, nil
}

// owned returns the map or list if it is the draft's own, and otherwise a copy
// that is. It reports false for what is neither.
func (d *draft) owned(v attr.Value) (attr.Value, bool) {
	if d.own[v] {
		return v, true
	}
	switch old := v.(type) {
	case *types.AttributeValueMemberM:
		v = &types.AttributeValueMemberM{Value: maps.Clone(old.Value)}
	case *types.AttributeValueMemberL:
		v = &types.AttributeValueMemberL{Value: slices.Clone(old.Value)}
	default:
		return nil, false
	}
	if d.own == nil {
		d.own = make(map[attr.Value]bool)
	}
	d.own[v] = true
	return v, true
}
