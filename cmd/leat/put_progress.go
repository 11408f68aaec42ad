package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress counts what was put. On a terminal it also shows the count while a
// long put goes on; elsewhere it only says at the end what was done. It is
// used by one goroutine at a time.
type progress struct {
	words    io.Writer
	stream   string
	terminal bool
	began    time.Time
	shown    time.Time // when the count was last shown
	records  int64
	bytes    int64
}

const showEvery = 500 * time.Millisecond

func newProgress(words io.Writer, stream string) *progress {
	now := time.Now()
	return &progress{words: words, stream: stream, terminal: isTerminal(words), began: now, shown: now}
}

// add counts one record with n bytes of data.
func (p *progress) add(n int) {
	p.records++
	p.bytes += int64(n)
	if !p.terminal || p.records%100 != 0 {
		return
	}
	if now := time.Now(); now.Sub(p.shown) >= showEvery {
		p.shown = now
		rate := float64(p.records) / now.Sub(p.began).Seconds()
		fmt.Fprintf(p.words, "\r%s, %.0f records/s ", p.summary(), rate)
	}
}

// finish says what was done.
func (p *progress) finish() {
	if p.terminal && p.shown != p.began {
		fmt.Fprint(p.words, "\r\x1b[K")
	}
	fmt.Fprintln(p.words, p.summary())
}

func (p *progress) summary() string {
	noun := "records"
	if p.records == 1 {
		noun = "record"
	}
	return fmt.Sprintf("put %d %s (%s) to %s", p.records, noun, sizeText(p.bytes), p.stream)
}

// isTerminal reports whether a reader or writer is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // the one device that is often there and none
	return err != nil || !os.SameFile(info, null)
}
