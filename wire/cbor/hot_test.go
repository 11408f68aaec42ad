package cbor

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/stream"
	"github.com/leat-io/leat/wire/cbor/shapetest"
)

// The pieces of bodies, in the forms that encoders choose from.

func text(s string) string { return string(appendText(nil, s)) }

func blob(s string) string { return string(appendBlob(nil, []byte(s))) }

func member(name, value string) string { return text(name) + value }

func entry(members ...string) string { return openOf(openMap, members...) }

// openOf is a map or list of open length, as Java writes it.
func openOf(first byte, items ...string) string {
	return string([]byte{first}) + strings.Join(items, "") + "\xff"
}

// known is a map or list of known length, as most others write it.
func known(major byte, items ...string) string {
	return string(appendHead(nil, major, uint64(len(items)))) + strings.Join(items, "")
}

var (
	plainName    = member("StreamName", text("s"))
	plainARN     = member("StreamARN", text("arn:aws:kinesis:us-east-1:000000000000:stream/s.1_a-b"))
	plainData    = member("Data", blob("hi"))
	plainKey     = member("PartitionKey", text("a"))
	plainEntry   = entry(plainData, plainKey)
	plainRecords = member("Records", openOf(openList, plainEntry))
	iterator     = member("ShardIterator", text("AAAA"))
)

// plainBodies are what clients send and the hot decoders must take: a miss
// would be no error, only slow.
var plainBodies = []string{
	entry(plainName, plainRecords),
	entry(plainRecords, plainARN),
	known(majorMap, plainName, member("Records", known(majorList, known(majorMap, plainData, plainKey), known(majorMap, plainKey, member("Data", blob("")), member("ExplicitHashKey", text("0")))))),
	entry(plainName, member("Records", openOf(openList, entry(member("Data", blob(strings.Repeat("x", 70_000))), member("PartitionKey", text(strings.Repeat("é", 256))))))),
	entry(plainName, member("Records", openOf(openList, entry(plainData)))),
	entry(plainName, plainKey, plainData), // the example of spec data-streams §3
	known(majorMap, plainARN, plainKey, plainData, member("SequenceNumberForOrdering", text("49646437577108476416916876405825929425585429676275269634")), member("ExplicitHashKey", text("340282366920938463463374607431768211455"))),
	entry(iterator), known(majorMap, iterator), entry(iterator, member("Limit", "\x19\x27\x10"), plainARN),
}

// unusualBodies must go the generic way.
var unusualBodies = []string{
	"", "\xbf", "\xbf\xff", "\xa0", "\x80", "\xf6", entry(plainName), entry(member("Records", "\x9f\xff"), plainName), entry(member("Records", "\xf6"), plainName),
	entry(member("Records", openOf(openList, entry(plainKey)))), entry(plainRecords, plainRecords), entry(plainRecords, member("Other", "\x01")),
	entry(plainRecords, member("DryRun", "\xf5")), entry(plainRecords) + "\x00", entry(plainRecords)[:20], entry(plainRecords, member("StreamName", text("a/b"))),
	entry(member("Records", openOf(openList, entry(plainData, plainData)))), entry(member("Records", openOf(openList, entry(plainData, plainKey, plainKey)))),
	entry(member("Records", openOf(openList, entry(plainData, member("PartitionKey", text("")))))), entry(member("Records", openOf(openList, entry(plainData, member("PartitionKey", "\x61\xff"))))),
	entry(member("Records", openOf(openList, entry(plainData, member("PartitionKey", text(strings.Repeat("é", 257))))))), entry(member("Records", openOf(openList, entry(plainKey, member("Data", text("aGk=")))))),
	entry(member("Records", openOf(openList, entry(plainKey, member("Data", "\x5f\x41a\x41b\xff"))))), entry(member("Records", openOf(openList, entry(plainData, member("PartitionKey", "\x7f\x61a\xff"))))),
	entry(member("Records", openOf(openList, entry(plainData, member("ExplicitHashKey", text("01")))))), entry(member("Records", openOf(openList, entry(plainData), "\xf6"))),
	entry(member("Records", openOf(openList, entry(plainData, member("PartitionKey", "\xf6"))))), entry("\x7f\x67Records\xff" + openOf(openList, plainEntry)),
	entry(member("Records", openOf(openList, strings.Repeat(plainEntry, 501)))), "\xd9\xd9\xf7" + entry(plainRecords),
	"\xbb\xff\xff\xff\xff\xff\xff\xff\xff" + plainRecords, "\xa2" + plainRecords, "\xa1" + plainRecords + plainName,
	entry(member("Records", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"+plainEntry)), entry(member("Records", openOf(openList, entry(plainKey, member("Data", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff"))))),
	entry(member("ShardIterator", text(""))), entry(iterator, iterator), entry(iterator, member("Limit", "\x00")), entry(iterator, member("Limit", "\x19\x27\x11")), entry(iterator, member("Limit", "\x20")),
	entry(iterator, member("Limit", "\xf9\x3c\x00")), entry(iterator, member("Limit", "\x01"), member("Limit", "\x02")), entry(member("Limit", "\x05")), entry(member("ShardIterator", text(strings.Repeat("x", 513)))),
	entry(plainData, plainName, member("Records", "\x80")),
}

