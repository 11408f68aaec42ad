package group

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// What a worker reports of a shard.
const (
	began     = "began"
	processed = "processed"
	ended     = "ended"
	released  = "released" // given up in good order
	lost      = "lost"     // taken away, or not renewed in time
)

// report is one thing that happened to a shard at a worker.
type report struct {
	What   string
	Worker string
	Shard  string
	At     string `json:",omitempty"` // where processing begins
	Lines  []line `json:",omitempty"`
}

// stalled is after how long without a report a history has failed.
const stalled = 3 * time.Minute

// ledger takes the reports of all workers in the order of what they are about:
// who reports goes on when the report is taken, and nothing that follows from
// it can be reported before.
type ledger struct {
	fail  func(error)
	stall *time.Timer // fails the history

	mu struct {
		sync.Mutex
		keys    map[string]int // how many lines of a key have been processed
		first   int            // lines processed, each counted once
		replays int            // those processed again
		shards  map[string]*shardStory
		reports int
		last    []report
		changed chan struct{} // closed and replaced with each report
	}
}

// shardStory is what has been reported of one shard.
type shardStory struct {
	holder       string // who began last
	releasedBy   string // since it began last
	handoffs     int    // from one worker to another, in good order
	replays      int
	lost         int
	firstBegan   int // which report that was, from 1; 0 is none
	firstEnded   int
	endedReports int
}

// lastReports is how many reports a failure quotes.
const lastReports = 30

func newLedger(fail func(error)) *ledger {
	l := &ledger{fail: fail}
	l.stall = time.AfterFunc(stalled, func() { fail(fmt.Errorf("no report in %v", stalled)) })
	l.mu.keys = make(map[string]int)
	l.mu.shards = make(map[string]*shardStory)
	l.mu.changed = make(chan struct{})
	return l
}

// ServeHTTP takes one report. One that was cut off, because its worker was
// killed, is none.
func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var what report
	if err := json.NewDecoder(r.Body).Decode(&what); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := l.take(what); err != nil {
		l.fail(err)
	}
	w.WriteHeader(http.StatusNoContent)
}

// take notes a report. The error says what must not happen in any history.
func (l *ledger) take(r report) error {
	l.stall.Reset(stalled)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.reports++
	s := l.mu.shards[r.Shard]
	if s == nil {
		s = new(shardStory)
		l.mu.shards[r.Shard] = s
	}
	defer func() {
		close(l.mu.changed)
		l.mu.changed = make(chan struct{})
	}()
	kept := r
	kept.Lines = r.Lines[:min(len(r.Lines), 3)]
	l.mu.last = append(l.mu.last[max(0, len(l.mu.last)-lastReports):], kept)
	switch r.What {
	case began:
		if s.firstBegan == 0 {
			s.firstBegan = l.mu.reports
		}
		if s.releasedBy != "" && s.releasedBy != r.Worker {
			s.handoffs++
		}
		s.holder, s.releasedBy = r.Worker, ""
	case processed:
		return l.processedLocked(s, r)
	case ended:
		if s.firstEnded == 0 {
			s.firstEnded = l.mu.reports
		}
		s.endedReports++
	case released:
		if s.holder == r.Worker {
			s.releasedBy = r.Worker
		}
	case lost:
		s.lost++
	default:
		return fmt.Errorf("a report of %q", r.What)
	}
	return nil
}

// processedLocked requires that the first time of each line of a key follows
// the first time of the line before.
func (l *ledger) processedLocked(s *shardStory, r report) error {
	if s.firstBegan == 0 {
		return fmt.Errorf("%s processes %s without having begun", r.Worker, r.Shard)
	}
	for _, line := range r.Lines {
		next := l.mu.keys[line.Key]
		switch {
		case line.Number > next:
			return fmt.Errorf("%s is given line %d of %s in %s, after line %d", r.Worker, line.Number, line.Key, r.Shard, next-1)
		case line.Number < next:
			s.replays++
			l.mu.replays++
		default:
			l.mu.keys[line.Key]++
			l.mu.first++
		}
	}
	return nil
}

// until waits for a condition, which is called with the ledger locked whenever
// there is a report.
func (l *ledger) until(ctx context.Context, met func() bool) error {
	for {
		l.mu.Lock()
		ok, changed := met(), l.mu.changed
		l.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// lines waits until so many lines have been processed.
func (l *ledger) lines(ctx context.Context, n int) error {
	return l.until(ctx, func() bool { return l.mu.first >= n })
}

// room waits until fewer than n lines of a key, of which the next has this
// number, are still to be processed.
func (l *ledger) room(ctx context.Context, key string, number, n int) error {
	return l.until(ctx, func() bool { return number-l.mu.keys[key] < n })
}

// holds waits until a worker has begun so many shards and not given them up.
func (l *ledger) holds(ctx context.Context, worker string, shards int) error {
	return l.until(ctx, func() bool {
		n := 0
		for _, s := range l.mu.shards {
			if s.holder == worker && s.releasedBy == "" {
				n++
			}
		}
		return n >= shards
	})
}

// moved waits until a shard has gone from one worker to another.
func (l *ledger) moved(ctx context.Context) error {
	return l.until(ctx, func() bool {
		handoffs, lost := l.movesLocked()
		return handoffs+lost > 0
	})
}

// movesLocked returns how often shards were handed over in good order, and how
// often they were lost. Requires mu.
func (l *ledger) movesLocked() (handoffs, lost int) {
	for _, s := range l.mu.shards {
		handoffs += s.handoffs
		lost += s.lost
	}
	return handoffs, lost
}

// lastWords returns the last reports.
func (l *ledger) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := ""
	for _, r := range l.mu.last {
		text += fmt.Sprintf("%s %s %s %s %v\n", r.Worker, r.Shard, r.What, r.At, r.Lines)
	}
	return text
}
