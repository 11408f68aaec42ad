package crash

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/stream"
)

// The size of a history.
const (
	writers        = 8
	hostsPerWriter = 64
	firstShards    = 8
	defaultRecords = 20_000
	defaultKills   = 3
)

// TestKill is the whole story. What it checks: every acknowledged line is in
// the shard and at the sequence number that were acknowledged, once; lines that
// nobody got an acknowledgement for are there no more often than they were
// sent; each host's lines are in order along the lineage of the shards; and
// what a reader saw meanwhile did not change.
func TestKill(t *testing.T) {
	records, kills := setting(t, "LEAT_CRASH_RECORDS", defaultRecords), setting(t, "LEAT_CRASH_KILLS", defaultKills)
	seed := uint64(setting(t, "LEAT_CRASH_SEED", int(time.Now().UnixNano()&(1<<40-1))))
	t.Logf("to run this again: LEAT_CRASH_SEED=%d LEAT_CRASH_RECORDS=%d LEAT_CRASH_KILLS=%d go test -run TestKill ./test/crash", seed, records, kills)

	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	flags := serveFlags(rand.New(rand.NewPCG(seed, writers+2)))
	t.Logf("leat serve %s", strings.Join(flags, " "))
	s := newServer(build(t), t.TempDir(), flags, fail)
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { s.process.kill() }()
	c := newClient(s)
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String(streamName), ShardCount: aws.Int32(firstShards)}); err != nil {
		t.Fatal(err)
	}

	h := &history{seed: seed, server: s, records: records, kills: kills, seen: make(map[stream.ShardID]*followed)}
	began := time.Now()
	if err := h.run(ctx); err != nil {
		t.Fatalf("%v\nthe server's last words:\n%s", err, s.process.lastWords())
	}
	if seen := h.seenRecords(); h.killed < kills || h.resharded == 0 || seen == 0 {
		t.Errorf("%d kills, %d reshards and %d records seen meanwhile make no test", h.killed, h.resharded, seen)
	}
	t.Logf("%d lines in %v, %d kills, %d stops, %d reshards", records, time.Since(began).Round(time.Millisecond), h.killed, h.stopped, h.resharded)
	s.kill()
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	v := newVerifier(c, seed, h.hosts, h.seen)
	began = time.Now()
	if err := v.run(ctx); err != nil {
		t.Fatalf("after the last restart: %v", err)
	}
	t.Logf("%d records in %d shards read in %v, %d of them from attempts without an answer; the longest start took %v",
		v.records, len(v.shards), time.Since(began).Round(time.Millisecond), v.extra, s.longestStart.Round(time.Millisecond))
}

// serveFlags draws what the server is started with. A process that is killed
// loses nothing that it has written, whatever its durability; with little memory
// it flushes all the time and reads what was flushed.
func serveFlags(random *rand.Rand) []string {
	memory, durability := []string{"1MiB", "8MiB", "256MiB"}, []string{"always", "interval=5"}
	return []string{"--memory", memory[random.IntN(len(memory))], "--durability", durability[random.IntN(len(durability))]}
}

// history is what happens between the first start and the last.
type history struct {
	seed           uint64
	server         *server
	records, kills int
	progress       progress

	// Set by run, and to be read after it.
	hosts     []*host
	seen      map[stream.ShardID]*followed
	killed    int
	stopped   int
	resharded int
}

// random returns a source of random numbers for one of those who act.
func (h *history) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(h.seed, who)) }

// run lets everybody act at once until all lines are acknowledged. The context
// ends when the server fails.
func (h *history) run(server context.Context) error {
	actors, ctx := errgroup.WithContext(server)
	written, ctxWriters := errgroup.WithContext(ctx)
	for w := range writers {
		wr := &writer{client: newClient(h.server), seed: h.seed, random: h.random(uint64(w)), progress: &h.progress}
		for i := range hostsPerWriter {
			wr.hosts = append(wr.hosts, &host{name: hostName(w*hostsPerWriter + i)})
		}
		h.hosts = append(h.hosts, wr.hosts...)
		n := h.records / writers
		if w < h.records%writers {
			n++
		}
		written.Go(func() error { return wr.run(ctxWriters, n) })
	}
	stop := make(chan struct{})
	actors.Go(func() error {
		defer close(stop)
		return written.Wait()
	})
	actors.Go(func() error { return h.killer(ctx) })
	actors.Go(func() error {
		random := h.random(writers)
		r := &resharder{client: newClient(h.server), random: random, progress: &h.progress}
		err := r.run(ctx, moments(random, 12+2*h.kills, h.records))
		h.resharded = r.done
		return err
	})
	actors.Go(func() error {
		f := &follower{client: newClient(h.server), shards: h.seen}
		return f.run(ctx, stop)
	})
	err := actors.Wait()
	if ended := context.Cause(server); ended != nil {
		return ended // and everything else is a consequence
	}
	return err
}

// seenRecords returns how much the follower saw.
func (h *history) seenRecords() (n int) {
	for _, p := range h.seen {
		n += p.records
	}
	return n
}

// killer kills the server at random moments and starts it again, now and then
// after killing it while it starts, or after stopping it in good order.
func (h *history) killer(ctx context.Context) error {
	random := h.random(writers + 1)
	for _, at := range moments(random, h.kills, h.records) {
		if err := h.progress.wait(ctx, at); err != nil {
			return err
		}
		h.server.kill()
		h.killed++
		for random.IntN(3) == 0 {
			if err := h.server.startAndKill(time.Duration(random.IntN(30)) * time.Millisecond); err != nil {
				return err
			}
			h.killed++
		}
		if err := h.server.start(ctx); err != nil {
			return err
		}
		if random.IntN(3) == 0 {
			if err := h.server.stop(ctx); err != nil {
				return err
			}
			h.stopped++
			if err := h.server.start(ctx); err != nil {
				return err
			}
		}
	}
	return nil
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
