package tables

import (
	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
)

// OpKind is what an Op does. The numbers stand in the log.
type OpKind byte

// What is done to an item.
const (
	Put    OpKind = 1
	Delete OpKind = 2
	Update OpKind = 3
	Check  OpKind = 4 // only the condition counts
)

// Op is what is done to one item, if its condition is met.
type Op struct {
	Kind  OpKind
	Table uint64 // its ID
	// Item is the whole item of a Put, and the key of the others.
	Item      attr.Item
	Condition *expr.Node   // nil is always met
	Update    *expr.Update // of an Update
}

// Write is done whole or not at all.
type Write struct {
	Ops []Op
	// Token, when not empty, keeps a Write with the same content from being
	// done again for a while, and one with other content from being done at
	// all. The content is told by Digest.
	Token  Token
	Digest uint64
}

// Result is what became of a Write.
type Result struct {
	// Refused is why nothing was done; then each Outcome says its part in it.
	Refused bool
	// Mismatch says that the token came with other content before.
	Mismatch bool
	Outcomes []Outcome // of the Ops, in their order
}

// Outcome is what became of an Op.
type Outcome struct {
	Err      *api.Error // why it was refused, if it was
	Old, New attr.Item  // nil where there is none
}

// ConditionFailed is the code of an Op whose condition was not met.
const ConditionFailed = "ConditionalCheckFailedException"

var errCondition = &api.Error{Code: ConditionFailed, Message: "The conditional request failed"}

var errNoTable = &api.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found"}

// change is an Op that was judged and can be done.
type change struct {
	table     *table
	key       string
	old, next *row
}

// write does writes, in their order, and returns their results.
func (s *state) write(atMillis int64, writes []Write) []Result {
	atMillis = max(atMillis, s.seenMillis)
	s.seenMillis = atMillis
	s.tokens.expire(atMillis)
	results := make([]Result, len(writes))
	for i := range writes {
		w := &writes[i]
		if known, same := s.tokens.find(w.Token, w.Digest); known {
			results[i] = Result{Refused: !same, Mismatch: !same, Outcomes: make([]Outcome, len(w.Ops))}
			continue
		}
		result, changes := s.judge(w, atMillis)
		results[i] = result
		if result.Refused {
			continue
		}
		for _, c := range changes {
			c.table.replace(c.key, c.old, c.next)
		}
		s.tokens.add(w.Token, w.Digest, atMillis)
	}
	return results
}

// judge returns what would become of a write.
func (s *state) judge(w *Write, atMillis int64) (Result, []change) {
	result := Result{Outcomes: make([]Outcome, len(w.Ops))}
	changes := make([]change, 0, len(w.Ops))
	for i := range w.Ops {
		op, out := &w.Ops[i], &result.Outcomes[i]
		c, err := s.change(op, atMillis)
		if c.old != nil {
			out.Old = c.old.item
		}
		if err != nil {
			out.Err, result.Refused = err, true
			continue
		}
		if c.next != nil {
			out.New = c.next.item
		}
		if op.Kind != Check && c.old != c.next {
			changes = append(changes, c)
		}
	}
	return result, changes
}

// change judges an Op.
func (s *state) change(op *Op, atMillis int64) (c change, err *api.Error) {
	c.table = s.byID[op.Table]
	if c.table == nil || !c.table.Serves(atMillis) {
		return c, errNoTable
	}
	c.key = c.table.Keys.Key(op.Item)
	c.old = c.table.get(c.key)
	var old attr.Item
	if c.old != nil {
		old = c.old.item
	}
	if !op.Condition.Test(old) {
		return c, errCondition
	}
	switch op.Kind {
	case Put:
		c.next, err = c.table.admit(op.Item)
	case Update:
		c.next, err = c.table.updated(op, c.old)
	case Check:
		c.next = c.old
	}
	return c, err
}

// updated returns what an update makes of a row, or of none.
func (t *table) updated(op *Op, old *row) (*row, *api.Error) {
	item := op.Item
	switch {
	case old != nil:
		item = old.item
	case op.Update.OnlyRemoves:
		return nil, nil
	}
	next, err := op.Update.Apply(item)
	if err != nil {
		return nil, err
	}
	if err := attr.CheckDepth(next); err != nil {
		return nil, err
	}
	r, err := t.admit(next)
	if err == errTooLarge {
		err = errUpdateTooLarge
	}
	return r, err
}

var (
	errTooLarge       = &api.Error{Code: "ValidationException", Message: "Item size has exceeded the maximum allowed size"}
	errUpdateTooLarge = &api.Error{Code: "ValidationException", Message: "Item size to update has exceeded the maximum allowed size"}
)

// admit returns a row of the item, or why it cannot be one.
func (t *table) admit(item attr.Item) (*row, *api.Error) {
	size := attr.Size(item)
	if size > attr.MaxItemBytes {
		return nil, errTooLarge
	}
	for i := range t.Indexes {
		if err := t.Indexes[i].admits(item); err != nil {
			return nil, err
		}
	}
	return newRow(item, size), nil
}

// admits refuses an item that has a key attribute of the index with a value
// that cannot be one. It may lack it.
func (x *Index) admits(item attr.Item) *api.Error {
	for _, a := range x.Keys.Attributes() {
		v, ok := item[a.Name]
		if !ok {
			continue
		}
		if kind := attr.TypeOf(v); kind != string(a.Type) {
			return api.Errorf("ValidationException", "One or more parameter values were invalid: "+
				"Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.Name, a.Type, kind, x.Name)
		}
		if n, ok := attr.Length(v); ok && n == 0 {
			return api.Errorf("ValidationException", "One or more parameter values are not valid. "+
				"A value specified for a secondary index key is not supported. "+
				"The AttributeValue for a key attribute cannot contain an empty string value. IndexName: %s, IndexKey: %s", x.Name, a.Name)
		}
	}
	return nil
}

// Judge returns what would become of a write now, and whether it would change
// nothing, so that it need not go to the log. Apply judges again.
func (t *Tables) Judge(w *Write, nowMillis int64) (Result, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := &t.mu.state
	if known, _ := s.tokens.find(w.Token, w.Digest); known {
		return Result{}, false
	}
	result, changes := s.judge(w, max(nowMillis, s.seenMillis))
	return result, result.Refused || len(changes) == 0 && w.Token == Token{}
}
