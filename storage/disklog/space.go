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
	full, free := c.spaceFull()
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

func (c *committer) spaceFull() (full bool, free int64) {
	if c.flushFull.Load() {
		return true, 0
	}
	if c.opts.MinFreeBytes < 0 {
		return false, 0
	}
	free, total, err := c.opts.FS.Space(c.dir)
	if err != nil {
		// A volume that cannot say how full it is will say so when written to.
		return false, 0
	}
	reserve := c.opts.MinFreeBytes
	if reserve == 0 {
		reserve = min(max(1<<30, total/20), total/2)
	}
	if c.space.full {
		reserve += reserve / 2
	}
	return free < reserve, free
}
