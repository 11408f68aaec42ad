package vfs

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Kill ends the process and not the machine: it returns the file system with
// everything that was written, synced or not, and as little of it durable as
// before. The old one gives ErrCrashed from now on, and its locks are free.
func (c *Crash) Kill() *Crash {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := NewCrash()
	next.mu.folders = c.mu.folders
	next.mu.names = c.mu.names
	next.mu.durable = c.mu.durable
	next.mu.pending = c.mu.pending
	next.mu.used, next.mu.total, next.mu.cached = c.mu.used, c.mu.total, c.mu.cached
	for _, names := range []map[string]*inode{next.mu.names, next.mu.durable} {
		for _, node := range names {
			node.c = next
		}
	}
	for _, change := range next.mu.pending {
		change.node.c = next
	}
	c.mu.down = true
	return next
}

// PowerLoss cuts the power and returns what the disk holds afterwards, all of
// it durable. The same history and the same seed give the same disk. The old
// file system gives ErrCrashed from now on.
func (c *Crash) PowerLoss(seed uint64) *Crash {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.down = true
	rnd := rand.New(rand.NewPCG(seed, 0x6c656174))
	next := NewCrash()
	next.mu.folders = maps.Clone(c.mu.folders)
	next.mu.total, next.mu.cached = c.mu.total, c.mu.cached

	durable := maps.Clone(c.mu.durable)
	mood := newMood(rnd)
	replay(durable, c.mu.pending, func(int) bool { return mood.keep() })
	survivors := make(map[*inode]*inode)
	for _, name := range slices.Sorted(maps.Keys(durable)) {
		node := durable[name]
		if survivors[node] == nil {
			survivors[node] = node.survivor(next, newMood(rnd), rnd)
		}
		next.mu.names[name] = survivors[node]
		next.mu.durable[name] = survivors[node]
	}
	return next
}

// mood decides how much of something survives: nothing, all, or each part with
// a probability of its own. Independent coins alone would hardly ever show the
// first two for a large write.
type mood struct {
	rnd   *rand.Rand
	share float64
}

func newMood(rnd *rand.Rand) mood {
	switch rnd.IntN(4) {
	case 0:
		return mood{rnd, 0}
	case 1:
		return mood{rnd, 1}
	}
	return mood{rnd, rnd.Float64()}
}

func (m mood) keep() bool { return m.rnd.Float64() < m.share }

// survivor returns the file as the disk may have it.
func (n *inode) survivor(c *Crash, m mood, rnd *rand.Rand) *inode {
	size := n.survivingSize(m, rnd)
	out := newInode(c)
	out.data = make([]byte, size)
	copy(out.data, n.stable)
	for _, s := range slices.Sorted(maps.Keys(n.dirty)) {
		if !m.keep() || s*sector >= size {
			continue
		}
		states := n.dirty[s]
		state := n.at(n.data, s)
		if i := rnd.IntN(2 * (len(states) + 1)); i < len(states) {
			state = states[i]
		}
		copy(out.data[s*sector:], state)
	}
	out.stable = slices.Clone(out.data)
	for b := int64(0); b*Alignment < size; b++ {
		if n.blocks[b] || n.gone { // a file that was removed has forgotten its blocks
			out.blocks[b] = true
			c.mu.used += Alignment
		}
	}
	return out
}

// survivingSize picks the stable size, the present one, or any between the
// sizes that the file had.
func (n *inode) survivingSize(m mood, rnd *rand.Rand) int64 {
	now := int64(len(n.data))
	if len(n.sizes) == 0 {
		return now
	}
	if m.keep() && rnd.IntN(2) == 0 {
		return now
	}
	low, high := now, now
	for _, size := range append(n.sizes, int64(len(n.stable))) {
		low, high = min(low, size), max(high, size)
	}
	if rnd.IntN(2) == 0 {
		return int64(len(n.stable))
	}
	return low + rnd.Int64N(high-low+1)
}
