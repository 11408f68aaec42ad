package catalog

import (
	"maps"
	"slices"

	"github.com/leat-io/leat/storage"
)

// owner is whose streams have names of their own.
type owner struct {
	account, region string
}

// state is what commands act on. It knows no lock.
type state struct {
	nextStream     storage.StreamID // never reused
	nextTransition uint64
	seenMillis     int64
	secret         []byte

	// The streams, four times: by name, by identity, those that have a pending
	// transition, and those that have a consumer with one.
	owners  map[owner]map[string]*Stream
	byID    map[storage.StreamID]*Stream
	pending map[storage.StreamID]*Stream
	moving  map[storage.StreamID]*Stream

	commitments map[owner]Commitment
}

func newState() state {
	return state{
		nextStream:     1,
		nextTransition: 1,
		owners:         make(map[owner]map[string]*Stream),
		byID:           make(map[storage.StreamID]*Stream),
		pending:        make(map[storage.StreamID]*Stream),
		moving:         make(map[storage.StreamID]*Stream),
		commitments:    make(map[owner]Commitment),
	}
}

// put makes x the current version of its stream.
func (s *state) put(x *Stream) {
	o := owner{x.Account, x.Region}
	names := s.owners[o]
	if names == nil {
		names = make(map[string]*Stream)
		s.owners[o] = names
	}
	names[x.Name] = x
	s.byID[x.ID] = x
	if x.Pending != nil {
		s.pending[x.ID] = x
	} else {
		delete(s.pending, x.ID)
	}
	if x.consumersMove() {
		s.moving[x.ID] = x
	} else {
		delete(s.moving, x.ID)
	}
}

// remove forgets the stream.
func (s *state) remove(x *Stream) {
	o := owner{x.Account, x.Region}
	delete(s.owners[o], x.Name)
	if len(s.owners[o]) == 0 {
		delete(s.owners, o)
	}
	delete(s.byID, x.ID)
	delete(s.pending, x.ID)
	delete(s.moving, x.ID)
}

// all returns every stream in the order of their creation.
func (s *state) all() []*Stream {
	streams := make([]*Stream, 0, len(s.byID))
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		streams = append(streams, s.byID[id])
	}
	return streams
}
