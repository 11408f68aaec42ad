package tables

import (
	"maps"

	"github.com/leat-io/leat/api"
)

// edit makes a changed definition of a table the current one.
func (s *state) edit(ref Ref, change func(*Table)) *Table {
	old := s.byRef[ref]
	x := *old.Table
	change(&x)
	s.put(&table{Table: &x, rows: old.rows, bytes: old.bytes, indexes: old.indexes})
	return &x
}

// SetTags adds tags to a table, and removes others.
type SetTags struct {
	Ref
	Add    map[string]string `json:"add,omitempty"`
	Remove []string          `json:"remove,omitempty"`
}

func (*SetTags) kind() string { return "set_tags" }

// maxTags is how many tags a table may have.
const maxTags = 50

func (d *SetTags) check(s *state, t Terms) *api.Error {
	x, err := s.find(d.Ref, t)
	if err != nil {
		return api.Errorf("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", d.ARN())
	}
	if len(d.after(x.Tags)) > maxTags {
		return api.Errorf("LimitExceededException", "Too many tags: a table has %d at most", maxTags)
	}
	return nil
}

// after returns the tags as the change leaves them.
func (d *SetTags) after(tags map[string]string) map[string]string {
	after := maps.Clone(tags)
	if after == nil {
		after = make(map[string]string)
	}
	maps.Copy(after, d.Add)
	for _, key := range d.Remove {
		delete(after, key)
	}
	return after
}

func (d *SetTags) apply(s *state, _ Terms) *Table {
	return s.edit(d.Ref, func(x *Table) { x.Tags = d.after(x.Tags) })
}

// SetTimeToLive names the attribute that says when items expire, or none.
type SetTimeToLive struct {
	Ref
	Attribute string `json:"attribute"`
	Enabled   bool   `json:"enabled"`
}

func (*SetTimeToLive) kind() string { return "set_time_to_live" }

func (d *SetTimeToLive) check(s *state, t Terms) *api.Error {
	x, err := s.find(d.Ref, t)
	switch {
	case err != nil:
		return err
	case d.Enabled && x.TimeToLive == d.Attribute:
		return invalid("TimeToLive is already enabled")
	case d.Enabled && x.TimeToLive != "":
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", x.TimeToLive)
	case !d.Enabled && x.TimeToLive == "":
		return invalid("TimeToLive is already disabled")
	case !d.Enabled && x.TimeToLive != d.Attribute:
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", x.TimeToLive)
	}
	return nil
}

func (d *SetTimeToLive) apply(s *state, _ Terms) *Table {
	return s.edit(d.Ref, func(x *Table) {
		x.TimeToLive = ""
		if d.Enabled {
			x.TimeToLive = d.Attribute
		}
	})
}

// SetRecovery says whether point-in-time recovery is asked for.
type SetRecovery struct {
	Ref
	Enabled bool `json:"enabled"`
}

func (*SetRecovery) kind() string { return "set_recovery" }

func (d *SetRecovery) check(s *state, t Terms) *api.Error {
	if _, err := s.find(d.Ref, t); err != nil {
		return api.Errorf("TableNotFoundException", "Table not found: %s", d.Name)
	}
	return nil
}

func (d *SetRecovery) apply(s *state, _ Terms) *Table {
	return s.edit(d.Ref, func(x *Table) { x.Recovery = d.Enabled })
}
