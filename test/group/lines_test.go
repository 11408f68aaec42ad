package group

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/producer"
)

// line is a user record: the key's lines are numbered from 0.
type line struct {
	Key    string
	Number int
}

// lineSize is how long the data of a line is.
const lineSize = 100

func (l line) record() producer.Record {
	text := fmt.Sprintf("%s %d ", l.Key, l.Number)
	return producer.Record{PartitionKey: l.Key, Data: append([]byte(text), bytes.Repeat([]byte{'.'}, lineSize-len(text))...)}
}

func parseLine(data []byte) (l line, err error) {
	if len(data) != lineSize {
		return l, fmt.Errorf("a line of %d bytes: %q", len(data), data)
	}
	_, err = fmt.Sscanf(string(data), "%s %d ", &l.Key, &l.Number)
	return l, err
}

// source is a producer and the keys whose lines it puts.
type source struct {
	producer *producer.Producer
	// alone puts the next line of a key when the one before is stored. It is
	// for producers that do not keep order by themselves.
	alone bool
	keys  []string
	lines int // of each key
	ahead int // how many lines of a key may wait to be processed
}

// run puts all lines, each key's in order.
func (s *source) run(ctx context.Context, l *ledger) error {
	puts, ctxPuts := errgroup.WithContext(ctx)
	for _, key := range s.keys {
		puts.Go(func() error { return s.key(ctxPuts, l, key) })
	}
	if err := puts.Wait(); err != nil {
		return err
	}
	return s.producer.Close(ctx)
}

// key puts the lines of one key.
func (s *source) key(ctx context.Context, l *ledger, key string) error {
	for n := range s.lines {
		if err := l.room(ctx, key, n, s.ahead); err != nil {
			return err
		}
		r := line{key, n}.record()
		if s.alone {
			if _, err := s.producer.Put(ctx, r); err != nil {
				return fmt.Errorf("line %d of %s: %w", n, key, err)
			}
			continue
		}
		err := s.producer.Enqueue(ctx, r, func(r producer.Result) {
			if r.Err != nil {
				l.fail(fmt.Errorf("line %d of %s: %w", n, key, r.Err))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
