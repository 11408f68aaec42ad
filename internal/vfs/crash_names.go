package vfs

import (
	"maps"
	"path"
)

// nameChange is a change of names that SyncDir has not made durable.
type nameChange struct {
	kind     changeKind
	from, to string // to is set for a rename only
	node     *inode
}

type changeKind int

const (
	created changeKind = iota
	renamed
	removed
)

// touches reports whether the change is one of the folder.
func (n nameChange) touches(dir string) bool {
	return path.Dir(n.from) == dir || n.kind == renamed && path.Dir(n.to) == dir
}

// neededBySync returns which of the changes SyncDir makes durable: those of the
// folder, and the earlier ones of other folders that they build on.
func neededBySync(dir string, changes []nameChange) []bool {
	needed := make([]bool, len(changes))
	names := make(map[string]bool)
	nodes := make(map[*inode]bool)
	for i := len(changes) - 1; i >= 0; i-- {
		c := changes[i]
		if c.touches(dir) || nodes[c.node] || names[c.from] || c.kind == renamed && names[c.to] {
			needed[i] = true
			nodes[c.node], names[c.from] = true, true
			if c.kind == renamed {
				names[c.to] = true
			}
		}
	}
	return needed
}

// replay carries out those changes on the durable names that keep says
// survived; keep is asked once for each, in order.
//
// Whatever survives, a file whose name was durable is not lost by a rename and
// has one name: where it is in the way of a later change that survived, its own
// renames have happened too. A rename stands for a creation before it that did
// not survive.
func replay(durable map[string]*inode, changes []nameChange, keep func(i int) bool) {
	r := replayed{durable: durable, seen: maps.Clone(durable)}
	for i, change := range changes {
		kept := keep(i)
		switch change.kind {
		case created:
			r.seen[change.from] = change.node
		case renamed:
			delete(r.seen, change.from)
			r.seen[change.to] = change.node
		case removed:
			delete(r.seen, change.from)
		}
		if kept {
			r.apply(change)
		}
	}
}

// replayed is the state of a replay.
type replayed struct {
	durable map[string]*inode // with the changes that survived
	seen    map[string]*inode // with all changes, as the process saw it
}

func (r *replayed) apply(change nameChange) {
	switch change.kind {
	case created:
		r.place(change.from, change.node)
	case renamed:
		r.place(change.to, change.node)
	case removed:
		if r.durable[change.from] == change.node {
			delete(r.durable, change.from)
		}
	}
}

// place gives the file this name and no other. A file that has the name on disk
// and had been moved away goes where it was moved.
func (r *replayed) place(name string, node *inode) {
	maps.DeleteFunc(r.durable, func(_ string, n *inode) bool { return n == node })
	moved := r.durable[name]
	r.durable[name] = node
	if moved == nil {
		return
	}
	for now, n := range r.seen {
		if n == moved {
			r.place(now, moved)
			return
		}
	}
}
