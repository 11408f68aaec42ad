package tables

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Owner is whose tables have names of their own.
type Owner struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// Ref names a table.
type Ref struct {
	Owner
	Name string `json:"name"`
}

// ARN returns the Amazon resource name of the table.
func (r Ref) ARN() string {
	return "arn:aws:dynamodb:" + r.Region + ":" + r.Account + ":table/" + r.Name
}

// KeyAttribute is an attribute of a key, and which type its values have.
type KeyAttribute struct {
	Name string                    `json:"name"`
	Type types.ScalarAttributeType `json:"type"`
}

// Keys are the attributes that identify an item, or order an index. Range has
// no name when there is none.
type Keys struct {
	Hash  KeyAttribute `json:"hash"`
	Range KeyAttribute `json:"range,omitzero"`
}

// Attributes returns the attributes of the key.
func (k Keys) Attributes() []KeyAttribute {
	if k.Range.Name == "" {
		return []KeyAttribute{k.Hash}
	}
	return []KeyAttribute{k.Hash, k.Range}
}

// Has reports whether the attribute is one of the key's.
func (k Keys) Has(name string) bool { return name == k.Hash.Name || name == k.Range.Name }

// Of returns the item's attributes that make the key.
func (k Keys) Of(item attr.Item) attr.Item {
	key := make(attr.Item, 2)
	for _, a := range k.Attributes() {
		key[a.Name] = item[a.Name]
	}
	return key
}

// Throughput is what was provisioned; 0 under PAY_PER_REQUEST.
type Throughput struct {
	Read  int64 `json:"read,omitempty"`
	Write int64 `json:"write,omitempty"`
}

// Phase is a status that lasts until a time.
type Phase struct {
	Status      types.TableStatus `json:"status,omitempty"`
	UntilMillis int64             `json:"until,omitempty"`
}

// At returns the status at a time, which is ACTIVE when the phase is over.
func (p Phase) At(millis int64) types.TableStatus {
	if millis < p.UntilMillis {
		return p.Status
	}
	return types.TableStatusActive
}

// Index is a global secondary index.
type Index struct {
	Name       string               `json:"name"`
	Keys       Keys                 `json:"keys"`
	Projection types.ProjectionType `json:"projection"`
	NonKeys    []string             `json:"non_keys,omitempty"` // projected besides, by INCLUDE
	Throughput Throughput           `json:"throughput,omitzero"`
	Phase      Phase                `json:"phase,omitzero"`
}

// Table is the definition of a table as of one moment. It is not changed any
// more: a change makes another.
type Table struct {
	Ref
	// ID is never used again: a table that is deleted and created again under
	// its name has another.
	ID            uint64                      `json:"id"`
	CreatedMillis int64                       `json:"created"`
	Keys          Keys                        `json:"keys"`
	Attributes    []types.AttributeDefinition `json:"attributes"` // in the order of the requests
	Indexes       []Index                     `json:"indexes,omitempty"`
	Billing       types.BillingMode           `json:"billing"`
	Throughput    Throughput                  `json:"throughput,omitzero"`
	Class         types.TableClass            `json:"class,omitempty"`
	Protected     bool                        `json:"protected,omitempty"` // from deletion
	Tags          map[string]string           `json:"tags,omitempty"`
	// TimeToLive is the attribute that says when items expire; empty for none.
	TimeToLive string `json:"ttl,omitempty"`
	// Recovery says that point-in-time recovery was asked for.
	Recovery bool  `json:"recovery,omitempty"`
	Phase    Phase `json:"phase,omitzero"`
}

// Exists reports whether the table is still there, if only to be seen DELETING.
func (t *Table) Exists(millis int64) bool {
	return t.Phase.Status != types.TableStatusDeleting || millis < t.Phase.UntilMillis
}

// Serves reports whether the table takes and gives items.
func (t *Table) Serves(millis int64) bool {
	status := t.Phase.At(millis)
	return t.Phase.Status != types.TableStatusDeleting && status != types.TableStatusCreating
}

// Index returns the index with the name.
func (t *Table) Index(name string) (*Index, bool) {
	i := slices.IndexFunc(t.Indexes, func(x Index) bool { return x.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Indexes[i], true
}

// Serves reports whether the index can be read.
func (x *Index) Serves(millis int64) bool { return x.Phase.At(millis) != types.TableStatusCreating }

// Projected returns what an item has in the index of the table.
func (x *Index) Projected(t *Table, item attr.Item) attr.Item {
	if x.Projection == types.ProjectionTypeAll {
		return item
	}
	part := make(attr.Item)
	for name, v := range item {
		if t.Keys.Has(name) || x.Keys.Has(name) || slices.Contains(x.NonKeys, name) {
			part[name] = v
		}
	}
	return part
}
