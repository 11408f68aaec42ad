package disklog

import (
	"sync"

	"github.com/leat-io/leat/storage/disklog/extent"
)

// garbage holds the extents that nothing refers to any more, durably so, and
// whose space the flusher gives back.
type garbage struct {
	mu   sync.Mutex
	list []extent.Meta
}

func (g *garbage) add(metas ...extent.Meta) {
	if len(metas) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list = append(g.list, metas...)
}

// take returns what was added and forgets it.
func (g *garbage) take() []extent.Meta {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.list
	g.list = nil
	return list
}

// extentFile is what the flusher knows of an extent file.
type extentFile struct {
	class extent.Class
	live  int // extents in the manifest or on their way into it
}

// collect gives the space of garbage back: whole files when nothing in them is
// wanted any more, otherwise a hole for each extent. A failure costs space
// until the next start, and nothing else.
func (f *flusher) collect() {
	list := f.garbage.take()
	for _, m := range list {
		if file := f.files[m.File]; file != nil {
			file.live--
			f.stats.extents.Add(-1)
		}
	}
	for _, m := range list {
		var err error
		switch file := f.files[m.File]; {
		case file == nil: // removed with another extent of the list
		case file.live > 0 || f.writing(m.File):
			err = f.store.Punch(m)
		default:
			err = f.removeDead(m.File)
		}
		if err != nil {
			f.opts.Logger.Warn("space is not given back", "extent", m.String(), "err", err)
		}
	}
}

// writing reports whether the file is still being added to.
func (f *flusher) writing(file uint64) bool {
	for _, w := range f.writers {
		if w.number == file {
			return true
		}
	}
	return false
}
