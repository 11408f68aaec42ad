package kinesis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
)

const firstShard = "shardId-000000000000"

func (r *rig) encrypt(keyID string) {
	r.t.Helper()
	_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{
		StreamName: &testRef.Name, EncryptionType: types.EncryptionTypeKms, KeyId: &keyID})
	ok(r.t, err)
}

func (r *rig) decrypt() {
	r.t.Helper()
	_, err := r.StopStreamEncryption(r.ctx, &kinesis.StopStreamEncryptionInput{
		StreamName: &testRef.Name, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("any")})
	ok(r.t, err)
}

// tryGet reads the first shard from its start.
func (r *rig) tryGet() (*kinesis.GetRecordsOutput, error) {
	r.t.Helper()
	return r.GetRecords(r.ctx, &kinesis.GetRecordsInput{
		ShardIterator: aws.String(r.iterator(firstShard, types.ShardIteratorTypeTrimHorizon))})
}

// wantRecords compares what the first shard has with data and the
// EncryptionType of each record.
func (r *rig) wantRecords(want string) {
	r.t.Helper()
	out, err := r.tryGet()
	ok(r.t, err)
	var got strings.Builder
	for _, rec := range out.Records {
		fmt.Fprintf(&got, "%s %s %s, ", *rec.PartitionKey, rec.Data, rec.EncryptionType)
	}
	if got.String() != want {
		r.t.Errorf("records: %s\nwant     %s", got.String(), want)
	}
}

// seenLog keeps what the service hands to the log.
type seenLog struct {
	storage.Log
	mu      sync.Mutex
	records []storage.Record
	alter   func(r *storage.Record) // of what is read
}

func (l *seenLog) Append(ctx context.Context, b *storage.Batch) error {
	l.mu.Lock()
	for _, r := range b.Records {
		r.PartitionKey, r.Data = append([]byte(nil), r.PartitionKey...), append([]byte(nil), r.Data...)
		l.records = append(l.records, r)
	}
	l.mu.Unlock()
	return l.Log.Append(ctx, b)
}

func (l *seenLog) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	err := l.Log.Read(ctx, req, res)
	for i := range res.Records {
		if l.alter != nil {
			l.alter(&res.Records[i])
		}
	}
	return err
}

func newSeenRig(t testing.TB, o rigOptions) (*rig, *seenLog) {
	seen := &seenLog{}
	o.wrap = func(l storage.Log) storage.Log { seen.Log = l; return seen }
	return newRig(t, 1, o), seen
}

// Each record keeps the state in which it was put.
func TestStreamEncryption(t *testing.T) {
	r, seen := newSeenRig(t, rigOptions{})
	if out := r.put("0", "one"); out.EncryptionType != "" {
		t.Errorf("a put answers %s", out.EncryptionType)
	}
	r.encrypt(keys.ManagedAlias)
	if d := r.describe(); d.EncryptionType != types.EncryptionTypeKms || *d.KeyId != keys.ManagedAlias {
		t.Errorf("described as %s with %v", d.EncryptionType, d.KeyId)
	}
	if out := r.put("0", "two"); out.EncryptionType != types.EncryptionTypeKms {
		t.Errorf("a put answers %q", out.EncryptionType)
	}
	r.encrypt(r.orders().Keys[0].MasterARN)
	batch, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("l"), Data: []byte("three")}, {PartitionKey: aws.String("m"), Data: []byte{}},
	}})
	ok(t, err)
	if batch.EncryptionType != types.EncryptionTypeKms {
		t.Errorf("a batch answers %q", batch.EncryptionType)
	}
	r.decrypt()
	r.decrypt()
	if out := r.put("0", "five"); out.EncryptionType != "" {
		t.Errorf("a put answers %s", out.EncryptionType)
	}
	summary, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &testRef.Name})
	ok(t, err)
	if s := summary.StreamDescriptionSummary; s.EncryptionType != types.EncryptionTypeNone || s.KeyId != nil {
		t.Errorf("described as %s with %v", s.EncryptionType, s.KeyId)
	}
	r.wantRecords("k one , k two KMS, l three KMS, m  KMS, k five , ")
	for i, want := range []uint32{0, 1, 2, 2, 0} {
		stored := &seen.records[i]
		sealed := want != 0
		if stored.KeyVersion != want || sealed && (len(stored.PartitionKey) > 0 || stored.HasExplicitHashKey) {
			t.Errorf("record %d was stored as %+v", i, stored)
		}
	}
}

