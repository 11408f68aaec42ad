package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leat-io/leat/storage"
)

// commitmentMillis is how long a minimum throughput billing commitment lasts at
// least (spec data-streams §11.12).
const commitmentMillis = 24 * hourMillis

// Commitment is an account's minimum throughput billing commitment in a region.
// The zero value is one that was never made. What it is at a time follows from
// its fields: that it ends is nobody's command.
type Commitment struct {
	StartedMillis int64 `json:"started,omitempty"` // Unix milliseconds
	EndsMillis    int64 `json:"ends,omitempty"`    // when it ends or ended; 0 while nobody wants that
}

// Enabled reports whether the commitment is in force at the time.
func (c Commitment) Enabled(nowMillis int64) bool {
	return c.StartedMillis != 0 && (c.EndsMillis == 0 || nowMillis < c.EndsMillis)
}

// EarliestEndMillis returns when the commitment can end at the earliest.
func (c Commitment) EarliestEndMillis() int64 { return c.StartedMillis + commitmentMillis }

// UpdateAccount enables or disables the commitment of an account. One that is
// disabled ends at once, or when it has lasted long enough, and one enabled
// until then lasts on. The result is the Commitment.
type UpdateAccount struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Enable  bool   `json:"enable"`
}

func (*UpdateAccount) kind() string { return "update_account" }

func (cmd *UpdateAccount) decide(s *state, t Terms) (any, bool) {
	now := s.commitments[owner{cmd.Account, cmd.Region}]
	return now, now == cmd.change(now, t)
}

func (cmd *UpdateAccount) apply(s *state, t Terms, _ *storage.Effects) any {
	o := owner{cmd.Account, cmd.Region}
	c := cmd.change(s.commitments[o], t)
	s.commitments[o] = c
	return c
}

// change returns what becomes of the commitment.
func (cmd *UpdateAccount) change(c Commitment, t Terms) Commitment {
	switch enabled := c.Enabled(t.AtMillis); {
	case cmd.Enable && !enabled:
		return Commitment{StartedMillis: t.AtMillis}
	case cmd.Enable:
		c.EndsMillis = 0
	case enabled:
		c.EndsMillis = max(t.AtMillis, c.EarliestEndMillis())
	}
	return c
}

// Commitment returns the commitment of an account in a region.
func (c *Catalog) Commitment(account, region string) Commitment {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mu.commitments[owner{account, region}]
}

// committed returns all commitments, sorted.
func (s *state) committed() []committed {
	var all []committed
	for o, c := range s.commitments {
		all = append(all, committed{o.account, o.region, c})
	}
	slices.SortFunc(all, func(a, b committed) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region))
	})
	return all
}