func TestHotTakesPlainBodies(t *testing.T) {
	for _, body := range plainBodies {
		if checkHot(t, []byte(body)) == 0 {
			t.Errorf("no hot decoder took %.200x", body)
		}
	}
}

func TestHotRefusesUnusualBodies(t *testing.T) {
	for _, body := range unusualBodies {
		if n := checkHot(t, []byte(body)); n != 0 {
			t.Errorf("%d hot decoders took %.200x", n, body)
		}
	}
}

// FuzzHot checks that what a hot decoder takes, the generic one takes with the
// same result.
func FuzzHot(f *testing.F) {
	for _, body := range append(plainBodies, unusualBodies...) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) { checkHot(t, body) })
}

// checkHot compares all hot decoders with the generic one, and returns how many
// took the body.
func checkHot(t *testing.T, body []byte) (taken int) {
	t.Helper()
	original := bytes.Clone(body)
	var b kinesisapi.PutBatch
	if DecodePutRecords(body, &b) {
		taken++
		var in kinesis.PutRecordsInput
		decodeGeneric(t, body, "PutRecords", &in)
		var want []kinesisapi.PutRecord
		for _, e := range in.Records {
			want = append(want, putRecord(e.Data, e.PartitionKey, e.ExplicitHashKey))
		}
		compareBatch(t, body, &b, in.StreamName, in.StreamARN, nil, want)
	}
	if DecodePutRecord(body, &b) {
		taken++
		var in kinesis.PutRecordInput
		decodeGeneric(t, body, "PutRecord", &in)
		compareBatch(t, body, &b, in.StreamName, in.StreamARN, in.SequenceNumberForOrdering,
			[]kinesisapi.PutRecord{putRecord(in.Data, in.PartitionKey, in.ExplicitHashKey)})
	}
	var get, want kinesis.GetRecordsInput
	if DecodeGetRecords(body, &get) {
		taken++
		decodeGeneric(t, body, "GetRecords", &want)
		if !reflect.DeepEqual(get, want) {
			t.Errorf("%x: got %+v, want %+v", body, get, want)
		}
	}
	if !bytes.Equal(body, original) {
		t.Error("the body was changed")
	}
	return taken
}

func decodeGeneric(t *testing.T, body []byte, operation string, in any) {
	t.Helper()
	v, ok := Parse(body, AWS)
	if !ok {
		t.Fatalf("%x: a hot decoder took what is not CBOR", body)
	}
	if err := api.Decode(v, in, kinesisapi.Service.Operations[operation]); err != nil {
		t.Fatalf("%x: a hot decoder took what gives %v", body, err)
	}
}

func putRecord(data []byte, key, hash *string) kinesisapi.PutRecord {
	r := kinesisapi.PutRecord{Data: data}
	if key != nil {
		r.PartitionKey = []byte(*key)
	}
	if hash != nil {
		r.ExplicitHashKey = []byte(*hash)
	}
	return r
}

func compareBatch(t *testing.T, body []byte, b *kinesisapi.PutBatch, name, arn, ordering *string, want []kinesisapi.PutRecord) {
	t.Helper()
	if b.StreamName != aws.ToString(name) || b.StreamARN != aws.ToString(arn) || b.SequenceNumberForOrdering != aws.ToString(ordering) || b.DryRun || b.Failed != 0 {
		t.Errorf("%x: got %+v", body, b)
	}
	if !reflect.DeepEqual(b.Records, want) {
		t.Errorf("%x: got %q, want %q", body, b.Records, want)
	}
}

func sequenceNumber(index uint64) stream.SequenceNumber {
	return stream.SequenceParts{CreateSeconds: 1700000000, Seconds: 1700000123, Index: index & stream.EndIndex}.Number()
}

// FuzzOutputs checks the hand-written answers against the generic codec: both
// must mean the same.
func FuzzOutputs(f *testing.F) {
	f.Add([]byte("data"), "key", uint64(5), int64(1700000000123), "iterator", "message")
	f.Add([]byte{}, "\"\\\n\u2028é", uint64(0), int64(0), "", "")
	f.Add(bytes.Repeat([]byte{7}, 70_000), strings.Repeat("k", 300), uint64(1<<40), int64(1<<42), strings.Repeat("i", 70_000), "m")
	f.Add([]byte("0"), "\xf1", uint64(85), int64(1700000000174), "", "\xbb\x82\xb7")
	f.Fuzz(func(t *testing.T, data []byte, key string, index uint64, millis int64, iterator, message string) {
		if millis < 0 || millis > maxMillis || !utf8.ValidString(key) || !utf8.ValidString(iterator) || !utf8.ValidString(message) {
			return
		}
		for _, d := range []Dialect{AWS, RPC} {
			checkPage(t, data, key, index, millis, iterator, d)
			checkPuts(t, index, message, d)
		}
	})
}

