package catalog

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/leat-io/leat/storage"
)

// MachineName is the name under which the log knows the catalog.
const MachineName = "kinesis"

// Catalog is the state that all commands add up to. Its methods for readers
// may be called at any time, by anybody; they wait for the application of one
// command at most.
type Catalog struct {
	mu struct {
		sync.RWMutex
		state
		// changed is closed and replaced at every change.
		changed chan struct{}
	}
}

var _ storage.Machine = (*Catalog)(nil)

// New returns an empty catalog.
func New() *Catalog {
	c := &Catalog{}
	c.mu.state = newState()
	c.mu.changed = make(chan struct{})
	return c
}

// Stream returns the stream as it is now, whatever its status.
func (c *Catalog) Stream(account, region, name string) (*Stream, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	x, ok := c.mu.owners[owner{account, region}][name]
	return x, ok
}

// StreamByID returns the stream with the identity, whatever its status.
func (c *Catalog) StreamByID(id storage.StreamID) (*Stream, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	x, ok := c.mu.byID[id]
	return x, ok
}

// Streams returns the streams of an account in a region, sorted by name.
func (c *Catalog) Streams(account, region string) []*Stream {
	c.mu.RLock()
	streams := make([]*Stream, 0, len(c.mu.owners[owner{account, region}]))
	for _, x := range c.mu.owners[owner{account, region}] {
		streams = append(streams, x)
	}
	c.mu.RUnlock()
	slices.SortFunc(streams, func(a, b *Stream) int { return strings.Compare(a.Name, b.Name) })
	return streams
}

// All returns all streams of all accounts, in the order of their creation.
func (c *Catalog) All() []*Stream {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mu.all()
}

// NextDue returns the transition that is to be finished first, and false when
// no stream or consumer is in transition.
func (c *Catalog) NextDue() (Transition, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var first Transition
	for _, x := range c.mu.pending {
		first = earlier(first, *x.Pending)
	}
	for _, x := range c.mu.moving {
		for i := range x.Consumers {
			first = earlier(first, x.Consumers[i].transition(x.ID))
		}
	}
	return first, first.Number != 0
}

// Secret returns the installation's key for tokens that clients hold, nil
// before a SetSecret was applied.
func (c *Catalog) Secret() []byte {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mu.secret
}

// SeenMillis returns the latest time that any command carried, 0 when there
// was none.
func (c *Catalog) SeenMillis() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mu.seenMillis
}

// Changed returns a channel that is closed at the next change of the catalog.
// Take it before looking at the state, not after.
func (c *Catalog) Changed() <-chan struct{} {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.mu.changed
}

// WaitNewer waits until old is not the current version of its stream any more,
// be it changed or gone.
func (c *Catalog) WaitNewer(ctx context.Context, old *Stream) error {
	for {
		changed := c.Changed()
		if now, _ := c.StreamByID(old.ID); now != old {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
