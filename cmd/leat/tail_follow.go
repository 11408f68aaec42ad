package main

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// maxCalls bounds the calls under way at once, and so the pages in memory:
	// at most 8 × 10 MiB.
	maxCalls = 8
	// idleEvery is how often a shard without news is asked for some: 4 calls a
	// second of the 5 that AWS allows.
	idleEvery = 250 * time.Millisecond
	// idlePerShard stretches that where there are many shards, so that all of
	// them together cost at most a thousand calls a second.
	idlePerShard = time.Millisecond
	// maxFailures is how often in a row the server may fail for a shard before
	// a tail that is to end leaves it out: some ten seconds, in which a server
	// starts again. A record on a damaged part of a disk fails for ever.
	maxFailures = 8
)

// tailer reads a stream along its lineage. Its run loop owns all of its state;
// the goroutines that make calls own nothing but the shard they make them for.
type tailer struct {
	api      tailAPI
	stream   string
	from     from
	noFollow bool
	out      *printer
	words    io.Writer

	waiting  shardQueue
	reading  int // shards that have not ended
	started  map[string]bool
	finished map[string]bool
	answered bool // the server did, once
	outage   backoff
	leftOut  []error // shards that were given up; only with noFollow
}

// run reads until ctx ends, everything wanted has been printed, or an error
// that does not pass. The error is also that some shards had to be left out.
func (t *tailer) run(ctx context.Context) error {
	t.started, t.finished = map[string]bool{}, map[string]bool{}
	shards, err := t.list(ctx, t.from.filter())
	if err != nil {
		return err
	}
	for _, s := range shards {
		t.start(*s.ShardId, t.from.in(*s.ShardId))
	}
	steps := make(chan step, maxCalls) // never full, so no caller is left behind
	ctx, cancel := context.WithCancel(ctx)
	calls := 0
	defer func() {
		cancel()
		for ; calls > 0; calls-- {
			<-steps
		}
	}()
	for t.reading > 0 {
		for calls < maxCalls && t.waiting.ready() {
			s := heap.Pop(&t.waiting).(*tailedShard)
			calls++
			go func() { steps <- s.read(ctx, t.api, t.stream) }()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.waiting.timer(calls < maxCalls):
		case s := <-steps:
			calls--
			if err := t.take(ctx, s); err != nil {
				return err
			}
		}
	}
	return errors.Join(t.leftOut...)
}

// start begins to read a shard.
func (t *tailer) start(id string, at position) {
	if t.started[id] {
		return
	}
	t.started[id] = true
	t.reading++
	heap.Push(&t.waiting, &tailedShard{id: id, position: at})
}

// take prints what a step brought and decides what becomes of its shard.
func (t *tailer) take(ctx context.Context, s step) error {
	if s.err != nil {
		return t.failed(ctx, s)
	}
	t.answered = true
	t.outage.over(t.words)
	s.shard.backoff.over(t.words)
	s.shard.failures = 0
	if err := t.out.print(s.shard.id, s.page.Records); err != nil {
		return err
	}
	ended := s.page.NextShardIterator == nil
	s.shard.passed(s.page)
	switch atTip := len(s.page.Records) == 0 && s.page.MillisBehindLatest != nil && *s.page.MillisBehindLatest == 0; {
	case ended:
		t.finish(s.shard.id, childrenOf(s.page.ChildShards))
	case atTip && t.noFollow:
		t.reading--
	case atTip:
		t.again(s.shard, max(idleEvery, time.Duration(t.reading)*idlePerShard))
	default:
		t.again(s.shard, 0)
	}
	return nil
}

// again lets the shard have its next turn after a pause.
func (t *tailer) again(s *tailedShard, pause time.Duration) {
	s.due = time.Now().Add(pause)
	heap.Push(&t.waiting, s)
}

// failed decides what an error means: a pause, the end of a shard that expired
// while it was read or cannot be, or the end of the tail.
func (t *tailer) failed(ctx context.Context, s step) error {
	var gone *types.ResourceNotFoundException
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(s.err, &gone):
		return t.expired(ctx, s)
	case !passing(s.err), unreachable(s.err) && !t.answered:
		return s.err
	case failing(s.err) && t.noFollow:
		if s.shard.failures++; s.shard.failures >= maxFailures {
			return t.leaveOut(ctx, s)
		}
	}
	t.again(s.shard, s.shard.backoff.step())
	if unreachable(s.err) {
		t.outage.report(t.words, s.err) // of all shards at once
	} else {
		s.shard.backoff.report(t.words, s.err)
	}
	return nil
}

// expired goes on with the children of a shard that no longer exists. When it
// was the stream that went, the error stands.
func (t *tailer) expired(ctx context.Context, s step) error {
	return t.succeed(ctx, s, func(listed bool) error {
		if listed {
			return s.err
		}
		return nil
	})
}

// leaveOut gives up a shard for which the server fails again and again, and
// goes on with its children.
func (t *tailer) leaveOut(ctx context.Context, s step) error {
	return t.succeed(ctx, s, func(bool) error {
		fmt.Fprintf(t.words, "leat: %s is not read any further: the server has failed %d times (%s)\n", s.shard.id, s.shard.failures, explain(s.err))
		t.leftOut = append(t.leftOut, fmt.Errorf("%s was not read to its end", s.shard.id))
		return nil
	})
}

// succeed ends the step's shard, of which no page names the children, and goes
// on with those that the server lists for it, unless agree, which is told
// whether the shard itself is still listed, returns an error. Without an answer
// the shard has another turn.
func (t *tailer) succeed(ctx context.Context, s step, agree func(listed bool) error) error {
	shards, err := t.list(ctx, nil)
	if err != nil && passing(err) {
		t.again(s.shard, s.shard.backoff.step())
		return nil
	}
	if err != nil {
		return err
	}
	listed := false
	var children []child
	for _, other := range shards {
		listed = listed || *other.ShardId == s.shard.id
		parents := []string{text(other.ParentShardId), text(other.AdjacentParentShardId)}
		if parents[0] == s.shard.id || parents[1] == s.shard.id {
			children = append(children, child{id: *other.ShardId, parents: parents})
		}
	}
	if err := agree(listed); err != nil {
		return err
	}
	t.finish(s.shard.id, children)
	return nil
}

// child is a shard that came from a split or merge.
type child struct {
	id      string
	parents []string // one or two; an empty one is none
}

// childrenOf returns the children that the last page of a shard names.
func childrenOf(shards []types.ChildShard) []child {
	var children []child
	for _, c := range shards {
		children = append(children, child{id: text(c.ShardId), parents: c.ParentShards})
	}
	return children
}

// finish ends a shard and starts those of its children whose parents have all
// ended. The shards that a tail begins with cover all hash keys, so both
// parents of a merged shard are read, and the later one to end starts it.
func (t *tailer) finish(id string, children []child) {
	t.reading--
	t.finished[id] = true
	for _, c := range children {
		ready := true
		for _, parent := range c.parents {
			ready = ready && (parent == "" || t.finished[parent])
		}
		if ready {
			t.start(c.id, position{iterator: types.ShardIteratorTypeTrimHorizon})
		}
	}
}

// list returns the shards that the filter selects, of all pages.
func (t *tailer) list(ctx context.Context, filter *types.ShardFilter) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: aws.String(t.stream), ShardFilter: filter}
	for {
		out, err := t.api.ListShards(ctx, in)
		if err != nil {
			return nil, err
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}
