package expr

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Project returns what the paths, which do not overlap, lead to in the item, in
// the maps and lists it stands in. Elements of lists keep their order and move
// together.
func Project(item attr.Item, paths []Path) attr.Item {
	return branchOf(paths).ofMap(item)
}

// branch is the wanted part of a value. One without children is all of it.
type branch struct {
	names   map[string]*branch
	indexes map[int]*branch
}

func branchOf(paths []Path) *branch {
	root := &branch{}
	for _, p := range paths {
		at := root
		for _, s := range p {
			at = at.child(s)
		}
	}
	return root
}

func (b *branch) child(s Step) *branch {
	if s.Name == "" {
		if b.indexes == nil {
			b.indexes = make(map[int]*branch)
		}
		if b.indexes[s.Index] == nil {
			b.indexes[s.Index] = &branch{}
		}
		return b.indexes[s.Index]
	}
	if b.names == nil {
		b.names = make(map[string]*branch)
	}
	if b.names[s.Name] == nil {
		b.names[s.Name] = &branch{}
	}
	return b.names[s.Name]
}

func (b *branch) ofMap(m attr.Item) attr.Item {
	part := make(attr.Item, len(b.names))
	for name, child := range b.names {
		if v := child.of(m[name]); v != nil {
			part[name] = v
		}
	}
	return part
}

// of returns the wanted part of a value, nil when there is nothing of it.
func (b *branch) of(v attr.Value) attr.Value {
	if b.names == nil && b.indexes == nil {
		return v
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		if part := b.ofMap(v.Value); len(part) > 0 {
			return &types.AttributeValueMemberM{Value: part}
		}
	case *types.AttributeValueMemberL:
		var part []attr.Value
		for _, i := range slices.Sorted(maps.Keys(b.indexes)) {
			if i >= len(v.Value) {
				break
			}
			if e := b.indexes[i].of(v.Value[i]); e != nil {
				part = append(part, e)
			}
		}
		if part != nil {
			return &types.AttributeValueMemberL{Value: part}
		}
	}
	return nil
}
