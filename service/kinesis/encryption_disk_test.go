package kinesis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// encryptedServer opens a data folder with a key ring, with so little memory
// that records go to extents soon.
func encryptedServer(t *testing.T, files vfs.FS, dir string, k keys.Keeper) (*rig, *seenLog) {
	t.Helper()
	c, clock := catalog.New(), &frozenClock{now: time.UnixMilli(1700000000500)}
	log, err := disklog.Open(dir, map[string]storage.Machine{catalog.MachineName: c}, disklog.Options{
		FS: files, Clock: clock, SegmentBytes: 256 << 10, MemoryBytes: 256 << 10, SnapshotBytes: 64 << 10, MinFreeBytes: -1,
	})
	ok(t, err)
	seen := &seenLog{Log: log}
	return &rig{
		Service: New(Options{Log: seen, Catalog: c, Clock: clock, Keys: k}),
		t:       t, clock: clock, log: log,
		ctx: api.WithCaller(context.Background(), api.Caller{Account: testRef.Account, Region: testRef.Region}),
	}, seen
}

const (
	markedKey  = "MARKED-PARTITION-KEY"
	markedData = "marked data of a record that nobody is to see"
)

// putMarked puts a batch of records with the marks in them.
func (r *rig) putMarked() {
	r.t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
	for i := range 50 {
		e := types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(markedKey, i)), Data: bytes.Repeat([]byte(markedData), 10)}
		if i%2 == 0 {
			e.ExplicitHashKey = aws.String("1311768467463790320") // 123456789abcdef0
		}
		in.Records = append(in.Records, e)
	}
	out, err := r.PutRecords(r.ctx, in)
	ok(r.t, err)
	if *out.FailedRecordCount != 0 {
		r.t.Fatalf("%d records failed", *out.FailedRecordCount)
	}
}

// countMarked reads the first shard to its tip and returns how many records
// with the marks there are.
func (r *rig) countMarked() (n int) {
	r.t.Helper()
	for it := r.iterator(firstShard, types.ShardIteratorTypeTrimHorizon); ; {
		page := r.get(it)
		if len(page.Records) == 0 {
			return n
		}
		for _, rec := range page.Records {
			if !strings.HasPrefix(*rec.PartitionKey, markedKey) || !bytes.HasPrefix(rec.Data, []byte(markedData)) || rec.EncryptionType != types.EncryptionTypeKms {
				r.t.Fatalf("record %s is %s", *rec.SequenceNumber, rec.EncryptionType)
			}
			n++
		}
		it = *page.NextShardIterator
	}
}

// marks returns which files under the folder hold a mark, and which kinds of
// files there are at all. A file that a running log takes away meanwhile is
// passed over.
func marks(t *testing.T, dir string) (marked []string, kinds map[string]bool) {
	t.Helper()
	kinds = make(map[string]bool)
	ok(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, mark := range []string{markedKey, markedData[:12], "\x12\x34\x56\x78\x9a\xbc\xde\xf0", "\xf0\xde\xbc\x9a\x78\x56\x34\x12"} {
			if bytes.Contains(text, []byte(mark)) {
				marked = append(marked, path)
			}
		}
		kinds[filepath.Ext(path)] = true
		return err
	}))
	return marked, kinds
}

// No byte of a record is in any file of the data folder: journal, extents,
// snapshots. With another key ring the records are not read, and nothing of
// them is lost.
func TestNothingPlainOnDisk(t *testing.T) {
	dir, ring := t.TempDir(), keys.NewRing()
	r, _ := encryptedServer(t, nil, dir, ring)
	r.create(testRef.Name, 1)
	r.encrypt(keys.ManagedAlias)
	for i := range 40 { // about 1 MB
		if i == 20 {
			r.encrypt(keys.ManagedAlias)
		}
		r.putMarked()
	}
	if marked, kinds := marks(t, dir); len(marked) > 0 || len(kinds) < 3 {
		t.Errorf("plain bytes in %v, of files %v", marked, kinds)
	}
	r.stop()
	if marked, kinds := marks(t, dir); len(marked) > 0 || len(kinds) < 3 {
		t.Errorf("after the end: plain bytes in %v, of files %v", marked, kinds)
	}

	r, _ = encryptedServer(t, nil, dir, keys.NewRing())
	var words bytes.Buffer
	r.logger = slog.New(slog.NewTextHandler(&words, nil))
	r.checkKeys()
	const missing = "KMSNotFoundException: Key 'arn:aws:kms:us-east-1:000000000000:key/"
	_, err := r.tryGet()
	var refused *api.Error
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.Error(), missing) {
		t.Errorf("read with another ring: %v", err)
	}
	_, err = r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"), Data: []byte("d")})
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.Error(), missing) {
		t.Errorf("put with another ring: %v", err)
	}
	r.stop()
	if text := words.String(); !strings.Contains(text, "cannot be read without their key") || !strings.Contains(text, testARN) {
		t.Errorf("the operator is told %q", text)
	}

	r, _ = encryptedServer(t, nil, dir, ring)
	if n := r.countMarked(); n != 2000 {
		t.Errorf("%d of 2000 records are there", n)
	}
	r.decrypt()
	r.putMarked()
	r.stop()
	if marked, _ := marks(t, dir); len(marked) == 0 {
		t.Error("no mark is found where records are plain: the test sees nothing")
	}
}

// No nonce is used twice with a key: not by concurrent puts, not after a
// restart, and not after a crash of the process or the machine, whatever the
// crash left of the last commands (invariant I4 of spec storage §7.1).
func TestNoncesAreUnique(t *testing.T) {
	ring := keys.NewRing()
	used := make(map[string]int) // by key version and nonce, or lot alone, the life
	disk := vfs.NewCrash()
	const lives = 12
	for life := range lives {
		r, seen := encryptedServer(t, disk, "data", ring)
		if life == 0 {
			r.create(testRef.Name, 1)
			r.encrypt(keys.ManagedAlias)
		}
		if life == lives/2 {
			r.encrypt(keys.ManagedAlias)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 3 {
					r.putMarked()
				}
			})
		}
		wg.Wait()
		// A put under way when the machine stops: its nonces count, too.
		wg.Go(func() {
			for {
				if _, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"), Data: []byte("d")}); err != nil {
					return
				}
			}
		})
		old := disk
		switch life % 3 {
		case 0:
			disk = old.Kill()
		case 1:
			disk = old.PowerLoss(uint64(life))
		default:
			r.log.Close() // as wanted
		}
		wg.Wait()
		r.Close()
		r.log.Close()
		if disk == old {
			disk = old.Kill()
		}
		for i := range seen.records {
			rec := &seen.records[i]
			if rec.KeyVersion == 0 {
				t.Fatal("a plain record")
			}
			name := fmt.Sprintf("%d %x", rec.KeyVersion, rec.Data[:nonceBytes])
			if before, twice := used[name]; twice {
				t.Fatalf("nonce %s of life %d is used again in life %d", name, before, life)
			}
			used[name] = life
			lot := name[:len(name)-2*8]
			if before, claimed := used[lot]; claimed && before != life {
				t.Fatalf("lot %s of life %d is used again in life %d", lot, before, life)
			}
			used[lot] = life
		}
	}
	if len(used) < lives*4*3*50 {
		t.Errorf("only %d nonces were seen", len(used))
	}
	r, _ := encryptedServer(t, disk, "data", ring)
	defer r.stop()
	if x := r.orders(); x.KeyVersion() != 2 || x.Keys[0].Lots == 0 || x.Keys[1].Lots == 0 {
		t.Errorf("keys %+v", x.Keys)
	}
}
