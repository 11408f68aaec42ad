package aggregation

import (
	"fmt"
	"testing"

	"github.com/leat-io/leat/stream"
)

// benchRecords makes user records of 100 bytes under as many keys.
func benchRecords(n, keys int) []UserRecord {
	records := make([]UserRecord, n)
	for i := range records {
		records[i] = UserRecord{PartitionKey: fmt.Sprintf("customer-%07d", i%keys), Data: make([]byte, 100)}
	}
	return records
}

// BenchmarkAggregate packs 300 user records into one aggregate, an operation
// being one of them.
func BenchmarkAggregate(b *testing.B) {
	for _, keys := range []int{1, 300} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			records := benchRecords(300, keys)
			var a Aggregator
			var data []byte
			b.ReportAllocs()
			b.SetBytes(100)
			for i := range b.N {
				a.Add(records[i%len(records)])
				if a.Count() == len(records) {
					data = a.AppendData(data[:0])
					a.Reset()
				}
			}
		})
	}
}

// BenchmarkDeaggregate takes them apart again, for a shard that owns half of
// the hash keys where the range is checked.
func BenchmarkDeaggregate(b *testing.B) {
	for _, keys := range []int{1, 300} {
		for name, within := range map[string]stream.HashKeyRange{"any": everywhere, "checked": {Start: stream.HashKey{Lo: 1}, End: stream.MaxHashKey}} {
			b.Run(fmt.Sprintf("keys=%d/range=%s", keys, name), func(b *testing.B) {
				data := pack(b, benchRecords(300, keys)...)
				var records []UserRecord
				b.ReportAllocs()
				b.SetBytes(100)
				for i := 0; i < b.N; i += 300 {
					records, _, _ = Deaggregate(records[:0], data, within)
				}
			})
		}
	}
}
