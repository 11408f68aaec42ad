package kinesisapi_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
)

// decode decodes a JSON body as the operation's input.
func decode[In any](t *testing.T, operation, body string) (*In, error) {
	t.Helper()
	v, ok := awsjson.Parse([]byte(body))
	if !ok {
		t.Fatalf("not JSON: %s", body)
	}
	in := new(In)
	return in, api.Decode(v, in, kinesisapi.Service.Operations[operation])
}

// outcome decodes and returns the error, nil or an *api.Error.
func outcome(t *testing.T, operation, body string) *api.Error {
	t.Helper()
	v, ok := awsjson.Parse([]byte(body))
	if !ok {
		t.Fatalf("not JSON: %s", body)
	}
	in := reflect.New(inputTypes[operation]).Interface()
	err := api.Decode(v, in, kinesisapi.Service.Operations[operation])
	var e *api.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("%s %s: not an API error: %v", operation, body, err)
	}
	return e
}

// TestTypeErrors has every cell of the table in spec data-streams §8.1.
func TestTypeErrors(t *testing.T) {
	const (
		boolean   = "class java.lang.Boolean can not be converted to "
		number    = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
		text      = "class java.lang.String can not be converted to "
		list      = "Start of list found where not expected"
		structure = "Start of structure or map found where not expected."
	)
	for _, test := range []struct {
		operation, member string
		// For true, 1, "x", [] and {}; "" means that the type is right.
		want [5]string
	}{
		{"DeleteStream", "StreamName", [5]string{boolean + "an String", number + "an String", "", list, structure}},
		{"CreateStream", "ShardCount", [5]string{boolean + "an Integer", "", text + "an Integer", list, structure}},
		{"DeleteStream", "EnforceConsumerDeletion", [5]string{"", number + "an Boolean", "'X' can not be converted to an Boolean", list, structure}},
		{"PutRecord", "Data", [5]string{boolean + "a Blob", number + "a Blob", "'x' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 1", list, structure}},
		{"GetShardIterator", "Timestamp", [5]string{boolean + "milliseconds since epoch", "", text + "milliseconds since epoch", list, structure}},
		{"PutRecords", "Records", [5]string{"Expected list or null", "Expected list or null", "Expected list or null", "", structure}},
		{"AddTagsToStream", "Tags", [5]string{"Expected map or null", "Expected map or null", "Expected map or null", list, ""}},
		{"CreateStream", "StreamModeDetails", [5]string{"Expected null", "Expected null", "Expected null", list, ""}},
		{"UpdateShardCount", "ScalingType", [5]string{boolean + "an String", number + "an String", "", list, structure}},
	} {
		for i, value := range []string{"true", "1", `"x"`, "[]", "{}"} {
			body := fmt.Sprintf(`{"%s":%s}`, test.member, value)
			e := outcome(t, test.operation, body)
			if want := test.want[i]; want == "" {
				if e != nil && e.Code == "SerializationException" {
					t.Errorf("%s %s: %v", test.operation, body, e)
				}
			} else if e == nil || e.Code != "SerializationException" || e.Message != want {
				t.Errorf("%s %s:\ngot  %v\nwant %s", test.operation, body, e, want)
			}
		}
	}
}

func TestMoreTypeErrors(t *testing.T) {
	for _, test := range []struct{ operation, body, want string }{
		{"PutRecord", `{"Data":"a=k="}`, "'a=k=' can not be converted to a Blob: Invalid Base64 character: '='"},
		{"PutRecord", `{"Data":"ag-="}`, "'ag-=' can not be converted to a Blob: Invalid Base64 character: '-'"},
		{"PutRecord", `{"Data":"===="}`, "'====' can not be converted to a Blob: Invalid Base64 character: '='"},
		{"PutRecord", `{"Data":"AAA\n"}`, "'AAA\n' can not be converted to a Blob: Invalid Base64 character: '\n'"},
		{"PutRecord", `{"Data":"aGl="}`, "'aGl=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"},
		{"PutRecord", `{"Data":"aB=="}`, "'aB==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"},
		// The model's order decides, not the body's: StreamName before Data.
		{"PutRecord", `{"Data":1,"StreamName":1}`, "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"},
		{"PutRecords", `{"StreamName":[],"Records":[{"Data":""},{"PartitionKey":true,"Data":[]}]}`, "Start of list found where not expected"},
		{"PutRecords", `{"Records":[1]}`, "Expected null"},
		{"PutRecords", `{"Records":[[]]}`, "Start of list found where not expected"},
		{"RemoveTagsFromStream", `{"TagKeys":["a",{}]}`, "Start of structure or map found where not expected."},
		{"AddTagsToStream", `{"Tags":{"a":"b","c":1}}`, "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"},
		{"SubscribeToShard", `{"StartingPosition":{"Type":true}}`, "class java.lang.Boolean can not be converted to an String"},
		// The last of two members counts.
		{"DeleteStream", `{"StreamName":"a","StreamName":true}`, "class java.lang.Boolean can not be converted to an String"},
	} {
		if e := outcome(t, test.operation, test.body); e == nil || e.Code != "SerializationException" || e.Message != test.want {
			t.Errorf("%s %s:\ngot  %v\nwant %s", test.operation, test.body, e, test.want)
		}
	}
	v, _ := awsjson.Parse([]byte(`[]`))
	err := api.Decode(v, &kinesis.ListStreamsInput{}, kinesisapi.Service.Operations["ListStreams"])
	var e *api.Error
	if !errors.As(err, &e) || e.Code != "SerializationException" || e.Message != "" {
		t.Errorf("a list as body: %v", err)
	}
}

