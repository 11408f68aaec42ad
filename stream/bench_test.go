package stream

import "testing"

var sink []byte

func BenchmarkSequenceNumberAppend(b *testing.B) {
	n := SequenceParts{CreateSeconds: 1700000000, Seconds: 1700003600, Index: 123456789012, Shard: 7}.Number()
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		sink = n.Append(buf)
	}
}

func BenchmarkSequenceNumberNumber(b *testing.B) {
	var n SequenceNumber
	i := uint64(0)
	for b.Loop() {
		i++
		n = SequenceParts{CreateSeconds: 1700000000, Seconds: 1700003600, Index: i, Shard: 7}.Number()
	}
	sink = n.Append(nil)
}

func BenchmarkParseSequenceNumber(b *testing.B) {
	text := []byte("49646437577108476416916876405827138351405044649047359490")
	for b.Loop() {
		if _, err := ParseSequenceNumber(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHashKey(b *testing.B) {
	text := []byte("340282366920938463463374607431768211455")
	for b.Loop() {
		if _, err := ParseHashKey(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHashKeyAppend(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		sink = MaxHashKey.Append(buf)
	}
}

func BenchmarkShardIDAppend(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		sink = ShardID(1234).Append(buf)
	}
}

func BenchmarkHashPartitionKey(b *testing.B) {
	key := []byte("customer-0000000001")
	b.ReportAllocs()
	for b.Loop() {
		HashPartitionKey(key)
	}
}
