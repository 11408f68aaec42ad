package awsjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// plainBodies are what clients send and the hot decoders must take: a miss
// would be no error, only slow.
var plainBodies = []string{
	`{"Records":[{"Data":"aGk=","PartitionKey":"a"},{"Data":"","PartitionKey":"é","ExplicitHashKey":"0"}],"StreamName":"s"}`,
	` { "StreamARN" : "arn:aws:kinesis:us-east-1:000000000000:stream/s.1_a-b" , "Records" : [ { "PartitionKey" : "a" , "Data" : "AAEC" , "ExplicitHashKey" : "340282366920938463463374607431768211455" } ] } `,
	`{"StreamName":"s","Records":[{"Data":"` + strings.Repeat("QUJD", 5000) + `","PartitionKey":"` + strings.Repeat("é", 256) + `"}]}`,
	`{"StreamName":"s","Records":[{"Data":"/+8="}]}`,
	`{"StreamName":"` + strings.Repeat("a", 128) + `","Records":[` + strings.Repeat(`{"Data":"","PartitionKey":"a"},`, 499) + `{"Data":"","PartitionKey":"a"}]}`,
	`{"ShardIterator":"` + strings.Repeat("i", 512) + `"}`,
	`{"PartitionKey":"a","Data":"aGk=","StreamName":"s"}`,
	`{"SequenceNumberForOrdering":"49646437577108476416916876405825929425585429676275269634","ExplicitHashKey":"12","PartitionKey":"a","Data":"aGk=","StreamARN":"arn:aws-cn:kinesis:cn-north-1:123456789012:stream/x"}`,
	`{"ShardIterator":"AAAAAAAAAAG+/=="}`,
	`{"ShardIterator":"i","Limit":10000,"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"}`,
	"{\"Limit\":1 ,\n\t\"ShardIterator\":\"i\"}\r\n",
}

