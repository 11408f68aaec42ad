package catalog

import (
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

const hourMillis = 3600 * 1000

// LimitsTag is the key of the tag that chooses the limits of one stream, with
// the value "aws" or "off". Any other value leaves the server's choice.
const LimitsTag = "leat:limits"

// Stream is one immutable version of a stream's definition. Whoever holds one
// may keep it as long as they like; nobody may change it.
//
// Each change of shards has an instant of its own, later than those before: a
// command that comes with no later time takes effect a millisecond after the
// last change.
type Stream struct {
	ID      storage.StreamID   `json:"id"`
	Account string             `json:"account"`
	Region  string             `json:"region"`
	Name    string             `json:"name"`
	Status  types.StreamStatus `json:"status"`
	Mode    types.StreamMode   `json:"mode"`

	CreatedMillis int64 `json:"created"` // Unix milliseconds
	// ChangedMillis is the newest instant at which shards were opened or
	// closed, which may be ahead of the clock; the creation is the first.
	ChangedMillis int64 `json:"changed"`

	RetentionHours int32 `json:"retention"`
	// TrimmedMillis is the highest trim horizon that has been acted upon.
	// Nothing older comes back, however long the retention becomes.
	TrimmedMillis int64             `json:"trimmed,omitempty"`
	MaxRecordKiB  int32             `json:"max_record_kib"`
	Tags          map[string]string `json:"tags,omitempty"`
	// Policy is who else may do what with the stream; nil when it has none.
	Policy *Policy `json:"policy,omitempty"`
	// Monitored are the shard-level metrics that are enabled, sorted.
	Monitored []types.MetricsName `json:"monitored,omitempty"`

	// Of on-demand streams: WarmMiBps is the throughput that the stream is
	// scaled for whatever its load; Auto says that records are spread over the
	// shards whatever their keys.
	WarmMiBps int32 `json:"warm,omitempty"`
	Auto      bool  `json:"auto,omitempty"`

	// Shards are all that have not been expired by a command, in id order;
	// none while CREATING and DELETING. Some may be past retention already,
	// see Expired.
	Shards    []Shard `json:"shards,omitempty"`
	NextShard uint32  `json:"next_shard"` // the index that the next shard gets

	// Consumers are those with enhanced fan-out, sorted by name; none while
	// CREATING and DELETING. GoneConsumerSeconds is the latest creation of one
	// that is gone, in Unix seconds.
	Consumers           []Consumer `json:"consumers,omitempty"`
	GoneConsumerSeconds int64      `json:"gone_consumer,omitempty"`

	// KeyID is the master key as StartEncryption named it, empty while records
	// are stored plain. Keys are all data keys that the stream ever had, that of
	// version 1 first: which one a record is sealed with is kept with it.
	KeyID string    `json:"key_id,omitempty"`
	Keys  []DataKey `json:"keys,omitempty"`

	// Pending is what ends the present status; nil when ACTIVE.
	Pending *Transition `json:"pending,omitempty"`

	// When the last calls of UpdateShardCount, UpdateStreamMode,
	// StartStreamEncryption and StopStreamEncryption that changed something took
	// place, oldest first, no more than their daily quotas need.
	ScaledMillis    []int64 `json:"scaled,omitempty"`
	ModeMillis      []int64 `json:"mode_changes,omitempty"`
	EncryptedMillis []int64 `json:"encryptions,omitempty"`
	PlainMillis     []int64 `json:"encryption_ends,omitempty"`

	// Derived from the above, see derive.
	arn    string
	open   []*Shard // by range
	routes routes   // to the shards of open
}

// ARN returns the stream's Amazon resource name.
func (s *Stream) ARN() string { return s.arn }

// Open returns the open shards in the order of their hash key ranges, which
// tile the hash key space. There are none while the stream is CREATING or
// DELETING. The slice is shared.
func (s *Stream) Open() []*Shard { return s.open }

// Route returns the open shard that owns h, and nil only when there is no
// open shard at all.
func (s *Stream) Route(h stream.HashKey) *Shard {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[s.routes.find(h)]
}

// Shard returns the shard with the id, also when it is past retention but not
// yet expired by a command.
func (s *Stream) Shard(id stream.ShardID) (*Shard, bool) {
	if id < 0 {
		return nil, false
	}
	i := s.after(uint32(id))
	if i == 0 || s.Shards[i-1].Index != uint32(id) {
		return nil, false
	}
	return &s.Shards[i-1], true
}

// Children returns the direct children of the shard, in id order: two after a
// split, one after a merge, none of an open one.
func (s *Stream) Children(id stream.ShardID) []*Shard {
	var children []*Shard
	younger := s.ShardsAfter(id)
	for i := range younger {
		if c := &younger[i]; c.Parent == int32(id) || c.AdjacentParent == int32(id) {
			children = append(children, c)
		}
	}
	return children
}

// ShardsAfter returns the shards with higher ids, which need not be the id of
// one. The slice is shared.
func (s *Stream) ShardsAfter(id stream.ShardID) []Shard {
	if id < 0 {
		return s.Shards
	}
	return s.Shards[s.after(uint32(id)):]
}

// after returns the place in Shards of the first with a higher index.
func (s *Stream) after(index uint32) int {
	return sort.Search(len(s.Shards), func(i int) bool { return s.Shards[i].Index > index })
}

// HorizonMillis returns the trim horizon at the given time: records that
// arrived before it are gone.
func (s *Stream) HorizonMillis(nowMillis int64) int64 {
	return max(nowMillis-int64(s.RetentionHours)*hourMillis, s.TrimmedMillis)
}

// Expired reports whether the shard was closed before the trim horizon. Such
// a shard is shown to nobody, whether or not it is still in Shards.
func (s *Stream) Expired(sh *Shard, nowMillis int64) bool {
	return sh.Closed() && sh.ClosedMillis < s.HorizonMillis(nowMillis)
}

// Limits returns the value of the tag LimitsTag, empty when there is none.
func (s *Stream) Limits() string { return s.Tags[LimitsTag] }

// derive fills in what follows from the serialised fields. Every new version
// of a stream whose shards or mode are new goes through it before anybody sees
// it. Meters are in its Shards, which no other version may share then.
func (s *Stream) derive() *Stream {
	s.arn = Ref{s.Account, s.Region, s.Name}.ARN()
	n := 0
	for i := range s.Shards {
		sh := &s.Shards[i]
		if !sh.Closed() {
			n++
		}
		switch metered := s.Mode == types.StreamModeOnDemand && !sh.Closed(); {
		case metered && sh.meter == nil:
			sh.meter = new(Meter)
		case !metered && sh.meter != nil:
			sh.meter = nil
		}
	}
	s.open = make([]*Shard, 0, n)
	for i := range s.Shards {
		if !s.Shards[i].Closed() {
			s.open = append(s.open, &s.Shards[i])
		}
	}
	slices.SortFunc(s.open, func(a, b *Shard) int { return a.Range.Start.Compare(b.Range.Start) })
	s.routes = newRoutes(s.open)
	return s
}