func TestSubscriptionToSealedRecords(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	r.encrypt(keys.ManagedAlias)
	r.put("0", "sealed")
	r.decrypt()
	r.put("0", "plain")
	u, err := r.trySubscribe(firstShard, types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon})
	ok(t, err)
	var p kinesisapi.Page
	ok(t, u.Next(r.ctx, maxEventBytes, &p))
	if len(p.Records) != 2 || string(p.Records[0].Data) != "sealed" || !p.Records[0].Encrypted ||
		string(p.Records[1].Data) != "plain" || p.Records[1].Encrypted {
		t.Errorf("got %+v", p.Records)
	}
}

func TestStartStreamEncryptionRefuses(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	start := func(keyID string, kind types.EncryptionType, want string) {
		t.Helper()
		_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: &testRef.Name, EncryptionType: kind, KeyId: &keyID})
		wantError(t, err, want)
	}
	start(keys.ManagedAlias, types.EncryptionTypeNone, "InvalidArgumentException: Invalid EncryptionType NONE. Valid value: KMS.")
	start("alias/other", types.EncryptionTypeKms, "KMSNotFoundException: Alias alias/other is not found.")
	if r.orders().Encrypted() {
		t.Error("encrypted all the same")
	}
	none := newRig(t, 1, rigOptions{keys: keys.None{}})
	_, err := none.StartStreamEncryption(none.ctx, &kinesis.StartStreamEncryptionInput{
		StreamName: &testRef.Name, EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("a")})
	wantError(t, err, "KMSNotFoundException: Key 'a' does not exist: this server has no keys, give it some with --key-ring FILE or --kms-endpoint URL.")
}

// brittleKeeper is a ring that can be taken away.
type brittleKeeper struct {
	*keys.Ring
	mu     sync.Mutex
	err    error
	opened int
}

func (k *brittleKeeper) Open(ctx context.Context, masterARN, streamARN string, wrapped []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.opened++
	if k.err != nil {
		return nil, k.err
	}
	return k.Ring.Open(ctx, masterARN, streamARN, wrapped)
}

// A master key that is taken away is missed after five minutes, by puts and
// gets, and what is stored is there when it comes back.
func TestMasterKeyTakenAway(t *testing.T) {
	k := &brittleKeeper{Ring: keys.NewRing()}
	r := newRig(t, 1, rigOptions{keys: k})
	r.encrypt(keys.ManagedAlias)
	r.put("0", "kept")
	k.err = api.Errorf(kinesisapi.KMSDisabled, "gone")
	r.clock.Advance(dataKeyLife - time.Millisecond)
	r.wantRecords("k kept KMS, ")
	if k.opened != 1 {
		t.Errorf("opened %d times", k.opened)
	}
	r.clock.Advance(time.Millisecond)
	disabled := func(err error) {
		t.Helper()
		var refused *api.Error
		if !errors.As(err, &refused) || refused.Code != kinesisapi.KMSDisabled {
			t.Errorf("got %v", err)
		}
	}
	_, err := r.tryGet()
	disabled(err)
	in := kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"), Data: []byte("lost")}
	_, err = r.PutRecord(r.ctx, &in)
	disabled(err)
	in.DryRun = aws.Bool(true)
	_, err = r.PutRecord(r.ctx, &in)
	disabled(err)
	if k.opened != 2 {
		t.Errorf("opened %d times, and each call is another wait", k.opened)
	}
	k.err = nil
	r.clock.Advance(keyFailureLife)
	_, err = r.PutRecord(r.ctx, &in)
	wantError(t, err, errDryRun.Error())
	r.wantRecords("k kept KMS, ")
	r.put("0", "and more")
	r.wantRecords("k kept KMS, k and more KMS, ")
}

// A subscriber is told of a key that is missing as a reader is.
func TestSubscriptionWithoutKey(t *testing.T) {
	k := &brittleKeeper{Ring: keys.NewRing()}
	r := newRig(t, 1, rigOptions{keys: k})
	r.register("c")
	r.encrypt(keys.ManagedAlias)
	r.put("0", "sealed")
	k.err = api.Errorf(kinesisapi.KMSDisabled, "gone")
	r.clock.Advance(dataKeyLife)
	u, err := r.trySubscribe(firstShard, types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon})
	ok(t, err)
	var p kinesisapi.Page
	var told *api.Error
	if err := u.Next(r.ctx, maxEventBytes, &p); !errors.As(err, &told) || told.Code != kinesisapi.KMSDisabled {
		t.Errorf("got %v", err)
	}
}

