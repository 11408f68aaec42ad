package multilang

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/lease"
)

// The actions that messages are about.
const (
	actionInitialize        = "initialize"
	actionProcessRecords    = "processRecords"
	actionLeaseLost         = "leaseLost"
	actionShardEnded        = "shardEnded"
	actionShutdownRequested = "shutdownRequested"
	actionCheckpoint        = "checkpoint"
	actionStatus            = "status"
	actionRecord            = "record"
)

// What is said to the child.
type (
	initialize struct {
		Action            string `json:"action"`
		ShardID           string `json:"shardId"`
		SequenceNumber    string `json:"sequenceNumber"`
		SubSequenceNumber int64  `json:"subSequenceNumber"`
	}
	processRecords struct {
		Action             string   `json:"action"`
		Records            []record `json:"records"`
		MillisBehindLatest int64    `json:"millisBehindLatest"`
	}
	record struct {
		Action                      string `json:"action"`
		Data                        []byte `json:"data"` // in base64
		PartitionKey                string `json:"partitionKey"`
		SequenceNumber              string `json:"sequenceNumber"`
		ApproximateArrivalTimestamp int64  `json:"approximateArrivalTimestamp"` // Unix milliseconds
		SubSequenceNumber           int64  `json:"subSequenceNumber"`
	}
	bare struct {
		Action string `json:"action"`
	}
	checkpointed struct {
		Action            string  `json:"action"`
		SequenceNumber    *string `json:"sequenceNumber"`
		SubSequenceNumber *int64  `json:"subSequenceNumber"`
		Error             *string `json:"error"`
	}
)

// said is what a child says: a status, or that it wants a checkpoint.
type said struct {
	Action            string  `json:"action"`
	ResponseFor       string  `json:"responseFor"`
	SequenceNumber    *string `json:"sequenceNumber"`
	SubSequenceNumber *int64  `json:"subSequenceNumber"`
}

// parse reads a line of a child.
func parse(line []byte) (said, error) {
	var m said
	err := json.Unmarshal(line, &m)
	if err == nil && m.Action != actionStatus && m.Action != actionCheckpoint {
		err = fmt.Errorf("action %q", m.Action)
	}
	return m, err
}

// recordsOf returns the message with a batch.
func recordsOf(b *consumer.Batch) processRecords {
	m := processRecords{
		Action: actionProcessRecords, Records: make([]record, 0, len(b.Records)),
		MillisBehindLatest: b.BehindLatest.Milliseconds(),
	}
	for i := range b.Records {
		r := &b.Records[i]
		m.Records = append(m.Records, record{
			Action: actionRecord, Data: r.Data, PartitionKey: r.PartitionKey, SequenceNumber: r.SequenceNumber,
			ApproximateArrivalTimestamp: r.Arrived.UnixMilli(), SubSequenceNumber: r.SubSequenceNumber,
		})
	}
	return m
}

// exceptionOf returns the KCL's name for an error of a checkpoint, nil for none.
func exceptionOf(err error) *string {
	name := "KinesisClientLibDependencyException"
	switch {
	case err == nil:
		return nil
	case errors.Is(err, consumer.ErrLeaseLost):
		name = "ShutdownException"
	case errors.Is(err, consumer.ErrOutOfRange):
		name = "IllegalArgumentException"
	case errors.Is(err, consumer.ErrNotNow):
		name = "InvalidStateException"
	case errors.Is(err, lease.ErrThrottled):
		name = "ThrottlingException"
	}
	return &name
}