// TestValidation has the texts of spec data-streams §8.2.
func TestValidation(t *testing.T) {
	const (
		atLeast1    = "failed to satisfy constraint: Member must have length greater than or equal to 1"
		notNull     = "failed to satisfy constraint: Member must not be null"
		namePattern = "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
		hashPattern = `failed to satisfy constraint: Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,38}))$`
		seqPattern  = `failed to satisfy constraint: Member must satisfy regular expression pattern: ^(0|([1-9]\d{0,128}))$`
		tagElements = "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
	)
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, test := range []struct {
		operation, body string
		want            []string // the items
	}{
		{"CreateStream", `{}`, []string{"Value null at 'streamName' " + notNull}},
		{"CreateStream", `{"ShardCount":0,"StreamName":""}`, []string{
			"Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
			"Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"CreateStream", `{"StreamName":"` + long(129) + `"}`, []string{
			"Value '" + long(129) + "' at 'streamName' failed to satisfy constraint: Member must have length less than or equal to 128"}},
		{"CreateStream", `{"StreamName":"s","StreamModeDetails":{}}`, []string{"Value null at 'streamModeDetails.streamMode' " + notNull}},
		{"CreateStream", `{"StreamName":"s","StreamModeDetails":{"StreamMode":"X"}}`, []string{
			"Value 'X' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]"}},
		{"CreateStream", `{"StreamName":"s","StreamModeDetails":{"StreamMode":""}}`, []string{
			"Value '' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]"}},
		{"CreateStream", `{"StreamName":"s","MaxRecordSizeInKiB":1023,"WarmThroughputMiBps":-1}`, []string{
			"Value '-1' at 'warmThroughputMiBps' failed to satisfy constraint: Member must have value greater than or equal to 0",
			"Value '1023' at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value greater than or equal to 1024"}},
		{"DeleteStream", `{}`, nil}, // the ARN is an alternative
		{"DeleteStream", `{"StreamARN":"x"}`, []string{
			`Value 'x' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`}},
		{"DeleteStream", `{"StreamARN":"arn:aws:kinesis:us-east-1:123456789012:stream/x"}`, nil},
		{"DeleteStream", `{"StreamName":"a\n"}`, []string{"Value 'a\n' at 'streamName' " + namePattern}},
		{"PutRecords", `{"Records":[],"StreamName":""}`, []string{
			"Value '[]' at 'records' " + atLeast1, "Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"PutRecords", `{}`, []string{"Value null at 'records' " + notNull}},
		{"PutRecords", `{"StreamName":"s","Records":[{"Data":"","PartitionKey":"","ExplicitHashKey":""}]}`, []string{
			"Value '' at 'records.1.member.partitionKey' " + atLeast1, "Value '' at 'records.1.member.explicitHashKey' " + hashPattern}},
		{"PutRecords", `{"StreamName":"s","Records":[{"Data":""},{"PartitionKey":"k"},null]}`, []string{
			"Value null at 'records.2.member.data' " + notNull, "Value null at 'records.3.member.data' " + notNull}},
		{"PutRecords", `{"StreamName":"s","Records":[` + strings.Repeat(`{"Data":""},`, 600) + `{"Data":""}]}`, []string{
			"Value at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"}},
		{"PutRecords", `{"StreamName":"s","Records":[` + strings.Repeat(`{"Data":""},`, 499) + `{"Data":""}]}`, nil},
		{"CreateChannel", `{"ChannelName":"c","ServiceExecutionRoleARN":"arn:aws:iam::123456789012:role/r","StreamConfigurationList":[{"StreamARN":"arn:aws:kinesis:r:123456789012:stream/s","RecordConfiguration":{"RecordFormatType":""}}]}`, []string{
			"Value '' at 'streamConfigurationList.1.member.recordConfiguration.recordFormatType' failed to satisfy constraint: Member must satisfy enum value set: [GSR_JSON, JSON, STRING, BYTE_ARRAY]"}},
		{"PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"` + strings.Repeat("AAAA", (10<<20)/3+1) + `"}`, []string{
			"Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 10485760"}},
		{"PutRecord", `{"ExplicitHashKey":"01","SequenceNumberForOrdering":"","PartitionKey":"","StreamName":""}`, []string{
			"Value '' at 'sequenceNumberForOrdering' " + seqPattern, "Value '' at 'partitionKey' " + atLeast1,
			"Value '01' at 'explicitHashKey' " + hashPattern, "Value null at 'data' " + notNull,
			"Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"PutRecord", `{"StreamName":"s","Data":"","PartitionKey":"` + strings.Repeat("\U0001F600", 256) + `"}`, nil},
		{"PutRecord", `{"StreamName":"s","Data":"","PartitionKey":"` + strings.Repeat("é", 257) + `"}`, []string{
			"Value '" + strings.Repeat("é", 257) + "' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256"}},
		{"GetShardIterator", `{"StreamName":"s","ShardId":"0","ShardIteratorType":""}`, []string{
			"Value '' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"}},
		{"GetShardIterator", `{"ShardIteratorType":null,"StreamName":"","StartingSequenceNumber":"x"}`, []string{
			"Value null at 'shardId' " + notNull, "Value null at 'shardIteratorType' " + notNull,
			"Value 'x' at 'startingSequenceNumber' " + seqPattern, "Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"GetRecords", `{"Limit":0,"ShardIterator":""}`, []string{
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
			"Value '' at 'shardIterator' " + atLeast1}},
		{"GetRecords", `{"Limit":99999999999,"ShardIterator":"i"}`, []string{
			"Value '2147483647' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"}},
		{"ListStreams", `{"Limit":1000000}`, []string{
			"Value '1000000' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"}},
		{"AddTagsToStream", `{"StreamName":"s","Tags":{"c":"` + long(257) + `","a":"b"}}`, []string{
			"Value '{a=b, c=" + long(257) + "}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"}},
		{"AddTagsToStream", `{"StreamName":"s","Tags":{"":""}}`, []string{
			"Value '{=}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"}},
		{"AddTagsToStream", `{"StreamName":"","Tags":{}}`, []string{
			"Value '{}' at 'tags' " + atLeast1, "Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"RemoveTagsFromStream", `{"StreamName":"s","TagKeys":["a","` + long(129) + `","b"]}`, []string{
			"Value '[a, " + long(129) + ", b]' at 'tagKeys' failed to satisfy constraint: " + tagElements}},
		{"RemoveTagsFromStream", `{"StreamName":"s","TagKeys":["",null]}`, []string{
			"Value '[, ]' at 'tagKeys' failed to satisfy constraint: " + tagElements}},
		{"ListTagsForStream", `{"Limit":51,"StreamName":"s","ExclusiveStartTagKey":""}`, []string{
			"Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50", "Value '' at 'exclusiveStartTagKey' " + atLeast1}},
		{"SplitShard", `{"NewStartingHashKey":"-1","ShardToSplit":""}`, []string{
			"Value '-1' at 'newStartingHashKey' " + hashPattern, "Value '' at 'shardToSplit' " + namePattern, "Value '' at 'shardToSplit' " + atLeast1}},
		{"MergeShards", `{}`, []string{"Value null at 'shardToMerge' " + notNull, "Value null at 'adjacentShardToMerge' " + notNull}},
		{"IncreaseStreamRetentionPeriod", `{"StreamName":""}`, []string{
			"Value null at 'retentionPeriodHours' " + notNull, "Value '' at 'streamName' " + namePattern, "Value '' at 'streamName' " + atLeast1}},
		{"DescribeStream", `{"Limit":10001,"ExclusiveStartShardId":"","StreamName":"s"}`, []string{
			"Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
			"Value '' at 'exclusiveStartShardId' " + namePattern, "Value '' at 'exclusiveStartShardId' " + atLeast1}},
		{"ListShards", `{"ShardFilter":{"ShardId":""}}`, []string{
			"Value null at 'shardFilter.type' " + notNull, "Value '' at 'shardFilter.shardId' " + namePattern, "Value '' at 'shardFilter.shardId' " + atLeast1}},
		{"EnableEnhancedMonitoring", `{"StreamName":"s","ShardLevelMetrics":["x","ALL"]}`, []string{
			"Value '[x, ALL]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL]]"}},
		{"UpdateMaxRecordSize", `{"MaxRecordSizeInKiB":10241}`, []string{
			"Value '10241' at 'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value less than or equal to 10240"}},
	} {
		e := outcome(t, test.operation, test.body)
		var got, want string
		if e != nil {
			got = e.Code + ": " + e.Message
		}
		if n := len(test.want); n > 0 {
			s := "s"
			if n == 1 {
				s = ""
			}
			want = fmt.Sprintf("ValidationException: %d validation error%s detected: %s", n, s, strings.Join(test.want, "; "))
		}
		if got != want {
			t.Errorf("%s %.200s:\ngot  %.800s\nwant %.800s", test.operation, test.body, got, want)
		}
	}
}

func TestAtMostTenViolations(t *testing.T) {
	e := outcome(t, "PutRecords", `{"StreamName":"","Records":[`+strings.Repeat(`{},`, 20)+`{}]}`)
	if e == nil || !strings.HasPrefix(e.Message, "10 validation errors detected: ") || strings.Count(e.Message, "; ") != 9 {
		t.Errorf("got %v", e)
	}
}

func TestDecodedValues(t *testing.T) {
	in, err := decode[kinesis.GetShardIteratorInput](t, "GetShardIterator",
		`{"Unknown":{"a":[1]},"StreamName":"s","ShardId":"0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1700000000.5,"StartingSequenceNumber":null,"DryRun":"yes"}`)
	if err != nil || *in.StreamName != "s" || in.ShardIteratorType != "AT_TIMESTAMP" || in.StartingSequenceNumber != nil ||
		!in.Timestamp.Equal(time.UnixMilli(1700000000500)) || !*in.DryRun {
		t.Errorf("got %+v, %v", in, err)
	}
	for text, want := range map[string]bool{"true": true, `"TRUE"`: true, `"1"`: true, `"Yes"`: true, "false": false, `"False"`: false, `"0"`: false, `"no"`: false} {
		in, err := decode[kinesis.DeleteStreamInput](t, "DeleteStream", `{"EnforceConsumerDeletion":`+text+`}`)
		if err != nil || *in.EnforceConsumerDeletion != want {
			t.Errorf("%s: got %+v, %v", text, in, err)
		}
	}
	for text, want := range map[string]int32{"1.9": 1, "5e1": 50, "2147483648": math.MaxInt32, "1e99": math.MaxInt32} {
		in, err := decode[kinesis.CreateStreamInput](t, "CreateStream", `{"StreamName":"s","ShardCount":`+text+`}`)
		if err != nil || *in.ShardCount != want {
			t.Errorf("%s: got %+v, %v", text, in, err)
		}
	}
	put, err := decode[kinesis.PutRecordsInput](t, "PutRecords", `{"Records":[{"Data":"","PartitionKey":"a\u00e9"},{"Data":"AAEC/w==","ExplicitHashKey":"0"}]}`)
	if err != nil || len(put.Records) != 2 || put.Records[0].Data == nil || *put.Records[0].PartitionKey != "aé" || string(put.Records[1].Data) != "\x00\x01\x02\xff" {
		t.Errorf("got %+v, %v", put, err)
	}
	tags, err := decode[kinesis.AddTagsToStreamInput](t, "AddTagsToStream", `{"Tags":{"a":"b","c":null,"":"x","":"y","":null,"é":""}}`)
	if err == nil {
		t.Errorf("an empty key was accepted: %+v", tags)
	}
}

// TestLongValuesAreCut checks that a message does not repeat megabytes.
func TestLongValuesAreCut(t *testing.T) {
	long := strings.Repeat("é", 1<<17)
	for _, test := range []struct{ operation, body string }{
		{"PutRecord", `{"Data":"` + long + `"}`},
		{"PutRecord", `{"Data":"","PartitionKey":"` + long + `"}`},
		{"DeleteStream", `{"EnforceConsumerDeletion":"` + long + `"}`},
		{"RemoveTagsFromStream", `{"TagKeys":["` + long + `"]}`},
		{"AddTagsToStream", `{"Tags":{"a":"` + long + `"}}`},
	} {
		e := outcome(t, test.operation, test.body)
		if e == nil || len(e.Message) > 10_000 || !strings.Contains(e.Message, "…'") || !utf8.ValidString(e.Message) {
			t.Errorf("%s: got %.100v", test.operation, e)
		}
	}
}

// TestBoundedMemory checks that a body of countless tiny elements is not
// unpacked.
func TestBoundedMemory(t *testing.T) {
	many := strings.Repeat(`"",`, 1<<17) + `""`
	in, err := decode[kinesis.RemoveTagsFromStreamInput](t, "RemoveTagsFromStream", `{"TagKeys":[`+many+`]}`)
	if err == nil || len(in.TagKeys) > 1000 {
		t.Errorf("%d keys, %.100v", len(in.TagKeys), err)
	}
	put, err := decode[kinesis.PutRecordsInput](t, "PutRecords", `{"Records":[`+strings.Repeat(`{},`, 1<<17)+`{}]}`)
	if err == nil || len(put.Records) != 501 {
		t.Errorf("%d records, %.100v", len(put.Records), err)
	}
}
