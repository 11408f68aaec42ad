package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/leat-io/leat/storage"
)

// Linearizable lets several goroutines append, read, ask for bounds, propose
// and close at once, and fails unless the answers are those of some order of
// the calls in which none is moved out of its own duration: whoever was told
// something is never contradicted by a call that starts later.
//
// Shard logs are checked one by one, and so is the catalog, since the contract
// lets a reader see a batch in one shard log before it sees it in another.
func Linearizable(t *testing.T, e Engine) {
	seed := uint64(time.Now().UnixNano())
	for round := range uint64(10) {
		t.Run(fmt.Sprintf("seed %d", seed+round), func(t *testing.T) {
			linearRound(newFixture(t, e), seed+round)
		})
	}
}

// call is what one goroutine asked, and reply what it was told.
type (
	call struct {
		part  string // the shard log, or the catalog
		op    string // append, read, bounds, wait, close or swap
		value string // of append and swap
		from  storage.Offset
	}
	reply struct {
		offset   storage.Offset // of append, Next of read and bounds
		values   string         // of read, and the previous of swap
		closed   bool           // of bounds
		rejected bool           // append to a closed shard log
		over     bool           // wait did not end before its time
	}
)

func linearRound(f *fixture, seed uint64) {
	const clients, each, shards = 5, 40, 2
	keys := f.open(1, shards)
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		history []porcupine.Operation
		start   = time.Now()
		ready   = make(chan struct{}) // closed when all clients may begin
	)
	for c := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(c)))
			<-ready
			for i := range each {
				in := randomCall(random, fmt.Sprintf("%d.%d", c, i), keys)
				began := time.Since(start)
				out, err := f.do(in)
				ended := time.Since(start)
				if err != nil {
					f.Errorf("%+v: %v", in, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{
					ClientId: c, Input: in, Output: out, Call: int64(began), Return: int64(ended),
				})
				mu.Unlock()
			}
		})
	}
	close(ready)
	wg.Wait()
	if f.Failed() {
		return
	}
	switch porcupine.CheckOperationsTimeout(linearModel, history, patience) {
	case porcupine.Illegal:
		f.Errorf("no order of the calls explains the replies:\n%s", render(history))
	case porcupine.Unknown:
		f.Error("no verdict in time")
	}
}

// linearPadding makes records so large that an engine with little memory has
// to do with them what it does with many.
var linearPadding = bytes.Repeat([]byte(" padding"), 150)

// randomCall draws a call. Closing is rare, so that there is something to
// close.
func randomCall(random *rand.Rand, value string, keys []storage.ShardKey) call {
	part := keys[random.IntN(len(keys))].String()
	switch n := random.IntN(100); {
	case n < 40:
		return call{part: part, op: "append", value: value}
	case n < 65:
		return call{part: part, op: "read", from: storage.Offset(random.IntN(30))}
	case n < 75:
		return call{part: part, op: "bounds"}
	case n < 80:
		return call{part: part, op: "wait", from: storage.Offset(random.IntN(50))}
	case n < 82:
		return call{part: part, op: "close"}
	}
	return call{part: catalogName, op: "swap", value: value}
}

// do carries the call out on the log.
func (f *fixture) do(in call) (out reply, err error) {
	var key storage.ShardKey
	if in.part != catalogName {
		if _, err := fmt.Sscanf(in.part, "%d/%d", &key.Stream, &key.Shard); err != nil {
			return out, err
		}
	}
	switch in.op {
	case "append":
		data := append([]byte(in.value), linearPadding...)
		b := storage.Batch{Stream: key.Stream, Records: []storage.Record{{Shard: key.Shard, PartitionKey: []byte("k"), Data: data}}}
		err := f.log.Append(f.ctx, &b)
		if errors.Is(err, storage.ErrClosed) {
			return reply{rejected: true}, nil
		}
		return reply{offset: b.Records[0].Offset}, err
	case "read":
		var res storage.ReadResult
		err := f.log.Read(f.ctx, storage.ReadRequest{Key: key, From: in.from, MaxRecords: 1000, MaxBytes: 1 << 20}, &res)
		var values []string
		for _, r := range res.Records {
			value, _, _ := strings.Cut(string(r.Data), " ")
			values = append(values, value)
		}
		return reply{offset: res.Next, values: strings.Join(values, " ")}, err
	case "bounds":
		b, err := f.log.Bounds(key)
		return reply{offset: b.Next, closed: b.Closed}, err
	case "wait":
		ctx, cancel := context.WithTimeout(f.ctx, time.Millisecond)
		defer cancel()
		err := f.log.Wait(ctx, key, in.from)
		if errors.Is(err, context.DeadlineExceeded) {
			return reply{over: true}, nil
		}
		return out, err
	case "close":
		_, err := f.log.Propose(f.ctx, catalogName, Command{Close: []storage.ShardKey{key}}.Encode())
		return out, err
	}
	result, err := f.log.Propose(f.ctx, catalogName, Command{Value: in.value}.Encode())
	if err != nil {
		return out, err
	}
	return reply{values: result.(Result).Previous}, nil
}

// partState is the state of one shard log, or of the catalog.
type partState struct {
	values string // appended so far, separated by spaces; or the catalog's value
	count  uint64 // of those appended
	closed bool
}

// linearModel says what each call does to the part it is about, and whether a
// reply is the right one.
var linearModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		byPart := make(map[string][]porcupine.Operation)
		for _, o := range history {
			part := o.Input.(call).part
			byPart[part] = append(byPart[part], o)
		}
		for _, part := range byPart {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return partState{} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(partState), input.(call), output.(reply)
		switch in.op {
		case "append":
			if s.closed || out.rejected {
				return s.closed && out.rejected, s
			}
			ok := out.offset == storage.Offset(s.count)
			s.values = strings.TrimPrefix(s.values+" "+in.value, " ")
			s.count++
			return ok, s
		case "read":
			values := strings.Fields(s.values)
			from := min(in.from, storage.Offset(len(values)))
			want := values[from:]
			got := strings.Fields(out.values)
			// A read may stop early, though not before its first record.
			ok := len(got) <= len(want) && slices.Equal(got, want[:len(got)]) && (len(got) > 0) == (len(want) > 0)
			return ok && out.offset == in.from+storage.Offset(len(got)), s
		case "bounds":
			return out.offset == storage.Offset(s.count) && out.closed == s.closed, s
		case "wait":
			return out.over || s.closed || in.from < storage.Offset(s.count), s
		case "close":
			s.closed = true
			return true, s
		}
		return out.values == s.values, partState{values: in.value}
	},
}

// render lists the calls in the order of their start.
func render(history []porcupine.Operation) string {
	slices.SortFunc(history, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	var b strings.Builder
	for _, o := range history {
		fmt.Fprintf(&b, "%12v %12v client %d: %+v -> %+v\n", time.Duration(o.Call), time.Duration(o.Return), o.ClientId, o.Input, o.Output)
	}
	return b.String()
}
