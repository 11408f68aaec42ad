package consumer

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// What is read ahead of the processor, of each shard. A page is begun only
// while none of them is reached, and has 10 MiB at most.
const (
	maxQueuedPages   = 4
	maxQueuedBytes   = 8 << 20
	maxQueuedRecords = 30_000
)

// page is what one read of a shard brought, in order.
type page struct {
	records []types.Record
	bytes   int
	behind  time.Duration
	// ended says that the shard has nothing more, and children are the shards
	// that follow it; none when the stream was deleted.
	ended    bool
	children []types.ChildShard
}

// queue holds the pages that were read and not processed yet. One goroutine
// puts and another takes.
type queue struct {
	maxPages int
	// took and filled have room for one signal each.
	took, filled chan struct{}

	mu struct {
		sync.Mutex
		pages          []page
		bytes, records int
	}
}

func newQueue(maxPages int) *queue {
	return &queue{maxPages: maxPages, took: make(chan struct{}, 1), filled: make(chan struct{}, 1)}
}

// room waits until another page may be put. The error is ctx's.
func (q *queue) room(ctx context.Context) error {
	for {
		q.mu.Lock()
		full := len(q.mu.pages) >= q.maxPages || q.mu.bytes >= maxQueuedBytes || q.mu.records >= maxQueuedRecords
		q.mu.Unlock()
		if !full {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.took:
		}
	}
}

// put adds a page, which there must be room for.
func (q *queue) put(p page) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.pages = append(q.mu.pages, p)
	q.mu.bytes += p.bytes
	q.mu.records += len(p.records)
	signal(q.filled)
}

// take removes the oldest page, if there is one.
func (q *queue) take() (page, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.mu.pages) == 0 {
		return page{}, false
	}
	p := q.mu.pages[0]
	q.mu.pages[0] = page{}
	q.mu.pages = q.mu.pages[1:]
	q.mu.bytes -= p.bytes
	q.mu.records -= len(p.records)
	if len(q.mu.pages) > 0 {
		signal(q.filled)
	}
	signal(q.took)
	return p, true
}

// signal leaves a signal unless one is waiting to be seen.
func signal(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
