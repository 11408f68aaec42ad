package kinesis

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// TestAutoSpreads puts records of one key, and of none, and has them evenly in
// all open shards, also after a split.
func TestAutoSpreads(t *testing.T) {
	r := newLoadRig(t, rigOptions{})
	r.change(&catalog.SetDistribution{Ref: testRef, Auto: true})
	spreadOf := func(records int, key *string) map[string]int {
		t.Helper()
		in := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
		for range records {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte("x"), PartitionKey: key})
		}
		out, err := r.PutRecords(r.ctx, in)
		ok(t, err)
		shards := make(map[string]int)
		for _, result := range out.Records {
			shards[*result.ShardId]++
		}
		return shards
	}
	wantEven := func(shards map[string]int, n, each int) {
		t.Helper()
		for shard, got := range shards {
			if got != each {
				t.Errorf("%d records in %s, want %d", got, shard, each)
			}
		}
		if len(shards) != n {
			t.Errorf("records in %d shards, want %d", len(shards), n)
		}
	}
	wantEven(spreadOf(100, aws.String("k")), 4, 25)
	wantEven(spreadOf(100, nil), 4, 25)
	all := make(map[string]int)
	for range 8 {
		for shard := range spreadOf(1, nil) {
			all[shard]++
		}
	}
	wantEven(all, 4, 2) // puts go on where the one before ended

	r.count(1, 501, 1)
	r.lookAfter(loadInterval)
	wantEven(spreadOf(100, nil), 5, 20)
}

// TestKeylessOnDisk stores records with a key and without, and gets the key of
// the former alone.
func TestKeylessOnDisk(t *testing.T) {
	dir := t.TempDir()
	r := newLoadRig(t, rigOptions{open: func(m testMachines, c clock.Clock) storage.Log {
		log, err := disklog.Open(dir, m, disklog.Options{Clock: c})
		ok(t, err)
		return log
	}})
	r.change(&catalog.SetDistribution{Ref: testRef, Auto: true})
	for range 4 {
		for _, key := range []*string{nil, aws.String("k")} {
			_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, Data: []byte("x"), PartitionKey: key})
			ok(t, err)
		}
	}
	keyless, keyed := 0, 0
	for _, shard := range []string{"0", "1", "2", "3"} {
		for _, record := range r.get(r.iterator(shard, types.ShardIteratorTypeTrimHorizon)).Records {
			switch {
			case record.PartitionKey == nil:
				keyless++
			case *record.PartitionKey == "k":
				keyed++
			default:
				t.Errorf("key %q", *record.PartitionKey)
			}
		}
	}
	if keyless != 4 || keyed != 4 {
		t.Errorf("%d without and %d with a key", keyless, keyed)
	}
}
