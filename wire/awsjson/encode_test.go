package awsjson

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

func TestAppend(t *testing.T) {
	for _, test := range []struct {
		output any
		want   string
	}{
		{&kinesis.ListStreamsOutput{HasMoreStreams: aws.Bool(false)}, `{"HasMoreStreams":false,"StreamNames":[]}`},
		{&kinesis.ListStreamsOutput{HasMoreStreams: aws.Bool(true), StreamNames: []string{"a", "b"}, NextToken: aws.String("\"\\\x01\n")},
			`{"HasMoreStreams":true,"StreamNames":["a","b"],"NextToken":"\"\\\u0001\n"}`},
		{&kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
			EnhancedMonitoring:      []types.EnhancedMetrics{{}},
			OpenShardCount:          aws.Int32(0),
			StreamCreationTimestamp: aws.Time(time.UnixMilli(1700000000005)),
			StreamStatus:            types.StreamStatusActive,
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
		}}, `{"StreamDescriptionSummary":{"EnhancedMonitoring":[{"ShardLevelMetrics":[]}],"OpenShardCount":0,"StreamCreationTimestamp":1700000000.005,"StreamStatus":"ACTIVE","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}}`},
		{&kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(1 << 62), Records: []types.Record{{Data: []byte{}, SequenceNumber: aws.String("1")}, {Data: []byte("hi")}}},
			`{"Records":[{"Data":"","SequenceNumber":"1"},{"Data":"aGk="}],"MillisBehindLatest":4611686018427387904}`},
		{&kinesis.DescribeLimitsOutput{}, `{}`},
		{&kinesis.AddTagsToStreamInput{Tags: map[string]string{"b": "2", "a": "é"}}, `{"Tags":{"a":"é","b":"2"}}`},
		{&kinesis.ListShardsOutput{}, `{"Shards":[]}`},
		{&kinesis.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("s")}}}, `{"Shards":[{"ShardId":"s"}]}`},
	} {
		got := string(Append([]byte("x"), test.output, kinesisapi.Service.RequiredLists))
		if got != "x"+test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// FuzzStrings checks strings, keys and blobs against encoding/json.
func FuzzStrings(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\x00\x1f\x7f", "é\u2028\U0001F600", "\xff\xfe", "\x80", "a\xc3", "\ud7ff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		encoded := appendString(nil, text)
		if err := json.Unmarshal(encoded, &got); err != nil || !utf8.Valid(encoded) {
			t.Fatalf("%q: %v", encoded, err)
		}
		if want := string([]rune(text)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if same := string(appendString(nil, []byte(text))); same != string(encoded) {
			t.Fatalf("bytes differ from string: %q", same)
		}
		if got, want := string(appendBlob(nil, []byte(text))), `"`+base64.StdEncoding.EncodeToString([]byte(text))+`"`; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestAppendError(t *testing.T) {
	for want, e := range map[string]*api.Error{
		`{"__type":"SerializationException"}`:                               {Code: "SerializationException"},
		`{"__type":"SerializationException","Message":"Expected \"null\""}`: api.Errorf("SerializationException", `Expected "null"`),
		`{"__type":"ValidationException","message":"1 validation error"}`:   api.Errorf("ValidationException", "1 validation error"),
		`{"__type":"InternalFailure"}`:                                      {Code: "InternalFailure", Err: io.EOF},
	} {
		if got := string(AppendError(nil, e, "")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestBlobs has every length around the point where the encoder changes.
func TestBlobs(t *testing.T) {
	data := make([]byte, 3*smallBlob)
	for i := range data {
		data[i] = byte(i*i + 7)
	}
	for n := range data {
		if got, want := string(appendBlob(nil, data[:n])), `"`+base64.StdEncoding.EncodeToString(data[:n])+`"`; got != want {
			t.Fatalf("%d bytes: got %s, want %s", n, got, want)
		}
	}
}

func TestAppendMillis(t *testing.T) {
	for millis, want := range map[int64]string{0: "0.000", 7: "0.007", 1700000000123: "1700000000.123", -1500: "-1.500", -1: "-0.001"} {
		if got := string(appendMillis(nil, millis)); got != want {
			t.Errorf("%d: got %s, want %s", millis, got, want)
		}
	}
}
