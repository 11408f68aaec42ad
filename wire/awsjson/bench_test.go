package awsjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/stream"
)

func sequenceNumber(index uint64) stream.SequenceNumber {
	return stream.SequenceParts{CreateSeconds: 1700000000, Seconds: 1700000123, Index: index & stream.EndIndex}.Number()
}

func timeOf(millis int64) time.Time { return time.UnixMilli(millis) }

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// putRecordsBody returns a body of n records with data of size bytes.
func putRecordsBody(n, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 31)
	}
	body := []byte(`{"Records":[`)
	for i := range n {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"Data":`...)
		body = appendBlob(body, data)
		body = fmt.Appendf(body, `,"PartitionKey":"partition-%d"}`, i)
	}
	return append(body, `],"StreamName":"stream"}`...)
}

// page returns n records of size bytes.
func page(n, size int) *kinesisapi.Page {
	p := &kinesisapi.Page{NextShardIterator: "iterator"}
	for i := range n {
		p.Records = append(p.Records, kinesisapi.PageRecord{
			Data: make([]byte, size), PartitionKey: []byte("partition"), SequenceNumber: sequenceNumber(uint64(i)), ArrivalMillis: 1700000000123,
		})
	}
	return p
}

func TestPageBytes(t *testing.T) {
	p := page(3, 100)
	p.ChildShards = nil
	for i := range p.Records {
		p.Records[i].Encrypted = true
	}
	got := len(AppendPage(nil, p))
	if bound := PageBytes(p); got > bound || bound > 4*got {
		t.Errorf("%d bytes, bound %d", got, bound)
	}
}

// sizes are those of the performance budgets.
var sizes = []struct {
	name           string
	records, bytes int
}{{"100B", 500, 100}, {"1KiB", 500, 1 << 10}, {"25KiB", 150, 25 << 10}}

func BenchmarkDecodePutRecords(b *testing.B) {
	for _, size := range sizes {
		body := putRecordsBody(size.records, size.bytes)
		arena := make([]byte, ArenaBytes(body))
		var batch kinesisapi.PutBatch
		b.Run("hot/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				if !DecodePutRecords(body, arena, &batch) {
					b.Fatal("refused")
				}
			}
			perRecord(b, size.records)
		})
		b.Run("encoding-json/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				var in kinesis.PutRecordsInput
				if err := json.Unmarshal(body, &in); err != nil {
					b.Fatal(err)
				}
			}
			perRecord(b, size.records)
		})
	}
}

func BenchmarkAppendPage(b *testing.B) {
	for _, size := range sizes {
		p := page(size.records, size.bytes)
		out := make([]byte, 0, PageBytes(p))
		b.Run("hot/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			for b.Loop() {
				AppendPage(out, p)
			}
			perRecord(b, size.records)
		})
		b.Run("encoding-json/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			var to bytes.Buffer
			for b.Loop() {
				to.Reset()
				if err := json.NewEncoder(&to).Encode(p.Records); err != nil {
					b.Fatal(err)
				}
			}
			perRecord(b, size.records)
		})
	}
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}
