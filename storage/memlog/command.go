package memlog

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/storage"
)

// proposal is one call of Propose.
type proposal struct {
	machine storage.Machine
	command []byte
	// result receives once, from run. It has room, so that run never waits.
	result chan any
}

// Propose implements storage.Log. ctx bounds the wait for earlier commands.
func (l *Log) Propose(ctx context.Context, machine string, command []byte) (any, error) {
	m := l.machines[machine]
	if m == nil {
		return nil, fmt.Errorf("propose: no machine %q", machine)
	}
	p := &proposal{machine: m, command: command, result: make(chan any, 1)}
	select {
	case l.proposals <- p:
		return <-p.result, nil
	case <-l.stop:
		return nil, storage.ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run applies commands until Close. It is a goroutine of its own so that a
// machine's panic ends the process, and is not recovered by whoever proposed.
func (l *Log) run() {
	defer close(l.done)
	for {
		select {
		case p := <-l.proposals:
			p.result <- l.apply(p)
		case <-l.stop:
			return
		}
	}
}

// apply carries out one command. Readers of the log wait meanwhile: somebody
// who sees the machine's new state also finds the shard logs it speaks of.
func (l *Log) apply(p *proposal) any {
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	var effects storage.Effects
	result := p.machine.Apply(p.command, &effects)
	if !l.mu.stopped {
		l.effectLocked(&effects)
	}
	return result
}

// effectLocked does what a command asks of shard logs. One that is closed or
// deleted but does not exist needs nothing.
func (l *Log) effectLocked(e *storage.Effects) {
	for _, key := range e.Open {
		l.openLocked(key)
	}
	for _, key := range e.Close {
		if s := l.mu.streams[key.Stream][key.Shard]; s != nil {
			s.closed = true
			s.wake()
		}
	}
	for _, key := range e.Delete {
		l.deleteLocked(key)
	}
	for _, id := range e.DeleteStreams {
		for index := range l.mu.streams[id] {
			l.deleteLocked(storage.ShardKey{Stream: id, Shard: index})
		}
	}
}

func (l *Log) openLocked(key storage.ShardKey) {
	shards := l.mu.streams[key.Stream]
	if shards == nil {
		shards = make(map[uint32]*shard)
		l.mu.streams[key.Stream] = shards
	}
	if shards[key.Shard] != nil {
		panic(fmt.Sprintf("BUG: a command opens shard log %v, which exists", key))
	}
	shards[key.Shard] = &shard{}
}

func (l *Log) deleteLocked(key storage.ShardKey) {
	shards := l.mu.streams[key.Stream]
	s := shards[key.Shard]
	if s == nil {
		return
	}
	l.mu.bytes -= s.bytes()
	s.wake()
	delete(shards, key.Shard)
	if len(shards) == 0 {
		delete(l.mu.streams, key.Stream)
	}
}
