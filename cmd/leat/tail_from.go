package main

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// position is where to begin in a shard.
type position struct {
	iterator types.ShardIteratorType
	sequence string    // for AT_ and AFTER_SEQUENCE_NUMBER
	time     time.Time // for AT_TIMESTAMP
}

// from is what --from says: where to begin in a stream.
type from struct {
	position
	// shard is the one that the sequence number of an AT_SEQUENCE_NUMBER
	// belongs to. The others begin at time, when its record arrived.
	shard stream.ShardID
}

// parseFrom reads the value of --from.
func parseFrom(value string) (from, error) {
	switch value {
	case "trim-horizon":
		return from{position: position{iterator: types.ShardIteratorTypeTrimHorizon}}, nil
	case "latest":
		return from{position: position{iterator: types.ShardIteratorTypeLatest}}, nil
	}
	if n, err := stream.ParseSequenceNumber(value); err == nil {
		parts := n.Parts()
		return from{shard: parts.Shard, position: position{
			iterator: types.ShardIteratorTypeAtSequenceNumber,
			sequence: value,
			time:     time.Unix(parts.Seconds, 0),
		}}, nil
	}
	at, ok := parseTime(value, time.Now())
	if !ok {
		return from{}, usagef("--from %q is none of trim-horizon, latest, a time such as 2006-01-02T15:04:05Z, 1136214245 or 15m (ago), or a sequence number", value)
	}
	return from{position: position{iterator: types.ShardIteratorTypeAtTimestamp, time: at}}, nil
}

// parseTime reads a time in one of the forms that --from takes.
func parseTime(value string, now time.Time) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return at, true
	}
	if ago, err := time.ParseDuration(value); err == nil && ago >= 0 {
		return now.Add(-ago), true
	}
	const maxSeconds = 1 << 36 // no sequence number, and past the year 4000
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < maxSeconds {
		return time.UnixMilli(int64(seconds * 1000)), true
	}
	return time.Time{}, false
}

// filter selects the shards to begin with: those that together cover all hash
// keys at the beginning. The rest are their descendants.
func (f from) filter() *types.ShardFilter {
	switch f.iterator {
	case types.ShardIteratorTypeTrimHorizon:
		return &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}
	case types.ShardIteratorTypeLatest:
		return &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}
	}
	return &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: aws.Time(f.time)}
}

// in returns where to begin in one of the shards that filter selects.
func (f from) in(shard string) position {
	if f.iterator == types.ShardIteratorTypeAtSequenceNumber {
		if id, ok := stream.ParseShardID(shard); !ok || id != f.shard {
			return position{iterator: types.ShardIteratorTypeAtTimestamp, time: f.time}
		}
	}
	return f.position
}

// request returns the GetShardIterator call for the position.
func (p position) request(streamName, shard string) *kinesis.GetShardIteratorInput {
	in := &kinesis.GetShardIteratorInput{StreamName: &streamName, ShardId: &shard, ShardIteratorType: p.iterator}
	switch p.iterator {
	case types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeAfterSequenceNumber:
		in.StartingSequenceNumber = &p.sequence
	case types.ShardIteratorTypeAtTimestamp:
		in.Timestamp = &p.time
	}
	return in
}
