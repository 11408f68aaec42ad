package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/leat-io/leat/storage"
)

var waitTests = []test{
	{"nil at once when the record is there", waitReady},
	{"nil when the record is appended", waitAppend},
	{"an earlier record does not wake it", waitEarlier},
	{"nil when the shard log is closed", waitClose},
	{"ErrNotFound when the shard log does not exist", waitUnknown},
	{"ErrNotFound when the shard log is deleted", waitDelete},
	{"ErrNotFound when the stream is deleted", waitDeleteStream},
	{"ctx.Err when ctx ends first", waitContext},
	{"many waiters are all woken", waitMany},
	{"waiters of other shard logs are not ended", waitOthers},
}

// waiting starts a Wait and returns its future outcome.
func (f *fixture) waiting(ctx context.Context, key storage.ShardKey, from storage.Offset) <-chan error {
	out := make(chan error, 1)
	go func() { out <- f.log.Wait(ctx, key, from) }()
	return out
}

// outcome returns what a call that was started in the background returns, and
// fails the test when that takes too long.
func (f *fixture) outcome(c <-chan error) error {
	f.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		f.Fatal("still waiting")
		return nil
	}
}

// pending fails the test when the call has returned. Whether it is about to
// return wrongly cannot be known, so the test gives it a few turns to do so.
func (f *fixture) pending(c <-chan error) {
	f.Helper()
	for range 20 {
		f.propose(Command{})
		select {
		case err := <-c:
			f.Fatalf("returned %v too early", err)
		default:
		}
	}
}

func waitReady(f *fixture) {
	key := f.open(1, 1)[0]
	f.append(1, record(0, "a"), record(0, "b"))
	for from := range storage.Offset(2) {
		if err := f.log.Wait(f.ctx, key, from); err != nil {
			f.Errorf("wait for %d: %v", from, err)
		}
	}
}

func waitAppend(f *fixture) {
	key := f.open(1, 1)[0]
	for next := range storage.Offset(50) {
		w := f.waiting(f.ctx, key, next)
		f.appendOne(key, "x")
		if err := f.outcome(w); err != nil {
			f.Fatal(err)
		}
		res := f.read(storage.ReadRequest{Key: key, From: next, MaxRecords: 1, MaxBytes: 1})
		if len(res.Records) != 1 {
			f.Fatalf("no record at %d after waiting for it", next)
		}
	}
}

func waitEarlier(f *fixture) {
	key := f.open(1, 1)[0]
	w := f.waiting(f.ctx, key, 3)
	f.append(1, record(0, "0"), record(0, "1"))
	f.appendOne(key, "2")
	f.pending(w)
	for from := storage.Offset(3); from < 6; from++ {
		ctx, cancel := context.WithTimeout(f.ctx, time.Millisecond)
		if err := f.log.Wait(ctx, key, from); !errors.Is(err, context.DeadlineExceeded) {
			f.Errorf("wait for %d with 3 records stored: %v", from, err)
		}
		cancel()
	}
	f.appendOne(key, "3")
	if err := f.outcome(w); err != nil {
		f.Error(err)
	}
}

func waitClose(f *fixture) {
	key := f.open(1, 1)[0]
	w := f.waiting(f.ctx, key, 10)
	f.pending(w)
	f.propose(Command{Close: []storage.ShardKey{key}})
	if err := f.outcome(w); err != nil {
		f.Error(err)
	}
	if err := f.log.Wait(f.ctx, key, 10); err != nil {
		f.Errorf("wait on a closed shard log: %v", err)
	}
}

func waitUnknown(f *fixture) {
	f.open(1, 1)
	for _, key := range []storage.ShardKey{{Stream: 1, Shard: 1}, {Stream: 2}} {
		if err := f.log.Wait(f.ctx, key, 0); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("wait on %v: %v", key, err)
		}
	}
}

func waitDelete(f *fixture) {
	key := f.open(1, 1)[0]
	w := f.waiting(f.ctx, key, 0)
	f.pending(w)
	f.propose(Command{Delete: []storage.ShardKey{key}})
	if err := f.outcome(w); !errors.Is(err, storage.ErrNotFound) {
		f.Errorf("wait: %v", err)
	}
}

func waitDeleteStream(f *fixture) {
	key := f.open(1, 3)[2]
	w := f.waiting(f.ctx, key, 0)
	f.pending(w)
	f.propose(Command{DeleteStreams: []storage.StreamID{1}})
	if err := f.outcome(w); !errors.Is(err, storage.ErrNotFound) {
		f.Errorf("wait: %v", err)
	}
}

func waitContext(f *fixture) {
	key := f.open(1, 1)[0]
	ctx, cancel := context.WithCancel(f.ctx)
	w := f.waiting(ctx, key, 0)
	f.pending(w)
	cancel()
	if err := f.outcome(w); !errors.Is(err, context.Canceled) {
		f.Errorf("wait: %v", err)
	}
	ctx, cancel = context.WithTimeout(f.ctx, time.Millisecond)
	defer cancel()
	if err := f.log.Wait(ctx, key, 0); !errors.Is(err, context.DeadlineExceeded) {
		f.Errorf("wait: %v", err)
	}
}

func waitMany(f *fixture) {
	keys := f.open(1, 4)
	var all []<-chan error
	for i := range 200 {
		all = append(all, f.waiting(f.ctx, keys[i%4], storage.Offset(i/4%2)))
	}
	for range 2 {
		f.append(1, record(0, "a"), record(1, "b"), record(2, "c"), record(3, "d"))
	}
	for _, w := range all {
		if err := f.outcome(w); err != nil {
			f.Fatal(err)
		}
	}
}

func waitOthers(f *fixture) {
	keys := f.open(1, 3)
	w := f.waiting(f.ctx, keys[0], 0)
	f.appendOne(keys[1], "x")
	f.propose(Command{Close: keys[1:2], Delete: keys[2:3]})
	f.pending(w)
	f.appendOne(keys[0], "x")
	if err := f.outcome(w); err != nil {
		f.Error(err)
	}
}
