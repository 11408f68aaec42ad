package cbor

import (
	"reflect"
	"unicode/utf8"

	"github.com/leat-io/leat/api/kinesisapi"
)

// AppendPage appends the answer to GetRecords.
func AppendPage(dst []byte, p *kinesisapi.Page, d Dialect) []byte {
	dst = appendText(append(dst, openMap), "MillisBehindLatest")
	dst = appendInt(dst, p.MillisBehindLatest)
	if p.NextShardIterator != "" {
		dst = appendText(appendText(dst, "NextShardIterator"), p.NextShardIterator)
	}
	if len(p.ChildShards) > 0 {
		dst = appendText(dst, "ChildShards")
		dst = encoder{}.list(dst, reflect.ValueOf(p.ChildShards))
	}
	dst = append(appendText(dst, "Records"), openList)
	for i := range p.Records {
		dst = appendRecord(dst, &p.Records[i], d)
	}
	return append(dst, stop, stop)
}

func appendRecord(dst []byte, r *kinesisapi.PageRecord, d Dialect) []byte {
	dst = append(dst, "\xbf\x78\x1bApproximateArrivalTimestamp"...)
	dst = appendMillis(dst, r.ArrivalMillis, d)
	dst = append(dst, "\x64Data"...)
	dst = appendBlob(dst, r.Data)
	dst = appendEncryption(dst, r.Encrypted)
	if r.PartitionKey != nil { // absent for one written without
		dst = append(dst, "\x6cPartitionKey"...)
		dst = appendKey(dst, r.PartitionKey)
	}
	dst = append(dst, "\x6eSequenceNumber"...)
	dst, at := beginShort(dst)
	dst = r.SequenceNumber.Append(dst)
	endShort(dst, at)
	return append(dst, stop)
}

// appendKey appends a partition key as text.
func appendKey(dst, key []byte) []byte {
	if !utf8.Valid(key) {
		return appendText(dst, string(key))
	}
	return append(appendHead(dst, majorText, uint64(len(key))), key...)
}

// pageRecordBytes is what a record of a page takes beside its data and key, at
// most: member names, a 58-digit number, a timestamp, an encryption type.
const pageRecordBytes = 192

// PageBytes returns an upper bound of what AppendPage appends, if the
// partition keys are UTF-8.
func PageBytes(p *kinesisapi.Page) int {
	n := 1024 + 512*len(p.ChildShards)
	for i := range p.Records {
		r := &p.Records[i]
		n += pageRecordBytes + len(r.Data) + len(r.PartitionKey)
	}
	return n
}