func checkPage(t *testing.T, data []byte, key string, index uint64, millis int64, iterator string, d Dialect) {
	number := sequenceNumber(index)
	p := kinesisapi.Page{
		Records: []kinesisapi.PageRecord{
			{Data: data, PartitionKey: []byte(key), SequenceNumber: number, ArrivalMillis: millis},
			{Data: data, SequenceNumber: number, ArrivalMillis: millis, Encrypted: true},
		},
		NextShardIterator:  iterator,
		MillisBehindLatest: millis,
	}
	want := kinesis.GetRecordsOutput{MillisBehindLatest: &millis}
	if iterator != "" {
		want.NextShardIterator = &iterator
	}
	for _, r := range p.Records {
		out := types.Record{Data: data, SequenceNumber: aws.String(number.String()), ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(millis).UTC())}
		if r.PartitionKey != nil {
			out.PartitionKey = &key
		}
		if r.Encrypted {
			out.EncryptionType = types.EncryptionTypeKms
		}
		want.Records = append(want.Records, out)
	}
	if iterator == "" {
		p.ChildShards = []types.ChildShard{{ShardId: aws.String(key), ParentShards: []string{"p"}, HashKeyRange: &types.HashKeyRange{StartingHashKey: &key, EndingHashKey: &key}}}
		want.ChildShards = p.ChildShards
	}
	same(t, AppendPage(nil, &p, d), &want, d)
	if bound := PageBytes(&p); len(AppendPage(nil, &p, d)) > bound && len(iterator) < 512 && len(key) < 100 {
		t.Errorf("longer than PageBytes, %d", bound)
	}
}

func checkPuts(t *testing.T, index uint64, message string, d Dialect) {
	number := sequenceNumber(index)
	b := kinesisapi.PutBatch{Encrypted: index%2 == 0, Failed: 1, Records: []kinesisapi.PutRecord{
		{SequenceNumber: number, Shard: 7},
		{ErrorCode: "InternalFailure", ErrorMessage: message},
	}}
	want := kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(1), Records: []types.PutRecordsResultEntry{
		{SequenceNumber: aws.String(number.String()), ShardId: aws.String("shardId-000000000007")},
		{ErrorCode: aws.String("InternalFailure"), ErrorMessage: &message},
	}}
	one := kinesis.PutRecordOutput{SequenceNumber: aws.String(number.String()), ShardId: aws.String("shardId-000000000007")}
	if b.Encrypted {
		want.EncryptionType, one.EncryptionType = types.EncryptionTypeKms, types.EncryptionTypeKms
	}
	same(t, AppendPutRecordsOutput(nil, &b), &want, d)
	same(t, AppendPutRecordOutput(nil, &b), &one, d)
}

// same decodes what was written by hand and compares it with want, a pointer
// to an SDK shape.
func same(t *testing.T, encoded []byte, want any, d Dialect) {
	t.Helper()
	shape := reflect.TypeOf(want).Elem()
	got := reflect.New(shape).Interface()
	v, ok := Parse(encoded, d)
	if !ok {
		t.Fatalf("%x is not well formed", encoded)
	}
	if err := api.Decode(v, got, &api.Operation{Input: shapetest.StructureOf(shape)}); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%x: got %+v, want %+v: %v", encoded, got, want, err)
	}
}

// TestVectors has the examples of the specification.
func TestVectors(t *testing.T) {
	body, _ := hex.DecodeString("bf6a53747265616d4e616d6561736c506172746974696f6e4b657961616444617461426869ff")
	var b kinesisapi.PutBatch
	if !DecodePutRecord(body, &b) || b.StreamName != "s" || string(b.Records[0].PartitionKey) != "a" || string(b.Records[0].Data) != "hi" {
		t.Errorf("PutRecord: %+v", b)
	}
	got := AppendError(nil, api.Errorf("ResourceNotFoundException", "x"), AWS)
	want := "\xbf\x66__type\x78\x19ResourceNotFoundException\x67message\x61x\xff"
	if string(got) != want {
		t.Errorf("error: got %x, want %x", got, want)
	}
	for want, e := range map[string]*api.Error{
		"bf665f5f747970656178ff": {Code: "x"},
		hex.EncodeToString([]byte("\xbf\x66__type\x76SerializationException\x67Message\x61y\xff")): api.Errorf("SerializationException", "y"),
	} {
		if got := hex.EncodeToString(AppendError(nil, e, AWS)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := AppendError(nil, api.Errorf("SerializationException", "y"), RPC); !bytes.Contains(got, []byte("message")) {
		t.Errorf("RPC: %q", got)
	}
	at := time.UnixMilli(1700000000123)
	for d, want := range map[Dialect]string{AWS: "c11b0000018bcfe5687b", RPC: "c1fb41d954fc4007df3b"} {
		if got := hex.EncodeToString(appendMillis(nil, at.UnixMilli(), d)); got != want {
			t.Errorf("time: got %s, want %s", got, want)
		}
	}
}