// unusualBodies must go the generic way.
var unusualBodies = []string{
	``, `{`, `[]`, `{}`, `null`, `{"Records":[]}`, `{"Records":[{}]}`, `{"Records":null,"StreamName":"s"}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":""}]}`, `{"Records":[{"Data":"aGk=","PartitionKey":"\u0061"}]}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a","PartitionKey":"b"}]}`, `{"Records":[{"Data":"aGk=","Data":"","PartitionKey":"b"}]}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a","Other":1}]}`, `{"Records":[{"Data":"aGk=","PartitionKey":null}]}`,
	`{"Records":[{"Data":"aGl=","PartitionKey":"a"}]}`, `{"Records":[{"Data":"aGk","PartitionKey":"a"}]}`, `{"Records":[{"Data":"a=k=","PartitionKey":"a"}]}`,
	`{"Records":[{"Data":"====","PartitionKey":"a"}]}`, `{"Records":[{"Data":"a===","PartitionKey":"a"}]}`, `{"Records":[{"Data":"aGk=aGk=","PartitionKey":"a"}]}`,
	"{\"Records\":[{\"Data\":\"aG\nk===\",\"PartitionKey\":\"a\"}]}", "{\"Records\":[{\"Data\":\"AAAA\n\n\n\n\",\"PartitionKey\":\"a\"}]}",
	"{\"Records\":[{\"Data\":\"aGk=\",\"PartitionKey\":\"\xff\"}]}", "{\"Records\":[{\"Data\":\"aGk=\",\"PartitionKey\":\"a\tb\"}]}",
	`{"Records":[{"Data":"aGk=","PartitionKey":"a","ExplicitHashKey":"01"}]}`, `{"Records":[{"Data":"aGk=","PartitionKey":"a","ExplicitHashKey":""}]}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a","ExplicitHashKey":"1234567890123456789012345678901234567890"}]}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"StreamName":"a/b"}`, `{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"StreamName":""}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"StreamARN":"arn:aws:kinesis:us-east-1:1:stream/s"}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a"}],"DryRun":true}`, `{"Records":[{"Data":"aGk=","PartitionKey":"a"}]} x`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"a"},]}`, `{"Records":[{"Data":"aGk=","PartitionKey":"a"},null]}`, `{"Records":[{"Data":"aGk=","PartitionKey":"a"}],}`,
	`{"Records":[{"Data":"aGk=","PartitionKey":"` + strings.Repeat("é", 257) + `"}]}`,
	`{"Records":[` + strings.Repeat(`{"Data":"","PartitionKey":"a"},`, 500) + `{"Data":"","PartitionKey":"a"}]}`,
	`{"Data":"aGk=","PartitionKey":"a"`, `{"Data":"aGk=" "PartitionKey":"a"}`, `{"Data":"aGk="]`, `{"Data" "aGk="}`, `{"Data":"aGk=",}`, `{"Records":[{"Data":"aGk="]}`,
	`{"Records":[{"Data":"aGk="} {"Data":"aGk="}]}`, `{"Records":{"Data":"aGk="}}`, `{"ShardIterator":"i"`, `{"ShardIterator":"i"]`, `{"ShardIterator" "i"}`, `"Data"`,
	`{"ShardIterator":""}`, `{"ShardIterator":"i","Limit":0}`, `{"ShardIterator":"i","Limit":10001}`, `{"ShardIterator":"i","Limit":1.0}`, `{"ShardIterator":"i","Limit":010}`,
	`{"ShardIterator":"i","Limit":-1}`, `{"ShardIterator":"i","Limit":1,"Limit":2}`, `{"ShardIterator":"i","ShardIterator":"j"}`, `{"ShardIterator":"i","DryRun":false}`, `{"Limit":5}`,
	`{"ShardIterator":"` + strings.Repeat("x", 513) + `"}`, `{"SequenceNumberForOrdering":"00","Data":"","StreamName":"s"}`, `{"Data":"aGk=","StreamName":"s","Records":[]}`,
}

func TestHotTakesPlainBodies(t *testing.T) {
	for _, body := range plainBodies {
		if checkHot(t, []byte(body)) == 0 {
			t.Errorf("no hot decoder took %.200s", body)
		}
	}
}

func TestHotRefusesUnusualBodies(t *testing.T) {
	for _, body := range unusualBodies {
		if n := checkHot(t, []byte(body)); n != 0 {
			t.Errorf("%d hot decoders took %.200s", n, body)
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
// took the body. Puts must not be views of it.
func checkHot(t *testing.T, body []byte) (taken int) {
	t.Helper()
	arena := make([]byte, ArenaBytes(body))
	var b kinesisapi.PutBatch
	if own := bytes.Clone(body); DecodePutRecords(own, arena, &b) {
		clear(own)
		taken++
		var in kinesis.PutRecordsInput
		decodeGeneric(t, body, "PutRecords", &in)
		var want []kinesisapi.PutRecord
		for _, e := range in.Records {
			want = append(want, putRecord(e.Data, e.PartitionKey, e.ExplicitHashKey))
		}
		compareBatch(t, body, &b, in.StreamName, in.StreamARN, nil, want)
	}
	if own := bytes.Clone(body); DecodePutRecord(own, arena, &b) {
		clear(own)
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
			t.Errorf("%s: got %+v, want %+v", body, get, want)
		}
	}
	return taken
}

func decodeGeneric(t *testing.T, body []byte, operation string, in any) {
	t.Helper()
	v, ok := Parse(body)
	if !ok {
		t.Fatalf("%q: a hot decoder took what is not JSON", body)
	}
	if err := api.Decode(v, in, kinesisapi.Service.Operations[operation]); err != nil {
		t.Fatalf("%q: a hot decoder took what gives %v", body, err)
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
		t.Errorf("%q: got %+v", body, b)
	}
	if !reflect.DeepEqual(b.Records, want) {
		t.Errorf("%q: got %q, want %q", body, b.Records, want)
	}
}

// FuzzOutputs checks the hand-written answers against the generic decoder of
// the standard library.
func FuzzOutputs(f *testing.F) {
	f.Add([]byte("data"), "key", uint64(5), int64(1700000000123), "iterator", "message")
	f.Add([]byte{}, "\"\\\n\u2028é\xff", uint64(0), int64(0), "", "")
	f.Fuzz(func(t *testing.T, data []byte, key string, index uint64, millis int64, iterator, message string) {
		if millis < 0 || !utf8.ValidString(key) || !utf8.ValidString(iterator) || !utf8.ValidString(message) {
			return
		}
		checkPage(t, data, key, index, millis, iterator)
		checkPuts(t, index, message)
	})
}

func checkPage(t *testing.T, data []byte, key string, index uint64, millis int64, iterator string) {
	number := sequenceNumber(index)
	p := kinesisapi.Page{
		Records: []kinesisapi.PageRecord{
			{Data: data, PartitionKey: []byte(key), SequenceNumber: number, ArrivalMillis: millis},
			{Data: data, SequenceNumber: number, ArrivalMillis: millis, Encrypted: true},
		},
		NextShardIterator:  iterator,
		MillisBehindLatest: millis,
	}
	want := kinesis.GetRecordsOutput{MillisBehindLatest: &millis, NextShardIterator: nonEmpty(iterator)}
	for _, r := range p.Records {
		out := types.Record{Data: data, SequenceNumber: aws.String(number.String()), ApproximateArrivalTimestamp: aws.Time(timeOf(millis))}
		if r.PartitionKey != nil {
			out.PartitionKey = &key
		}
		if r.Encrypted {
			out.EncryptionType = types.EncryptionTypeKms
		}
		want.Records = append(want.Records, out)
	}
	if iterator == "" {
		p.ChildShards = []types.ChildShard{{ShardId: aws.String(key), ParentShards: []string{"p"}, HashKeyRange: &types.HashKeyRange{StartingHashKey: &key}}}
		want.ChildShards = p.ChildShards
	}
	sameJSON(t, AppendPage(nil, &p), Append(nil, &want, kinesisapi.Service.RequiredLists))
}

func checkPuts(t *testing.T, index uint64, message string) {
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
	sameJSON(t, AppendPutRecordsOutput(nil, &b), Append(nil, &want, nil))
	sameJSON(t, AppendPutRecordOutput(nil, &b), Append(nil, &one, nil))
}

// sameJSON compares two texts as values, numbers literally.
func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	if g, w := canonical(t, got), canonical(t, want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func canonical(t *testing.T, text []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return fmt.Sprint(v)
}
