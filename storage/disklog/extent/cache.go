package extent

import (
	"slices"
	"sync"
)

// cache keeps what was read from extents and verified: block tables, and
// regions of blocks. It is bounded in bytes and evicts what was least recently
// used. It also knows what is being loaded right now, so that several readers
// of the same blocks share one read.
type cache struct {
	maxBytes int64

	mu struct {
		sync.Mutex
		extents map[extentKey]*cached
		// bytes is the sum over all regions in the list.
		bytes int64
		// lru is the ends of the list: next is the most recently used region,
		// prev the one to be evicted next.
		lru region
	}
}

// extentKey names an extent for the life of an installation: file numbers are
// not used twice, and what is at a position never changes.
type extentKey struct {
	file uint64
	pos  int64
}

// indexBlock stands for an extent's header and table among its blocks.
const indexBlock = -1

// cached is what the cache knows of one extent. It exists as long as there is
// something to know.
type cached struct {
	key     extentKey
	regions map[int]*region // by block
	loads   map[int]*load   // by block
}

// region is a run of blocks that was read at once and is evicted at once,
// since its blocks are views of one buffer. Immutable but for the list.
type region struct {
	prev, next *region // guarded by cache.mu
	owner      *cached

	first  int
	blocks [][]byte // of first, first+1 and so on; nil where damaged
	index  *index   // for the region of indexBlock, which has no blocks
	bytes  int64    // what it costs
}

// get returns block b, or nil when r does not hold it.
func (r *region) get(b int) []byte {
	if b < r.first || b >= r.first+len(r.blocks) {
		return nil
	}
	return r.blocks[b-r.first]
}

// has reports whether r holds block b. A nil region holds none.
func (r *region) has(b int) bool {
	if r == nil {
		return false
	}
	return r.index != nil && b == indexBlock || r.get(b) != nil
}

// load is one read in progress, of n blocks from first on. All fields but done
// are written before done is closed and only read after.
type load struct {
	owner    *cached
	first, n int
	done     chan struct{}
	dead     bool // guarded by cache.mu: the extent was invalidated meanwhile

	region *region // what was found; may lack blocks, and is nil when nothing was
	err    error   // why block first was not found
}

func newCache(maxBytes int64) *cache {
	c := &cache{maxBytes: maxBytes}
	c.mu.extents = make(map[extentKey]*cached)
	c.mu.lru.prev, c.mu.lru.next = &c.mu.lru, &c.mu.lru
	return c
}

// lookup returns the region that holds the block, or the load that is reading
// it. If there is neither, it registers a load for the block and its
// successors, as far as those are neither held nor being loaded; mine is then
// true, and the caller must call finish.
//
// How many blocks that are at most is asked of plan, which is given the region
// that holds the block before, or nil, and must be quick.
func (c *cache) lookup(key extentKey, block int, plan func(before *region) int) (r *region, l *load, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.mu.extents[key]
	if e == nil {
		e = &cached{key: key, regions: make(map[int]*region), loads: make(map[int]*load)}
		c.mu.extents[key] = e
	}
	if r := e.regions[block]; r != nil {
		r.unlink()
		r.linkAfter(&c.mu.lru)
		return r, nil, false
	}
	if l := e.loads[block]; l != nil {
		return nil, l, false
	}
	l = &load{owner: e, first: block, done: make(chan struct{})}
	for n := plan(e.regions[block-1]); l.n == 0 || l.n < n && e.free(block+l.n); l.n++ {
		e.loads[block+l.n] = l
	}
	return nil, l, true
}

// free reports whether the block is neither held nor being loaded.
func (e *cached) free(block int) bool { return e.regions[block] == nil && e.loads[block] == nil }

// finish ends a load that lookup registered: readers that wait for it get r or
// err, and r is kept. extra, when not nil, is a region that came along.
func (c *cache) finish(l *load, r *region, err error, extra *region) {
	l.region, l.err = r, err
	c.mu.Lock()
	for b := l.first; b < l.first+l.n; b++ {
		delete(l.owner.loads, b)
	}
	if !l.dead {
		c.keepLocked(l.owner, r)
		c.keepLocked(l.owner, extra)
	}
	c.evictLocked()
	c.tidyLocked(l.owner)
	c.mu.Unlock()
	close(l.done)
}

// keepLocked puts r among what is kept of e. A region of which a block is held
// already, or on its way, is left out; so is one that would push out all else.
func (c *cache) keepLocked(e *cached, r *region) {
	if r == nil || r.bytes > c.maxBytes {
		return
	}
	blocks := r.numbers()
	if len(blocks) == 0 || slices.ContainsFunc(blocks, func(b int) bool { return !e.free(b) }) {
		return
	}
	for _, b := range blocks {
		e.regions[b] = r
	}
	r.owner = e
	r.linkAfter(&c.mu.lru)
	c.mu.bytes += r.bytes
}

// numbers returns the blocks that r holds.
func (r *region) numbers() []int {
	if r.index != nil {
		return []int{indexBlock}
	}
	var held []int
	for i, b := range r.blocks {
		if b != nil {
			held = append(held, r.first+i)
		}
	}
	return held
}

// evictLocked drops what was least recently used until the rest fits.
func (c *cache) evictLocked() {
	for c.mu.bytes > c.maxBytes {
		c.dropLocked(c.mu.lru.prev)
	}
}

// dropLocked forgets r. Readers that hold it keep it alive.
func (c *cache) dropLocked(r *region) {
	for _, b := range r.numbers() {
		delete(r.owner.regions, b)
	}
	r.unlink()
	c.mu.bytes -= r.bytes
	c.tidyLocked(r.owner)
}

// tidyLocked forgets e when there is nothing to know of it.
func (c *cache) tidyLocked(e *cached) {
	if len(e.regions) == 0 && len(e.loads) == 0 && c.mu.extents[e.key] == e {
		delete(c.mu.extents, e.key)
	}
}

// invalidate forgets every extent that match accepts, also what is being
// loaded of it right now.
func (c *cache) invalidate(match func(extentKey) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.mu.extents {
		if !match(key) {
			continue
		}
		for _, l := range e.loads {
			l.dead = true
		}
		for _, r := range e.regions {
			c.dropLocked(r)
		}
	}
}

// bytes returns what the cache holds.
func (c *cache) bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.bytes
}

func (r *region) linkAfter(at *region) {
	r.prev, r.next = at, at.next
	r.prev.next, r.next.prev = r, r
}

func (r *region) unlink() {
	r.prev.next, r.next.prev = r.next, r.prev
}
