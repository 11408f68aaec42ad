package disklog

import (
	"time"
)

// The free space is looked at when this much was written, or this long ago.
// What can be written in between is far less than the reserve.
const (
	spaceBytes    = 1 << 20
	spaceInterval = time.Second
)

// space is what the committer knows of the free space of the volume.
type space struct {
	full    bool
	written int64 // since looked
	looked  time.Time
}

// checkSpace decides whether appends are refused. Below the reserve they are,
// until there is half as much again; everything else goes on, and in the
// reserve the flush, snapshots and commands find their room (spec storage
// §2.3).
func (c *committer) checkSpace() {
	s := &c.space
	if !s.full && s.written < spaceBytes && time.Since(s.looked) < spaceInterval {
		return
	}
	s.written, s.looked = 0, time.Now()
	full, free := c.spaceFull(s.full)
	if full != s.full {
		s.full = full
		c.stats.full.Store(full)
		if full {
			c.opts.Logger.Error("appends are refused: the volume is full", "dir", c.dir, "free_bytes", free)
		} else {
			c.opts.Logger.Info("appends are accepted again", "dir", c.dir, "free_bytes", free)
		}
	}
}

// Full reports whether appends would be refused for lack of space. It looks
// itself when they were, so that it knows of room that nobody asked for since.
func (l *Log) Full() bool {
	if !l.stats.full.Load() {
		return false
	}
	full, _ := l.spaceFull(true)
	return full
}

// spaceFull looks at the volume, which was full or not before.
func (l *Log) spaceFull(before bool) (full bool, free int64) {
	if l.flushFull.Load() {
		return true, 0
	}
	if l.opts.MinFreeBytes < 0 {
		return false, 0
	}
	free, total, err := l.opts.FS.Space(l.dir)
	if err != nil {
		// A volume that cannot say how full it is will say so when written to.
		return false, 0
	}
	reserve := l.opts.MinFreeBytes
	if reserve == 0 {
		reserve = min(max(1<<30, total/20), total/2)
	}
	if before {
		reserve += reserve / 2
	}
	return free < reserve, free
}
