package tables

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// Create makes a table. Refused when there is one of the name.
type Create struct {
	// Table is the definition; its ID, its time and its phase are set by apply.
	Table Table `json:"table"`
}

func (*Create) kind() string { return "create_table" }

func (d *Create) check(s *state, t Terms) *api.Error {
	if x := s.byRef[d.Table.Ref]; x != nil && x.Exists(t.AtMillis) {
		return inUse("Table already exists: %s", d.Table.Name)
	}
	return nil
}

func (d *Create) apply(s *state, t Terms) *Table {
	x := d.Table
	x.ID, x.CreatedMillis = s.nextID, t.AtMillis
	s.nextID++
	x.Phase = t.phase(types.TableStatusCreating)
	for i := range x.Indexes {
		x.Indexes[i].Phase = x.Phase
	}
	s.put(newTable(&x))
	return &x
}

// phase returns the phase of a status that begins now, the zero one when states
// do not last.
func (t Terms) phase(status types.TableStatus) Phase {
	if t.DelayMillis <= 0 {
		return Phase{}
	}
	return Phase{status, t.AtMillis + t.DelayMillis}
}

func (s *state) put(x *table) {
	s.byRef[x.Ref] = x
	if x.Phase.Status == types.TableStatusDeleting {
		delete(s.byID, x.ID)
	} else {
		s.byID[x.ID] = x
	}
}

// forget drops the definitions of tables that are no longer to be seen DELETING.
func (s *state) forget(nowMillis int64) {
	for ref, x := range s.byRef {
		if !x.Exists(nowMillis) {
			delete(s.byRef, ref)
		}
	}
}

// find returns the table that a change is about, or that there is none.
func (s *state) find(ref Ref, t Terms) (*table, *api.Error) {
	x := s.byRef[ref]
	if x == nil || !x.Exists(t.AtMillis) {
		return nil, NotFound(ref)
	}
	return x, nil
}

// findActive is find for a change that waits for others.
func (s *state) findActive(ref Ref, t Terms) (*table, *api.Error) {
	x, err := s.find(ref, t)
	if err != nil {
		return nil, err
	}
	if status := x.Phase.At(t.AtMillis); status != types.TableStatusActive {
		return nil, inUse("Attempt to change a resource which is still in use: Table is being %s: %s",
			strings.ToLower(strings.Replace(string(status), "ING", "ED", 1)), ref.Name)
	}
	return x, nil
}

// NotFound is the answer to what is about a table that does not exist.
func NotFound(ref Ref) *api.Error {
	return api.Errorf("ResourceNotFoundException", "Requested resource not found: Table: %s not found", ref.Name)
}

func inUse(format string, args ...any) *api.Error {
	return api.Errorf("ResourceInUseException", format, args...)
}

func invalid(format string, args ...any) *api.Error {
	return api.Errorf("ValidationException", format, args...)
}

// Drop deletes a table and everything in it.
type Drop struct {
	Ref
}

func (*Drop) kind() string { return "delete_table" }

