package dynamodb

import (
	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

const (
	// defaultMaxBytes is room for 170,000 leases.
	defaultMaxBytes = 256 << 20
	// smallGrowth is how much more memory an item may take while there is no room
	// for others, so that nobody loses a lease: a checkpoint, or the children of a
	// shard, take less. There is a reserve for it, this part of what there is room
	// for. When that is used up a number may still get a digit more.
	smallGrowth = 1 << 10
	reserve     = 4
	digitGrowth = 2
)

// Figures are what a Service counts. They are of all tables of all accounts.
type Figures struct {
	Items int64 // that there are
	Bytes int64 // of memory that they take, about
	// Refused is how many requests would have made them take more than
	// Options.MaxBytes.
	Refused int64
}

// Figures returns what the service counts.
func (s *Service) Figures() Figures {
	items, bytes := s.tables.Memory()
	return Figures{Items: items, Bytes: bytes, Refused: s.refused.Load()}
}

// admit refuses writes for which there is no room. What is there can still be
// deleted and changed. Writes that come at the same moment are judged by what was
// there before all of them.
func (s *Service) admit(writes []tables.Write) error {
	_, bytes := s.tables.Memory()
	growth := smallGrowth
	switch {
	case bytes < s.maxBytes:
		return nil
	case bytes >= s.maxBytes+s.maxBytes/reserve:
		growth = digitGrowth
	}
	if !s.tables.Grows(writes, s.nowMillis(), growth) {
		return nil
	}
	s.refused.Add(1)
	return api.Errorf("ThrottlingException", "The items of all tables take %d MiB of memory, which is what this server has for them: "+
		"delete items or tables, or start it with more --memory", s.maxBytes>>20)
}
