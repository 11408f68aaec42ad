package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// maxPageBytes is how much one Query or Scan reads.
const maxPageBytes = 1 << 20

// maxPageTests is how many operands a filter looks at for one page: a second's
// work or less. With up to four operands the page is full before. Otherwise a
// filter of 4 KiB would be tried on every item of a page of tiny ones.
const maxPageTests = 4 * maxPageBytes

// source is a table or one of its indexes, to be read.
type source struct {
	table *tables.Table
	index *tables.Index // nil for the table itself
}

// source returns what a request wants to read.
func (s *Service) source(ctx context.Context, table, index *string, consistent *bool) (source, error) {
	t, err := s.open(ctx, table)
	if err != nil || index == nil {
		return source{t, nil}, err
	}
	x, ok := t.Index(*index)
	switch {
	case !ok:
		return source{}, invalid("The table does not have the specified index: %s", *index)
	case aws.ToBool(consistent):
		return source{}, invalid("Consistent reads are not supported on global secondary indexes")
	case !x.Serves(s.nowMillis()):
		return source{}, invalid("Cannot read from backfilling global secondary index: %s", *index)
	}
	return source{t, x}, nil
}

// name returns the name of the index, empty for the table.
func (s source) name() string {
	if s.index == nil {
		return ""
	}
	return s.index.Name
}

// keys returns what the source is ordered by.
func (s source) keys() tables.Keys {
	if s.index == nil {
		return s.table.Keys
	}
	return s.index.Keys
}

// place returns the place of an item in the source.
func (s source) place(item attr.Item) string {
	if s.index == nil {
		return s.table.Keys.Key(item)
	}
	return s.index.Key(s.table, item)
}

// keyOf returns what a client needs to go on behind the item.
func (s source) keyOf(item attr.Item) attr.Item {
	key := s.table.Keys.Of(item)
	if s.index != nil {
		for name, v := range s.index.Keys.Of(item) {
			key[name] = v
		}
	}
	return key
}

// startAfter narrows the span to what is behind a key that keyOf gave.
func (s source) startAfter(span *tables.Span, key attr.Item) error {
	if key == nil {
		return nil
	}
	errStart := invalid("The provided starting key is invalid")
	checked, refused := attr.CheckItem(key)
	if refused != nil {
		return refused
	}
	wanted := s.table.Keys.Attributes()
	if s.index != nil {
		wanted = append(wanted, s.index.Keys.Attributes()...)
	}
	names := make(map[string]bool, len(wanted))
	for _, a := range wanted {
		names[a.Name] = true
		if attr.TypeOf(checked[a.Name]) != string(a.Type) {
			return errStart
		}
	}
	if len(names) != len(checked) {
		return errStart
	}
	span.After = s.place(checked)
	if span.After < span.From || span.To != "" && span.After >= span.To {
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	return nil
}

// page is what Query and Scan have in common: what they read, and what of it
// they return.
type page struct {
	source
	span     tables.Span
	limit    *int32
	filter   *expr.Node
	wanted   projection
	selected types.Select
}

// found is the answer to a page.
type found struct {
	items          []attr.Item // nil when only their number is wanted
	count, scanned int32
	last           attr.Item
	bytes          int
}

// selection returns what a request selects, and refuses what does not fit.
func (p *page) selection(selected types.Select, explicit bool) error {
	switch {
	case explicit && selected != "" && selected != types.SelectSpecificAttributes:
		return invalid("Cannot specify the AttributesToGet when choosing to get %s", selected)
	case !explicit && selected == types.SelectSpecificAttributes:
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case selected == types.SelectAllProjectedAttributes && p.index == nil:
		return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case selected == types.SelectAllAttributes && p.index != nil && p.index.Projection != types.ProjectionTypeAll:
		return invalidValue("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", p.index.Name)
	}
	p.selected = selected
	return nil
}

// read reads the page.
func (s *Service) read(p *page) found {
	most := maxPageTests / max(p.filter.Operands(), 4) // an item has a byte at least
	if p.limit != nil {
		most = min(most, int(*p.limit))
	}
	raw := s.tables.Read(p.table.ID, p.name(), p.span, most, maxPageBytes)
	out := found{scanned: int32(len(raw.Items)), bytes: raw.Bytes}
	if p.selected != types.SelectCount {
		out.items = make([]attr.Item, 0, len(raw.Items))
	}
	meets := p.filter.Tester()
	for _, item := range raw.Items {
		if p.index != nil {
			item = p.index.Projected(p.table, item)
		}
		if !meets(item) {
			continue
		}
		out.count++
		if p.selected != types.SelectCount {
			out.items = append(out.items, p.wanted.of(item))
		}
	}
	if raw.More {
		out.last = p.keyOf(raw.Items[len(raw.Items)-1])
	}
	return out
}