func (d *Drop) check(s *state, t Terms) *api.Error {
	x, err := s.findActive(d.Ref, t)
	if err == nil && x.Protected {
		err = invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	return err
}

// apply keeps the definition for as long as the table is to be seen DELETING.
func (d *Drop) apply(s *state, t Terms) *Table {
	x := *s.byRef[d.Ref].Table
	x.Phase = Phase{types.TableStatusDeleting, t.AtMillis + max(t.DelayMillis, 0)}
	s.put(newTable(&x))
	s.forget(t.AtMillis)
	return &x
}

// Alter changes what a table is like, and its indexes. What is nil stays.
type Alter struct {
	Ref
	Attributes  []types.AttributeDefinition `json:"attributes,omitempty"` // added ones
	Billing     types.BillingMode           `json:"billing,omitempty"`
	Throughput  *Throughput                 `json:"throughput,omitempty"`
	Class       types.TableClass            `json:"class,omitempty"`
	Protected   *bool                       `json:"protected,omitempty"`
	CreateIndex *Index                      `json:"create_index,omitempty"`
	DeleteIndex string                      `json:"delete_index,omitempty"`
	// Indexes are the throughputs of indexes that are changed, by name.
	Indexes map[string]Throughput `json:"indexes,omitempty"`
}

func (*Alter) kind() string { return "update_table" }

// maxIndexes is how many indexes a table may have.
const maxIndexes = 20

func (d *Alter) check(s *state, t Terms) *api.Error {
	x, err := s.findActive(d.Ref, t)
	if err != nil {
		return err
	}
	for name := range d.Indexes {
		if _, ok := x.Index(name); !ok {
			return errNoTable
		}
	}
	if d.DeleteIndex != "" {
		if _, ok := x.Index(d.DeleteIndex); !ok {
			return errNoTable
		}
	}
	if d.CreateIndex == nil {
		return nil
	}
	if _, ok := x.Index(d.CreateIndex.Name); ok {
		return invalid("Attempting to create an index which already exists")
	}
	if len(x.Indexes) >= maxIndexes {
		return api.Errorf("LimitExceededException", "GlobalSecondaryIndex count exceeds the per-table limit of %d", maxIndexes)
	}
	return nil
}

func (d *Alter) apply(s *state, t Terms) *Table {
	old := s.byRef[d.Ref]
	x := *old.Table
	x.Indexes = slices.Clone(x.Indexes)
	for _, a := range d.Attributes {
		if !slices.ContainsFunc(x.Attributes, func(b types.AttributeDefinition) bool { return *a.AttributeName == *b.AttributeName }) {
			x.Attributes = append(slices.Clip(x.Attributes), a)
		}
	}
	if d.Billing != "" {
		x.Billing = d.Billing
	}
	if d.Billing == types.BillingModePayPerRequest {
		x.Throughput = Throughput{}
		for i := range x.Indexes {
			x.Indexes[i].Throughput = Throughput{}
		}
	}
	if d.Throughput != nil {
		x.Throughput = *d.Throughput
	}
	if d.Class != "" {
		x.Class = d.Class
	}
	if d.Protected != nil {
		x.Protected = *d.Protected
	}
	for i := range x.Indexes {
		if given, ok := d.Indexes[x.Indexes[i].Name]; ok {
			x.Indexes[i].Throughput = given
		}
	}
	if d.DeleteIndex != "" {
		x.Indexes = slices.DeleteFunc(x.Indexes, func(i Index) bool { return i.Name == d.DeleteIndex })
		delete(old.indexes, d.DeleteIndex)
		x.dropUnused()
	}
	x.Phase = t.phase(types.TableStatusUpdating)
	next := &table{Table: &x, rows: old.rows, bytes: old.bytes, memory: old.memory, indexes: old.indexes}
	if d.CreateIndex != nil {
		next.addIndex(d.CreateIndex, t)
	}
	s.put(next)
	return &x
}

// dropUnused forgets the definitions of attributes that no key has any more.
func (t *Table) dropUnused() {
	t.Attributes = slices.DeleteFunc(slices.Clone(t.Attributes), func(a types.AttributeDefinition) bool {
		name := aws.ToString(a.AttributeName)
		return !t.Keys.Has(name) && !slices.ContainsFunc(t.Indexes, func(x Index) bool { return x.Keys.Has(name) })
	})
}

// addIndex adds an index and all rows to it.
func (t *table) addIndex(x *Index, terms Terms) {
	added := *x
	added.Phase = terms.phase(types.TableStatusCreating)
	t.Indexes = append(t.Indexes, added)
	index := newTree()
	t.rows.Scan(func(e entry) bool {
		if at := indexKey(&added, e.row.item, e.key); at != "" {
			index.Set(entry{at, e.row})
		}
		return true
	})
	t.indexes[added.Name] = index
}
