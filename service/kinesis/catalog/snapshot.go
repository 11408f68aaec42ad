package catalog

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/leat-io/leat/storage"
)

// snapshotVersion is the version of the snapshot's form. A catalog refuses one
// that it does not know.
const snapshotVersion = 1

// snapshot is the state as Snapshot writes it, one JSON document.
type snapshot struct {
	Version        int              `json:"version"`
	NextStream     storage.StreamID `json:"next_stream"`
	NextTransition uint64           `json:"next_transition"`
	SeenMillis     int64            `json:"seen"`
	Secret         []byte           `json:"secret,omitempty"`
	Streams        []*Stream        `json:"streams"`
	Commitments    []committed      `json:"commitments,omitempty"`
}

// committed is the commitment of one account.
type committed struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Commitment
}

// Snapshot implements storage.Machine. It takes the pointers to the streams,
// whose versions do not change any more.
func (c *Catalog) Snapshot() func(w io.Writer) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := snapshot{
		Version:        snapshotVersion,
		NextStream:     c.mu.nextStream,
		NextTransition: c.mu.nextTransition,
		SeenMillis:     c.mu.seenMillis,
		Secret:         c.mu.secret,
		Streams:        c.mu.all(),
		Commitments:    c.mu.committed(),
	}
	return func(w io.Writer) error { return json.NewEncoder(w).Encode(s) }
}

// Restore implements storage.Machine.
func (c *Catalog) Restore(r io.Reader) error {
	var snap snapshot
	if err := json.NewDecoder(r).Decode(&snap); err != nil {
		return fmt.Errorf("restore catalog: %w", err)
	}
	if snap.Version != snapshotVersion {
		return fmt.Errorf("restore catalog: version %d, this leat knows %d", snap.Version, snapshotVersion)
	}
	s := newState()
	s.nextStream, s.nextTransition = snap.NextStream, snap.NextTransition
	s.seenMillis, s.secret = snap.SeenMillis, snap.Secret
	for _, x := range snap.Streams {
		if x.Pending != nil {
			x.Pending.Stream = x.ID
		}
		s.put(x.derive())
	}
	for _, c := range snap.Commitments {
		s.commitments[owner{c.Account, c.Region}] = c.Commitment
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.state = s
	close(c.mu.changed)
	c.mu.changed = make(chan struct{})
	return nil
}
