package group

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/producer"
)

// The size of a history.
const (
	keysPerSource  = 40
	workers        = 3
	reshards       = 6
	defaultRecords = 12_000
	defaultKills   = 2
)

// TestKill kills workers and the server. Every line is processed at least once,
// each key's in order apart from replays, parents before children, and the lease
// table says so.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := setting(t, "LEAT_GROUP_KILLS", defaultKills)
	h := newHistory(t, kills, time.Second)
	h.play(t, h.killer)
	if h.killed < kills {
		t.Errorf("%d kills, want %d", h.killed, kills)
	}
}

// TestHandOff lets workers come and go in good order. Every line is processed
// exactly once, unless the machine is so slow that a lease is lost.
func TestHandOff(t *testing.T) {
	t.Parallel()
	h := newHistory(t, 0, time.Second)
	h.play(t, h.rotate)
	h.ledger.mu.Lock()
	defer h.ledger.mu.Unlock()
	handoffs, lost := h.ledger.movesLocked()
	t.Logf("%d hand-offs, %d leases lost", handoffs, lost)
}

// history is a server, the workers of one application, and what they report.
type history struct {
	seed     uint64
	server   *server
	client   *kinesis.Client
	ledger   *ledger
	reports  string // URL of the ledger
	fail     func(error)
	ctx      context.Context // ends when something fails
	records  int
	kills    int // of workers, and half as many of the server
	failover time.Duration
	// settled is closed when the stream may be resharded.
	settled chan struct{}

	// Of the goroutine that starts and ends workers.
	workers []*process
	started int
	killed  int
}

func newHistory(t *testing.T, kills int, failover time.Duration) *history {
	t.Helper()
	records := setting(t, "LEAT_GROUP_RECORDS", defaultRecords)
	seed := uint64(setting(t, "LEAT_GROUP_SEED", int(time.Now().UnixNano()&(1<<40-1))))
	t.Logf("to run this again: LEAT_GROUP_SEED=%d LEAT_GROUP_RECORDS=%d LEAT_GROUP_KILLS=%d go test -run %s ./test/group", seed, records, kills, t.Name())
	ctx, fail := context.WithCancelCause(t.Context())
	t.Cleanup(func() { fail(nil) })
	h := &history{
		seed: seed, ledger: newLedger(fail), fail: fail, ctx: ctx, records: records, kills: kills, failover: failover,
		settled: make(chan struct{}),
		server:  &server{binary: build(t), dir: t.TempDir(), fail: fail, gate: newGate(t)},
	}
	t.Cleanup(func() { h.ledger.stall.Stop() })
	reports := httptest.NewServer(h.ledger)
	t.Cleanup(reports.Close)
	h.reports, h.client = reports.URL, newKinesis(h.server.gate.url())
	if err := h.server.start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.server.process.kill() })
	t.Cleanup(func() {
		for _, w := range h.workers {
			w.kill()
		}
	})
	return h
}

// play lets everybody act until all lines are processed, and verifies. cast is
// who starts and ends workers.
func (h *history) play(t *testing.T, cast func(context.Context) error) {
	t.Helper()
	if _, err := h.client.CreateStream(h.ctx, &kinesis.CreateStreamInput{StreamName: aws.String(streamName), ShardCount: aws.Int32(firstShards)}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	r := &resharder{client: h.client, random: h.random(1), ledger: h.ledger}
	err := h.run(cast, r)
	if err == nil {
		err = h.verify(h.ctx)
	}
	if err != nil {
		t.Fatalf("%v\nthe last reports:\n%s\n%s", err, h.ledger.lastWords(), h.lastWords())
	}
	if r.done == 0 {
		t.Error("the stream was never resharded")
	}
	h.ledger.mu.Lock()
	defer h.ledger.mu.Unlock()
	t.Logf("%d lines in %v, %d again; %d workers, %d kills, %d reshards, %d shards",
		h.ledger.mu.first, time.Since(begin).Round(time.Millisecond), h.ledger.mu.replays, h.started, h.killed, r.done, len(h.ledger.mu.shards))
}

// run returns when every line has been processed, every ended shard too, and
// every worker has stopped.
func (h *history) run(cast func(context.Context) error, r *resharder) error {
	actors, ctx := errgroup.WithContext(h.ctx)
	for _, s := range h.sources() {
		actors.Go(func() error { return s.run(ctx, h.ledger) })
	}
	random := h.random(2)
	actors.Go(func() error {
		select {
		case <-h.settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return r.run(ctx, moments(random, reshards+h.kills, h.total()))
	})
	actors.Go(func() error { return cast(ctx) })
	actors.Go(func() error { return h.ledger.lines(ctx, h.total()) })
	err := actors.Wait()
	if err == nil {
		err = h.settle()
	}
	if failed := context.Cause(h.ctx); failed != nil {
		return failed // and everything else is a consequence
	}
	return err
}

// settle waits until every closed shard has been reported to have ended, and
// stops the workers.
func (h *history) settle() error {
	shards, err := listShards(h.ctx, h.client)
	if err != nil {
		return err
	}
	for _, s := range shards {
		if !closed(s) {
			continue
		}
		err := h.ledger.until(h.ctx, func() bool {
			story := h.ledger.mu.shards[*s.ShardId]
			return story != nil && story.firstEnded > 0
		})
		if err != nil {
			return err
		}
	}
	for len(h.workers) > 0 {
		if err := h.stopWorker(h.ctx, 0); err != nil {
			return err
		}
	}
	return nil
}

// kinds are the producers of a history.
var kinds = []struct {
	name    string
	alone   bool
	options []producer.Option
}{
	{"aggregated", false, []producer.Option{producer.InOrder()}},
	{"plain", false, []producer.Option{producer.InOrder(), producer.AggregationEnabled(false)}},
	{"alone", true, nil},
}

// linesPerKey returns how many lines each key has.
func (h *history) linesPerKey() int { return h.records / len(kinds) / keysPerSource }

// total returns how many lines all keys have.
func (h *history) total() int { return h.linesPerKey() * len(kinds) * keysPerSource }

// sources returns the producers.
func (h *history) sources() (sources []*source) {
	for _, k := range kinds {
		p, err := producer.New(newKinesis(h.server.gate.url()), streamName, append(k.options,
			producer.RecordMaxBufferedTime(20*time.Millisecond),
			producer.RecordTTL(time.Hour), // a record must not fail because the machine is slow
			producer.RequestTimeout(time.Minute))...)
		if err != nil {
			panic(err) // of a wrong option
		}
		s := &source{producer: p, alone: k.alone, lines: h.linesPerKey()}
		s.ahead = 4 + s.lines/100
		for i := range keysPerSource {
			s.keys = append(s.keys, fmt.Sprintf("%s-%03d", k.name, i))
		}
		sources = append(sources, s)
	}
	return sources
}

// lastWords returns the last words of every process that is running.
func (h *history) lastWords() string {
	text := ""
	for _, p := range append([]*process{h.server.process}, h.workers...) {
		text += p.name + ":\n" + p.lastWords() + "\n"
	}
	return text
}

// random returns a source of random numbers for one of those who act.
func (h *history) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(h.seed, who)) }

// moments draws n moments in a history of so many lines, in order.
func moments(random *rand.Rand, n, lines int) []int {
	at := make([]int, n)
	for i := range at {
		at[i] = random.IntN(lines)
	}
	slices.Sort(at)
	return at
}

// setting returns the number in the environment, or the default.
func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%s is not a count", name, text)
	}
	return n
}
