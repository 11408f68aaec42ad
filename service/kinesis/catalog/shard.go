package catalog

import (
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// NoShard stands in Parent and AdjacentParent for a parent that is not there.
const NoShard = -1

// Shard is one shard of a stream, as of one version of the stream.
//
// It was open during [OpenedMillis, ClosedMillis), and the children of a shard
// open at the instant at which it closes, so that at every instant exactly one
// generation tiles the hash key space. Shards that UpdateShardCount makes and
// closes again on its way have an empty interval.
//
// The seconds are those in sequence numbers, which are a different matter: a
// child's CreateSeconds is one more than the CloseSeconds of its parents (spec
// data-streams §12.2), so that its sequence numbers are all greater, and may
// be ahead of the clock.
type Shard struct {
	Index          uint32              `json:"i"`
	Range          stream.HashKeyRange `json:"r"`
	Parent         int32               `json:"p"` // index, or NoShard
	AdjacentParent int32               `json:"a"` // index, or NoShard
	OpenedMillis   int64               `json:"o"`
	ClosedMillis   int64               `json:"c,omitempty"` // 0 while open
	CreateSeconds  int64               `json:"cs"`
	CloseSeconds   int64               `json:"es,omitempty"`

	meter *Meter // see derive
}

// ID returns the shard's public id.
func (s *Shard) ID() stream.ShardID { return stream.ShardID(s.Index) }

// Closed reports whether the shard was split or merged.
func (s *Shard) Closed() bool { return s.ClosedMillis != 0 }

// Meter returns what counts the puts into the shard, nil when they are not
// counted: when it is closed, or its stream provisioned.
func (s *Shard) Meter() *Meter { return s.meter }

// OpenAt reports whether the shard was open at the instant.
func (s *Shard) OpenAt(millis int64) bool {
	return s.OpenedMillis <= millis && (!s.Closed() || millis < s.ClosedMillis)
}

// StartingSequenceNumber returns the number below those of all its records.
func (s *Shard) StartingSequenceNumber() stream.SequenceNumber {
	return s.number(stream.StartIndex, s.CreateSeconds)
}

// EndingSequenceNumber returns the number above those of all its records, and
// the zero value while the shard is open.
func (s *Shard) EndingSequenceNumber() stream.SequenceNumber {
	if !s.Closed() {
		return stream.SequenceNumber{}
	}
	return s.number(stream.EndIndex, s.CloseSeconds)
}

// SequenceNumber returns the number of the record with this offset and time
// of arrival.
func (s *Shard) SequenceNumber(o storage.Offset, arrivalMillis int64) stream.SequenceNumber {
	return s.number(uint64(o)+1, max(arrivalMillis/1000, s.CreateSeconds))
}

func (s *Shard) number(index uint64, seconds int64) stream.SequenceNumber {
	return stream.SequenceParts{
		CreateSeconds: s.CreateSeconds, Seconds: seconds, Index: index, Shard: s.ID(),
	}.Number()
}