// splittingLog splits the first shard of testRef before the first append.
type splittingLog struct {
	*seenLog
	split func()
	once  sync.Once
}

func (l *splittingLog) Append(ctx context.Context, b *storage.Batch) error {
	l.once.Do(l.split)
	return l.seenLog.Append(ctx, b)
}

// A batch that is routed anew is sealed anew, for the shard that it then goes to
// and with another nonce.
func TestSealedBatchIsRoutedAnew(t *testing.T) {
	log := &splittingLog{seenLog: &seenLog{}}
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
	log.split = func() { r.split(0, "1000") }
	r.encrypt(keys.ManagedAlias)
	if out := r.put("0", "data"); *out.ShardId != "shardId-000000000001" {
		t.Errorf("put to %s", *out.ShardId)
	}
	page := r.get(r.iterator("shardId-000000000001", types.ShardIteratorTypeTrimHorizon))
	if len(page.Records) != 1 || string(page.Records[0].Data) != "data" || *page.Records[0].PartitionKey != "k" {
		t.Errorf("got %+v", page.Records)
	}
	if n := len(log.records); n != 2 || string(log.records[0].Data[:nonceBytes]) == string(log.records[1].Data[:nonceBytes]) {
		t.Errorf("%d appends, or one nonce for both", n)
	}
}

// A record that is not what was sealed fails the read and is not shown.
func TestTamperedRecord(t *testing.T) {
	r, seen := newSeenRig(t, rigOptions{})
	r.encrypt(keys.ManagedAlias)
	r.put("0", "one")
	r.put("0", "two")
	for what, alter := range map[string]func(*storage.Record){
		"a bit":         func(rec *storage.Record) { rec.Data = append([]byte{rec.Data[0] ^ 1}, rec.Data[1:]...) },
		"the version":   func(rec *storage.Record) { rec.KeyVersion = 7 },
		"another shard": func(rec *storage.Record) { rec.Shard = 1 },
	} {
		seen.alter = func(rec *storage.Record) {
			if rec.Offset == 1 {
				alter(rec)
			}
		}
		out, err := r.tryGet()
		var told *api.Error
		if out != nil || !errors.Is(err, errTampered) || errors.As(err, &told) {
			t.Errorf("%s: got %v, %v", what, out, err)
		}
	}
	seen.alter = nil
	r.wantRecords("k one KMS, k two KMS, ")
}

// A data key that is used up is replaced, and what it sealed is read.
func TestDataKeyUsedUp(t *testing.T) {
	r, seen := newSeenRig(t, rigOptions{})
	r.encrypt(keys.ManagedAlias)
	x := r.orders()
	for range catalog.LotsOfAKey - 2 {
		r.change(&catalog.ClaimLot{Stream: x.ID, Version: 1})
	}
	r.put("0", "one")
	for i := range 3 { // the lot's end, the key's end, the next key
		k := r.dataKey(r.orders(), r.orders().KeyVersion())
		k.lot.Load().used.Store(catalog.LotRecords - 1)
		r.put("0", fmt.Sprint(i))
		r.put("0", fmt.Sprint(i))
	}
	if got := r.orders(); got.KeyVersion() != 2 || got.KeyID != keys.ManagedAlias {
		t.Errorf("has %d data keys", got.KeyVersion())
	}
	r.wantRecords("k one KMS, k 0 KMS, k 0 KMS, k 1 KMS, k 1 KMS, k 2 KMS, k 2 KMS, ")
	var versions, lots string
	for i := range seen.records {
		rec := &seen.records[i]
		versions += fmt.Sprint(rec.KeyVersion)
		lots += fmt.Sprintf("%x ", rec.Data[2:4])
	}
	if versions != "1111222" || lots != "03fe 03fe 03ff 03ff 0000 0000 0001 " {
		t.Errorf("sealed by keys %s in lots %s", versions, lots)
	}
}

// The keys of streams that are gone are forgotten.
func TestDataKeysAreBounded(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	x := *r.orders()
	for i := range 3 * dataKeysBeforeSweep {
		gone := catalog.Stream{ID: storage.StreamID(1000 + i)}
		r.dataKey(&gone, 1)
		r.dataKey(&x, 1)
	}
	if n := len(r.dataKeys.mu.keys); n > 2*dataKeysBeforeSweep {
		t.Errorf("keeps %d data keys", n)
	}
	if r.dataKeys.mu.keys[keyName{x.ID, 1}] == nil {
		t.Error("forgot one that is there")
	}
}
