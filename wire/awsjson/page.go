package awsjson

import (
	"reflect"
	"strconv"

	"github.com/leat-io/leat/api/kinesisapi"
)

// AppendPage appends the answer to GetRecords.
func AppendPage(dst []byte, p *kinesisapi.Page) []byte {
	dst = append(dst, `{"MillisBehindLatest":`...)
	dst = strconv.AppendInt(dst, p.MillisBehindLatest, 10)
	if p.NextShardIterator != "" {
		dst = append(dst, `,"NextShardIterator":`...)
		dst = appendString(dst, p.NextShardIterator)
	}
	if len(p.ChildShards) > 0 {
		dst = append(dst, `,"ChildShards":`...)
		dst = encoder{}.list(dst, reflect.ValueOf(p.ChildShards))
	}
	dst = append(dst, `,"Records":`...)
	dst = appendRecords(dst, p.Records)
	return append(dst, '}')
}

func appendRecords(dst []byte, records []kinesisapi.PageRecord) []byte {
	dst = append(dst, '[')
	for i := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRecord(dst, &records[i])
	}
	return append(dst, ']')
}

func appendRecord(dst []byte, r *kinesisapi.PageRecord) []byte {
	dst = append(dst, `{"ApproximateArrivalTimestamp":`...)
	dst = appendMillis(dst, r.ArrivalMillis)
	dst = append(dst, `,"Data":`...)
	dst = appendBlob(dst, r.Data)
	dst = appendEncryption(dst, r.Encrypted)
	if r.PartitionKey != nil { // absent for one written without
		dst = append(dst, `,"PartitionKey":`...)
		dst = appendString(dst, r.PartitionKey)
	}
	dst = append(dst, `,"SequenceNumber":"`...)
	dst = r.SequenceNumber.Append(dst)
	return append(dst, '"', '}')
}

// pageRecordBytes is what a record of a page takes beside its data and key, at
// most: member names, a 58-digit number, a timestamp, an encryption type.
const pageRecordBytes = 224

// PageBytes returns an upper bound of what AppendPage appends, if no partition
// key needs escapes.
func PageBytes(p *kinesisapi.Page) int {
	n := 1024 + 512*len(p.ChildShards)
	for i := range p.Records {
		r := &p.Records[i]
		n += pageRecordBytes + (len(r.Data)+2)/3*4 + len(r.PartitionKey)
	}
	return n
}
