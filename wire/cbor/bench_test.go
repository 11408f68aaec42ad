package cbor

import (
	"fmt"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/leat-io/leat/api/kinesisapi"
)

// putRecordsBody returns a body as Java writes it, of n records with data of
// size bytes.
func putRecordsBody(n, size int) []byte {
	data := make([]byte, size)
	body := append(appendText([]byte{openMap}, "Records"), openList)
	for i := range n {
		body = appendBlob(appendText(append(body, openMap), "Data"), data)
		body = appendText(appendText(body, "PartitionKey"), fmt.Sprint("partition-", i))
		body = append(body, stop)
	}
	body = appendText(appendText(append(body, stop), "StreamName"), "stream")
	return append(body, stop)
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
	for i := range p.Records {
		p.Records[i].Encrypted = true
	}
	got := len(AppendPage(nil, p, RPC))
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
		var batch kinesisapi.PutBatch
		b.Run("hot/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			b.ReportAllocs()
			for b.Loop() {
				if !DecodePutRecords(body, &batch) {
					b.Fatal("refused")
				}
			}
			perRecord(b, size.records)
		})
		b.Run("fxamacker/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			b.ReportAllocs()
			var in struct {
				StreamName string
				Records    []struct {
					Data         []byte
					PartitionKey string
				}
			}
			for b.Loop() {
				if err := cbor.Unmarshal(body, &in); err != nil {
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
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(size.records * size.bytes))
			for b.Loop() {
				AppendPage(out, p, AWS)
			}
			perRecord(b, size.records)
		})
	}
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}
