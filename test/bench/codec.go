//go:build linux

package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/leat-io/leat/api/kinesisapi"
	kinesis "github.com/leat-io/leat/stream"
	"github.com/leat-io/leat/wire/awsjson"
)

// The codecs alone are a part of the ceiling: with everything else free, a put
// still has to be scanned, decoded from base64, hashed by its partition key and
// answered, and a page to be written out.

// codecPut returns the CPU time per record of a put's body and answer.
func codecPut(s shape, phase time.Duration) (time.Duration, error) {
	body := putRecordsBody(seeded(0), s.records, s.size)
	arena := make([]byte, awsjson.ArenaBytes(body))
	var b kinesisapi.PutBatch
	var answer []byte
	refused := false
	cpu := perCall(phase, func() {
		b.Records = b.Records[:0]
		refused = refused || !awsjson.DecodePutRecords(body, arena, &b)
		for i := 0; i+1 < len(b.Records); i += 2 {
			kinesis.HashPartitionKeys(b.Records[i].PartitionKey, b.Records[i+1].PartitionKey)
		}
		for i := range b.Records {
			b.Records[i].SequenceNumber = number(i)
		}
		answer = awsjson.AppendPutRecordsOutput(answer[:0], &b)
	})
	if refused {
		return 0, fmt.Errorf("the hot codec refuses the body of %v", s)
	}
	return cpu / time.Duration(s.records), nil
}

// codecGet returns the CPU time per record of a page's answer.
func codecGet(s shape, phase time.Duration) time.Duration {
	page := kinesisapi.Page{NextShardIterator: string(bytes.Repeat([]byte{'A'}, 200))}
	rnd := seeded(0)
	for i := range s.records {
		data := make([]byte, s.size)
		rnd.Read(data)
		page.Records = append(page.Records, kinesisapi.PageRecord{
			Data: data, PartitionKey: []byte(partitionKey(rnd)), SequenceNumber: number(i), ArrivalMillis: time.Now().UnixMilli(),
		})
	}
	answer := make([]byte, 0, awsjson.PageBytes(&page))
	cpu := perCall(phase, func() { answer = awsjson.AppendPage(answer[:0], &page) })
	return cpu / time.Duration(s.records)
}

// number is a sequence number of today.
func number(i int) kinesis.SequenceNumber {
	now := time.Now().Unix()
	return kinesis.SequenceParts{CreateSeconds: now, Seconds: now, Index: uint64(i + 1)}.Number()
}

// perCall runs f over and over and returns the CPU time of a call.
func perCall(phase time.Duration, f func()) time.Duration {
	const batch = 16 // calls between two looks at the time
	f()
	before, began, calls := selfCPU(), time.Now(), 0
	for time.Since(began) < phase {
		for range batch {
			f()
		}
		calls += batch
	}
	return (selfCPU() - before) / time.Duration(calls)
}
