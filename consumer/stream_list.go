package consumer

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/consumer/lease"
)

// listEvery is how often a leader asks which streams there are, as in the KCL.
const listEvery = time.Minute

// streamList is what a leader knows of the streams that it is to look after. It
// belongs to one goroutine.
type streamList struct {
	w       *Worker
	sources []source
	// absent has since when there were leases of streams that are not listed,
	// by the form of StreamID that leases have.
	absent map[string]time.Time
}

// newStreamList returns the list of a worker, which is empty until it is asked
// for where it is not fixed.
func newStreamList(w *Worker) streamList { return streamList{w: w, sources: w.o.sources} }

// refresh asks for the list, and reports whether it is what the application wants
// now: when that cannot be found out the last one stays in force.
func (l *streamList) refresh(ctx context.Context) bool {
	if l.w.o.list == nil {
		return false
	}
	sources, err := l.w.listStreams(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.w.o.logger.Warn("cannot find out which streams there are", "err", err)
		}
		return false
	}
	l.sources = sources
	return true
}

// listStreams asks the application for its streams.
func (w *Worker) listStreams(ctx context.Context) ([]source, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ids, err := w.o.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the streams: %w", err)
	}
	var sources []source
	listed := map[StreamID]bool{}
	for _, id := range ids {
		if _, err := ParseStreamID(id.String()); err != nil {
			return nil, fmt.Errorf("list the streams: %w", err)
		}
		if !listed[id] {
			sources = append(sources, source{id: id, name: id.Name})
		}
		listed[id] = true
	}
	return sources, nil
}

// forget deletes the leases of streams that have not been listed for as long as
// the option ForgetStreams says. The holders of the leases notice when they renew
// them.
func (l *streamList) forget(ctx context.Context, leases map[string][]lease.Lease) error {
	now := l.w.o.clock.Now()
	absent := map[string]time.Time{}
	for stream := range leases {
		if _, err := ParseStreamID(stream); err != nil {
			continue // a list cannot have it: it is another application's, in single-stream mode
		}
		if since, ok := l.absent[stream]; ok {
			absent[stream] = since
		} else {
			absent[stream] = now
		}
	}
	for _, s := range l.sources {
		delete(absent, s.id.String())
	}
	l.absent = absent
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxCreations)
	forgotten := 0
	for stream, since := range absent {
		if !l.w.o.forgets || now.Sub(since) < l.w.o.forgetAfter {
			continue
		}
		forgotten++
		l.w.o.logger.Info("the stream is not listed any more; its leases are deleted", "stream", stream, "leases", len(leases[stream]))
		for _, x := range leases[stream] {
			group.Go(func() error {
				if err := l.w.leases.Delete(ctx, x.Key); err != nil {
					return fmt.Errorf("delete the lease %s: %w", x.Key, err)
				}
				return nil
			})
		}
	}
	l.w.metrics.listed(len(l.sources), len(absent)-forgotten, forgotten)
	return group.Wait()
}
