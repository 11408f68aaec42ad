package disklog

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
)

const (
	// scrubDelay is how long the scrubber leaves a log alone that has just been
	// opened: readers who were interrupted come back then.
	scrubDelay = 10 * time.Minute
	// A round reads at twice the rate that it needs to be over before the next
	// one is due, within these bounds in bytes a second. The lower one costs no
	// device anything; at the upper one 18 TiB take a week.
	minScrubRate = 1 << 20
	maxScrubRate = 32 << 20
	// scrubStep is how many bytes are read between two pauses.
	scrubStep = 1 << 20
)

// scrubber is the one goroutine that reads extents at rest, so that damage
// becomes known while a copy of the data may still exist elsewhere (spec
// storage §7.11). It changes nothing: a read of what is damaged gives a
// CorruptError whether the scrubber was there before or not.
type scrubber struct {
	*Log
	rate    int64 // bytes a second, in this round
	unpaced int   // bytes read since the last pause
	// damaged are the extents that were reported, each once. One that reads
	// well again, or is given up, leaves it.
	damaged map[extentPlace]*shard
}

// extentPlace is where an extent is.
type extentPlace struct {
	file uint64
	pos  int64
}

func placeOf(m extent.Meta) extentPlace { return extentPlace{m.File, m.Pos} }

// What an operator is told: damage stays, trouble with reading may pass.
const (
	damagedMessage    = "stored records are damaged"
	unreadableMessage = "stored records cannot be read"
)

// errEnding says that the log is about to close.
var errEnding = errors.New("the log is closing")

func newScrubber(l *Log) *scrubber {
	return &scrubber{Log: l, damaged: make(map[extentPlace]*shard)}
}

// run makes a round at every interval, until the log closes or fails.
func (s *scrubber) run() {
	defer close(s.scrubberDone)
	interval := s.opts.ScrubInterval
	if interval < 0 {
		return
	}
	for wait := min(scrubDelay, interval); s.wait(wait) == nil; {
		began := s.opts.Clock.Now()
		if s.round() != nil {
			return
		}
		wait = max(0, interval-s.opts.Clock.Now().Sub(began))
	}
}

// wait returns nil when the time has passed, and errEnding when the log ends
// before that.
func (s *scrubber) wait(d time.Duration) error {
	select {
	case <-s.closing:
		return errEnding
	case <-s.stopped:
		return errEnding
	case <-s.opts.Clock.After(d):
		return nil
	}
}

// pause paces a round.
func (s *scrubber) pause(bytes int) error {
	s.stats.scrubbed.Add(int64(bytes))
	if s.unpaced += bytes; s.unpaced < scrubStep {
		return nil
	}
	d := time.Duration(s.unpaced) * time.Second / time.Duration(s.rate)
	s.unpaced = 0
	return s.wait(d)
}

// round verifies every extent there is. It begins with any shard log, so that
// a server which is often started again comes to all of them in the end.
func (s *scrubber) round() error {
	s.table.mu.RLock()
	shards := s.table.all()
	s.table.mu.RUnlock()
	if len(shards) == 0 {
		return nil
	}
	s.rate = scrubRate(shards, s.opts.ScrubInterval)
	began, before, extents := s.opts.Clock.Now(), s.stats.scrubbed.Load(), 0
	first := rand.IntN(len(shards))
	for i := range shards {
		sh := shards[(first+i)%len(shards)]
		for _, m := range sh.metas() {
			if err := s.verify(sh, m); err != nil {
				return err
			}
			extents++
		}
	}
	s.forgetGone()
	if extents > 0 {
		s.opts.Logger.Info("all extents were verified", "dir", s.dir, "extents", extents,
			"bytes", s.stats.scrubbed.Load()-before, "damaged", len(s.damaged), "took", s.opts.Clock.Now().Sub(began))
	}
	return nil
}

// scrubRate returns the rate of a round.
func scrubRate(shards []*shard, interval time.Duration) int64 {
	var bytes int64
	for _, sh := range shards {
		for _, m := range sh.metas() {
			bytes += m.Length
		}
	}
	seconds := max(1, int64(interval/time.Second))
	return min(max(2*bytes/seconds, minScrubRate), maxScrubRate)
}

// metas returns the shard log's extents, which nobody changes.
func (s *shard) metas() []extent.Meta {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.extents
}

// verify verifies one extent and reports it when it is damaged. The error is
// errEnding.
func (s *scrubber) verify(sh *shard, m extent.Meta) error {
	err := s.store.Verify(m, s.pause)
	place := placeOf(m)
	var corrupt *storage.CorruptError
	switch {
	case err == nil:
		delete(s.damaged, place)
	case errors.Is(err, errEnding), s.isStopped():
		return errEnding
	case s.damaged[place] != nil, sh.gone(m):
	default:
		s.damaged[place] = sh
		message := unreadableMessage
		if errors.As(err, &corrupt) {
			message = damagedMessage
		}
		s.opts.Logger.Error(message, "dir", s.dir, "extent", m.String(), "err", err)
	}
	s.stats.damaged.Store(int64(len(s.damaged)))
	return nil
}

// forgetGone takes what was given up out of the damaged extents.
func (s *scrubber) forgetGone() {
	for place, sh := range s.damaged {
		wanted := false
		for _, m := range sh.metas() {
			wanted = wanted || place == placeOf(m)
		}
		if !wanted {
			delete(s.damaged, place)
		}
	}
	s.stats.damaged.Store(int64(len(s.damaged)))
}
