package disklog

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// ticketOverhead is charged for every ticket on top of its bytes, so that the
// bound of what is pending bounds the number of tickets too.
const ticketOverhead = 256

// Append implements storage.Log.
//
// A batch whose entries would take more than half a segment or 16 MiB is
// refused. Append waits while too much is pending or too little of what was
// appended before has been flushed; ctx ends that wait.
func (l *Log) Append(ctx context.Context, b *storage.Batch) error {
	size := int64(ticketOverhead)
	for i := range b.Records {
		r := &b.Records[i]
		size += int64(entry.MaxOverhead + len(r.PartitionKey) + len(r.Data))
	}
	if limit := l.opts.ticketBytes(); size > limit {
		return fmt.Errorf("append: a batch of %d bytes is over the limit of %d", size, limit)
	}
	if err := l.pastGate(ctx); err != nil {
		return err
	}
	t := newTicket(ofAppend, size)
	defer t.free()
	t.batch = b
	return l.submit(ctx, t)
}

// Propose implements storage.Log. ctx bounds the wait for a place in the
// queue.
func (l *Log) Propose(ctx context.Context, machine string, command []byte) (any, error) {
	m := l.machines[machine]
	if m == nil {
		return nil, fmt.Errorf("propose: no machine %q", machine)
	}
	size := int64(ticketOverhead + len(machine) + len(command))
	if limit := l.opts.ticketBytes(); size > limit {
		return nil, fmt.Errorf("propose: a command of %d bytes is over the limit of %d", size, limit)
	}
	t := newTicket(ofCommand, size)
	defer t.free()
	t.machine, t.name, t.command = m, machine, command
	if err := l.submit(ctx, t); err != nil {
		return nil, err
	}
	return t.result, nil
}

// submit queues a call from outside and waits for its outcome.
func (l *Log) submit(ctx context.Context, t *ticket) error {
	weight := min(t.bytes, maxPendingBytes)
	if err := l.room.Acquire(ctx, weight); err != nil {
		return err
	}
	defer l.room.Release(weight)
	if err := l.queue.put(t, true); err != nil {
		return err
	}
	<-t.done
	return t.err
}

// submitOwn queues a ticket of the engine itself and waits for its outcome.
func (l *Log) submitOwn(t *ticket) error {
	if err := l.queue.put(t, false); err != nil {
		return err
	}
	<-t.done
	return t.err
}

// pastGate waits until there is memory for more records.
func (l *Log) pastGate(ctx context.Context) error {
	for {
		opened := l.gate.opened()
		if opened == nil {
			return nil
		}
		select {
		case <-opened:
		case <-l.stopped:
			return l.stopErr()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
