package awsjson

import "github.com/leat-io/leat/api/kinesisapi"

// The members of the two put operations, as bits of the sets of those already
// seen: a second one of a name is not for the hot decoders.
const (
	seenData = 1 << iota
	seenPartitionKey
	seenExplicitHashKey
	seenOrdering
	seenStreamName
	seenStreamARN
	seenRecords
)

// DecodePutRecords reads the body of a PutRecords into b, or reports that it is
// one for the generic decoder; b then holds nothing of use. The records go into
// the arena, which must have ArenaBytes(body); nothing of b is a view of the
// body. It allocates nothing per record once b.Records has grown.
func DecodePutRecords(body, arena []byte, b *kinesisapi.PutBatch) bool {
	*b = kinesisapi.PutBatch{Records: b.Records[:0]}
	s := scanner{body: body, arena: arena}
	if !s.byte('{') {
		return false
	}
	seen := 0
	for more := true; more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		bit := 0
		switch string(name) {
		case "Records":
			bit, ok = seenRecords, s.records(b)
		case "StreamName":
			bit = seenStreamName
			b.StreamName, ok = s.streamName()
		case "StreamARN":
			bit = seenStreamARN
			b.StreamARN, ok = s.streamARN()
		}
		if !ok || bit == 0 || seen&bit != 0 {
			return false
		}
		seen |= bit
		if more, ok = s.next('}'); !ok {
			return false
		}
	}
	return seen&seenRecords != 0 && s.end()
}

// records reads 1 to MaxRecords entries.
func (s *scanner) records(b *kinesisapi.PutBatch) bool {
	if !s.byte('[') {
		return false
	}
	for more, ok := true, true; more; {
		if len(b.Records) == kinesisapi.MaxRecords || !s.entry(b) {
			return false
		}
		if more, ok = s.next(']'); !ok {
			return false
		}
	}
	return true
}

// entry reads one record.
func (s *scanner) entry(b *kinesisapi.PutBatch) bool {
	if !s.byte('{') {
		return false
	}
	b.Records = append(b.Records, kinesisapi.PutRecord{})
	r := &b.Records[len(b.Records)-1]
	seen := 0
	for more := true; more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		bit, ok := s.recordMember(name, r)
		if !ok || seen&bit != 0 {
			return false
		}
		seen |= bit
		if more, ok = s.next('}'); !ok {
			return false
		}
	}
	return seen&seenData != 0
}

// recordMember reads the value of a member that belongs to a record in both
// operations, and tells which it was.
func (s *scanner) recordMember(name []byte, r *kinesisapi.PutRecord) (bit int, ok bool) {
	switch string(name) {
	case "Data":
		bit = seenData
		r.Data, ok = s.blob()
	case "PartitionKey":
		bit = seenPartitionKey
		r.PartitionKey, ok = s.partitionKey()
	case "ExplicitHashKey":
		bit = seenExplicitHashKey
		r.ExplicitHashKey, ok = s.hashKey()
	}
	return bit, ok
}

// DecodePutRecord is DecodePutRecords for PutRecord: b gets one record.
func DecodePutRecord(body, arena []byte, b *kinesisapi.PutBatch) bool {
	*b = kinesisapi.PutBatch{Records: append(b.Records[:0], kinesisapi.PutRecord{})}
	s := scanner{body: body, arena: arena}
	if !s.byte('{') {
		return false
	}
	seen := 0
	for more := true; more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		bit := 0
		switch string(name) {
		case "StreamName":
			bit = seenStreamName
			b.StreamName, ok = s.streamName()
		case "StreamARN":
			bit = seenStreamARN
			b.StreamARN, ok = s.streamARN()
		case "SequenceNumberForOrdering":
			var number []byte
			bit = seenOrdering
			number, ok = s.decimal(kinesisapi.SequenceNumberDigits)
			b.SequenceNumberForOrdering = string(number)
		default:
			bit, ok = s.recordMember(name, &b.Records[0])
		}
		if !ok || seen&bit != 0 {
			return false
		}
		seen |= bit
		if more, ok = s.next('}'); !ok {
			return false
		}
	}
	return seen&seenData != 0 && s.end()
}
