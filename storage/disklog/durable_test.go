package disklog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestNothingBeforeDurable holds a sync of the journal: until it returns, the
// record is not readable, the command not applied, and nobody is answered.
func TestNothingBeforeDurable(t *testing.T) {
	syncing, goOn := make(chan struct{}), make(chan struct{})
	fs := errfs.Wrap(vfs.NewCrash())
	o := tiny()
	o.FS = fs
	catalog := &storagetest.Catalog{}
	log, err := Open("data", map[string]storage.Machine{"catalog": catalog}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	openShards(t, log, 1)
	fs.Inject(func(c errfs.Call) error {
		if c.Op == errfs.OpSync && strings.HasSuffix(c.Name, ".j") {
			syncing <- struct{}{}
			<-goOn
		}
		return nil
	})
	key := storage.ShardKey{Stream: 1}
	answered := make(chan error, 2)

	go func() { answered <- appendOne(log, 0, 100) }()
	<-syncing
	if b, err := log.Bounds(key); err != nil || b.Next != 0 {
		t.Errorf("bounds before the sync are %+v, %v", b, err)
	}
	if n := count(t, log, 0); n != 0 {
		t.Errorf("%d records can be read before the sync", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	if err := log.Wait(ctx, key, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait before the sync says %v", err)
	}
	cancel()
	if len(answered) > 0 {
		t.Error("the append is answered before the sync")
	}
	goOn <- struct{}{}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if n := count(t, log, 0); n != 1 {
		t.Errorf("%d records can be read after the sync", n)
	}

	go func() {
		_, err := log.Propose(context.Background(), "catalog", storagetest.Command{Value: "new"}.Encode())
		answered <- err
	}()
	<-syncing
	if v := catalog.Value(); v != "" || len(answered) > 0 {
		t.Errorf("before the sync the machine has %q, answers %d", v, len(answered))
	}
	goOn <- struct{}{}
	if err := <-answered; err != nil || catalog.Value() != "new" {
		t.Errorf("after the sync the machine has %q, error %v", catalog.Value(), err)
	}
	fs.Inject()
}

// TestTrimBeforeDurable holds the sync of a trim: until it returns, what it
// gives up is still there (spec storage §7.1, I6).
func TestTrimBeforeDurable(t *testing.T) {
	syncing, goOn := make(chan struct{}), make(chan struct{})
	fs := errfs.Wrap(vfs.NewCrash())
	clock := storagetest.NewClock()
	o := tiny()
	o.FS, o.Clock = fs, clock
	log := openTest(t, "", o)
	openShards(t, log, 1)
	mustAppend(t, log, 0, 20_000)
	mustAppend(t, log, 0, 20_000)
	log.settle()
	mustAppend(t, log, 0, 100)
	log.settle()
	clock.Step(time.Second)
	fs.Inject(func(c errfs.Call) error {
		if c.Op == errfs.OpSync && strings.HasSuffix(c.Name, ".j") {
			syncing <- struct{}{}
			<-goOn
		}
		if c.Op == errfs.OpPunch || c.Op == errfs.OpRemove {
			select {
			case <-goOn: // closed
			default:
				t.Errorf("%v before the trim is durable", c)
			}
		}
		return nil
	})
	trimmed := make(chan error, 1)
	go func() { trimmed <- log.Trim(context.Background(), 1, clock.Millis()) }()
	<-syncing
	if b, err := log.Bounds(storage.ShardKey{Stream: 1}); err != nil || b.First != 0 {
		t.Errorf("bounds before the sync are %+v, %v", b, err)
	}
	go func() {
		for range syncing { // those after the trim
		}
	}()
	close(goOn)
	if err := <-trimmed; err != nil {
		t.Fatal(err)
	}
	if b, err := log.Bounds(storage.ShardKey{Stream: 1}); err != nil || b.First != 3 {
		t.Errorf("bounds after the sync are %+v, %v", b, err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	close(syncing)
}
