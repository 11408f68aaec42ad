package tables

import (
	"cmp"
	"slices"
	"sync"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/storage"
)

// MachineName is the name under which the log knows the tables.
const MachineName = "dynamodb"

// Tables is the state that all commands add up to. Its methods for readers may
// be called at any time, by anybody.
type Tables struct {
	mu struct {
		sync.RWMutex
		state
	}
}

var _ storage.Machine = (*Tables)(nil)

// state is what commands act on. It knows no lock.
type state struct {
	nextID     uint64
	seenMillis int64 // the latest time of any command
	byRef      map[Ref]*table
	byID       map[uint64]*table // without those that are DELETING
	tokens     tokens
}

func newState() state {
	return state{nextID: 1, byRef: make(map[Ref]*table), byID: make(map[uint64]*table), tokens: newTokens()}
}

// New returns the state before any command.
func New() *Tables {
	t := &Tables{}
	t.mu.state = newState()
	return t
}

// Table returns the table as it is now, whatever its status.
func (t *Tables) Table(ref Ref, nowMillis int64) (*Table, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	x := t.mu.byRef[ref]
	if x == nil || !x.Exists(nowMillis) {
		return nil, false
	}
	return x.Table, true
}

// Names returns the names of an owner's tables, sorted.
func (t *Tables) Names(o Owner, nowMillis int64) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var names []string
	for ref, x := range t.mu.byRef {
		if ref.Owner == o && x.Exists(nowMillis) {
			names = append(names, ref.Name)
		}
	}
	slices.Sort(names)
	return names
}

// All returns the tables of all owners that take and give items.
func (t *Tables) All() []*Table {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make([]*Table, 0, len(t.mu.byID))
	for _, x := range t.mu.byID {
		all = append(all, x.Table)
	}
	slices.SortFunc(all, func(a, b *Table) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// SeenMillis returns the latest time that any command carried, 0 when there
// was none.
func (t *Tables) SeenMillis() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.mu.seenMillis
}

// Get returns the item at a place of the table, nil when there is none.
func (t *Tables) Get(id uint64, key string) attr.Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if x := t.mu.byID[id]; x != nil {
		if r := x.get(key); r != nil {
			return r.item
		}
	}
	return nil
}

// GetAll returns the items at places of tables as of one moment, nil for those
// that are not there.
func (t *Tables) GetAll(ids []uint64, keys []string) []attr.Item {
	t.mu.RLock()
	defer t.mu.RUnlock()
	items := make([]attr.Item, len(ids))
	for i, id := range ids {
		if x := t.mu.byID[id]; x != nil {
			if r := x.get(keys[i]); r != nil {
				items[i] = r.item
			}
		}
	}
	return items
}

// Span is a part of a table or an index: the places from From on and before To,
// which is the end when empty.
type Span struct {
	From, To string
	// Backward reads from the end.
	Backward bool
	// After leaves out everything up to the place, in the direction of reading;
	// empty leaves out nothing.
	After string
}

// Prefix returns the span of all places that begin with prefix.
func Prefix(prefix string) Span { return Span{From: prefix, To: Successor(prefix)} }

// Successor returns the first text after all that begin with prefix, empty when
// there is none.
func Successor(prefix string) string {
	last := len(prefix) - 1
	for last >= 0 && prefix[last] == 0xff {
		last--
	}
	if last < 0 {
		return ""
	}
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

// Page is a part of a span.
type Page struct {
	Items []attr.Item
	Bytes int // what they weigh
	// More says that the page ended before the span did, or with its last item.
	More bool
}

// Read returns the items of a span, in order, up to maxItems or until they weigh
// more than maxBytes. The index is "" for the table itself.
func (t *Tables) Read(id uint64, index string, s Span, maxItems, maxBytes int) (p Page) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	x := t.mu.byID[id]
	if x == nil {
		return p
	}
	rows := x.rows
	if index != "" {
		if rows = x.indexes[index]; rows == nil {
			return p
		}
	}
	visit := func(e entry) bool {
		switch {
		case e.key == s.After && s.After != "":
			return true
		case s.Backward && (e.key >= s.To && s.To != ""):
			return true
		case s.Backward && e.key < s.From, !s.Backward && e.key >= s.To && s.To != "":
			return false
		}
		p.Items = append(p.Items, e.row.item)
		p.Bytes += e.row.size
		p.More = len(p.Items) >= maxItems || p.Bytes > maxBytes
		return !p.More
	}
	switch {
	case s.Backward && s.After != "" && (s.To == "" || s.After < s.To):
		rows.Descend(entry{key: s.After}, visit)
	case s.Backward && s.To != "":
		rows.Descend(entry{key: s.To}, visit)
	case s.Backward:
		rows.Reverse(visit)
	default:
		rows.Ascend(entry{key: max(s.From, s.After)}, visit)
	}
	return p
}
