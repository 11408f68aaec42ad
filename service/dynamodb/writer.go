package dynamodb

import (
	"context"
	"fmt"
	"sync"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// writer carries writes out. While a command is on its way to the disk, the
// writes that arrive wait, and become the next command together: a command
// costs a sync, and thousands of leases are renewed at once.
//
// There is no goroutine for it. The first to come proposes for all that wait,
// and then hands over to the first who came meanwhile.
type writer struct {
	service *Service
	mu      struct {
		sync.Mutex
		busy    bool // somebody proposes
		waiting []*ticket
	}
}

// ticket is what waits for one command.
type ticket struct {
	forms   [][]byte // of the writes, as they are in the command
	results []tables.Result
	err     error
	// turn gets true when it is the ticket's turn to propose, and false when
	// its results are there.
	turn chan bool
}

// maxCommandBytes is how large a command grows before the rest waits for the
// next. A ticket that is larger has a command of its own; the largest possible
// one, a batch of 10 MB, fits any log.
const maxCommandBytes = 1 << 20

// do carries out writes, each whole or not at all, and returns their results.
// It waits until they are durable, whatever ctx says meanwhile. It refuses all of
// them when there is no room.
func (w *writer) do(ctx context.Context, writes ...tables.Write) ([]tables.Result, error) {
	if err := w.service.admit(writes); err != nil {
		return nil, err
	}
	t := &ticket{turn: make(chan bool, 1)}
	for i := range writes {
		t.forms = append(t.forms, tables.AppendWrite(nil, &writes[i]))
	}
	w.mu.Lock()
	w.mu.waiting = append(w.mu.waiting, t)
	mine := !w.mu.busy
	w.mu.busy = true
	w.mu.Unlock()
	if mine || <-t.turn {
		w.propose(context.WithoutCancel(ctx))
	}
	return t.results, t.err
}

// one is do for a single write. One that would change nothing is answered
// without being written.
func (w *writer) one(ctx context.Context, write tables.Write) (tables.Result, error) {
	if result, decided := w.service.tables.Judge(&write, w.service.nowMillis()); decided {
		return result, nil
	}
	results, err := w.do(ctx, write)
	if err != nil {
		return tables.Result{}, err
	}
	return results[0], nil
}

// propose makes one command of what waits, the caller's ticket being the first,
// and hands the turn over.
func (w *writer) propose(ctx context.Context) {
	batch, command := w.gather()
	answer, err := w.service.log.Propose(ctx, tables.MachineName, command)
	results, _ := answer.([]tables.Result)
	w.mu.Lock()
	var next *ticket
	if len(w.mu.waiting) > 0 {
		next = w.mu.waiting[0]
	} else {
		w.mu.busy = false
	}
	w.mu.Unlock()
	if next != nil {
		next.turn <- true
	}
	for i, t := range batch {
		if err != nil {
			t.err = fmt.Errorf("propose to the tables: %w", err)
		} else {
			t.results, results = results[:len(t.forms)], results[len(t.forms):]
		}
		if i > 0 {
			t.turn <- false
		}
	}
}

// gather takes the tickets of the next command, and makes it.
func (w *writer) gather() (batch []*ticket, command []byte) {
	command = tables.AppendWrites(nil, w.service.nowMillis())
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for ; n < len(w.mu.waiting) && (n == 0 || len(command) < maxCommandBytes); n++ {
		for _, form := range w.mu.waiting[n].forms {
			command = append(command, form...)
		}
	}
	batch = w.mu.waiting[:n:n]
	w.mu.waiting = append([]*ticket(nil), w.mu.waiting[n:]...)
	return batch, command
}
