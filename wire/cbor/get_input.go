package cbor

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
)

// DecodeGetRecords reads the body of a GetRecords into in, or reports that it
// is one for the generic decoder; in then holds nothing of use.
func DecodeGetRecords(body []byte, in *kinesis.GetRecordsInput) bool {
	*in = kinesis.GetRecordsInput{}
	s := scanner{body: body}
	members, ok := s.begin(majorMap)
	if !ok {
		return false
	}
	for s.more(&members) {
		name, ok := s.text()
		if !ok {
			return false
		}
		switch string(name) {
		case "ShardIterator":
			ok = in.ShardIterator == nil && s.shardIterator(in)
		case "Limit":
			ok = in.Limit == nil && s.limit(in)
		case "StreamARN":
			var arn string
			twice := in.StreamARN != nil
			arn, ok = s.streamARN()
			ok = ok && !twice
			in.StreamARN = &arn
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return in.ShardIterator != nil && s.end()
}

func (s *scanner) shardIterator(in *kinesis.GetRecordsInput) bool {
	text, ok := s.text()
	// As many characters as bytes in all that a server issues.
	if !ok || len(text) == 0 || len(text) > kinesisapi.MaxShardIteratorLength {
		return false
	}
	iterator := string(text)
	in.ShardIterator = &iterator
	return true
}

// limit reads an integer in the range of the model.
func (s *scanner) limit(in *kinesis.GetRecordsInput) bool {
	h, ok := s.head(majorUint)
	if !ok || h.n < 1 || h.n > kinesisapi.MaxPageSize {
		return false
	}
	n := int32(h.n)
	in.Limit = &n
	return true
}
