package expr

import (
	"encoding/binary"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// AppendNode appends the form of a node in the log; nil is Op 0.
func AppendNode(dst []byte, n *Node) []byte {
	if n == nil {
		return append(dst, 0)
	}
	dst = append(dst, byte(n.Op))
	switch n.Op {
	case PathOp:
		return appendPath(dst, n.Path)
	case ValueOp:
		return attr.AppendValue(dst, n.Value)
	}
	return attr.AppendList(dst, n.Args, AppendNode)
}

// ReadNode reads what AppendNode wrote.
func ReadNode(r *attr.Reader) *Node {
	op := Op(r.Byte())
	switch {
	case op == 0:
		return nil
	case op == PathOp:
		return pathNode(readPath(r))
	case op == ValueOp:
		return valueNode(r.Value())
	case op > Contains && (op < Size || op > ListAppend):
		r.Fail()
		return nil
	}
	return node(op, attr.ReadList(r, func() *Node { return ReadNode(r) })...)
}

// AppendUpdate appends the form of an update in the log.
func AppendUpdate(dst []byte, u *Update) []byte {
	dst = appendBool(dst, u.OnlyRemoves)
	return attr.AppendList(dst, u.Actions, func(dst []byte, a Action) []byte {
		dst = appendBool(append(dst, byte(a.Kind)), a.Legacy)
		return AppendNode(appendPath(dst, a.Path), a.Value)
	})
}

// ReadUpdate reads what AppendUpdate wrote.
func ReadUpdate(r *attr.Reader) *Update {
	u := &Update{OnlyRemoves: r.Byte() != 0}
	u.Actions = attr.ReadList(r, func() Action {
		a := Action{Kind: ActionKind(r.Byte()), Legacy: r.Byte() != 0}
		a.Path, a.Value = readPath(r), ReadNode(r)
		if a.Kind < Set || a.Kind > Delete {
			r.Fail()
		}
		return a
	})
	return u
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendPath(dst []byte, p Path) []byte {
	return attr.AppendList(dst, p, func(dst []byte, s Step) []byte {
		dst = attr.AppendText(dst, s.Name)
		if s.Name == "" {
			dst = binary.AppendUvarint(dst, uint64(s.Index))
		}
		return dst
	})
}

func readPath(r *attr.Reader) Path {
	p := Path(attr.ReadList(r, func() Step {
		s := Step{Name: r.Text()}
		if s.Name == "" {
			s.Index = int(r.Uint())
		}
		return s
	}))
	if len(p) == 0 {
		r.Fail()
	}
	return p
}
