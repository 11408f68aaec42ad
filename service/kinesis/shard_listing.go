package kinesis

import (
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// selection is which shards a listing shows.
type selection byte

const (
	allShards   selection = 1 // that are within retention
	openShards  selection = 2 // that were open at the instant
	shardsSince selection = 3 // that were open at the instant or later
)

// shardListing is a ListShards under way. Its filter is resolved to an instant
// when it begins and travels in the NextToken, so that the pages of an AT_
// filter add up to one generation, which tiles the hash key space, also when
// the stream is resharded between two of them.
type shardListing struct {
	stream   storage.StreamID
	selects  selection
	atMillis int64
	after    stream.ShardID // the last shard that has been shown, -1 for none
	name     string
}

// newShardListing begins a listing of x as its filter and its starting shard
// say (spec data-streams §11.6).
//
// An instant before the trim horizon is moved there, since what was open then
// may be gone, and one before the stream's creation to that, since nothing was
// open: so AT_ filters never come out empty, which clients could not bear. One
// after the last change is moved to that, since later changes may come to lie
// between the two.
func newShardListing(x *catalog.Stream, in *kinesis.ListShardsInput, nowMillis int64) *shardListing {
	l := &shardListing{stream: x.ID, name: x.Name, selects: allShards, after: -1}
	if in.ExclusiveStartShardId != nil {
		l.after = lastBefore(x, *in.ExclusiveStartShardId)
	}
	if in.ShardFilter == nil {
		return l
	}
	earliest := max(x.HorizonMillis(nowMillis), x.CreatedMillis)
	switch f := in.ShardFilter; f.Type {
	case types.ShardFilterTypeAfterShardId:
		l.after = max(l.after, lastBefore(x, *f.ShardId))
	case types.ShardFilterTypeAtTrimHorizon:
		l.selects, l.atMillis = openShards, min(earliest, x.ChangedMillis)
	case types.ShardFilterTypeAtLatest:
		l.selects, l.atMillis = openShards, x.ChangedMillis
	case types.ShardFilterTypeAtTimestamp:
		l.selects, l.atMillis = openShards, min(max(earliest, f.Timestamp.UnixMilli()), x.ChangedMillis)
	case types.ShardFilterTypeFromTimestamp:
		l.selects, l.atMillis = shardsSince, max(earliest, f.Timestamp.UnixMilli())
	}
	return l
}

// lastBefore returns the highest id that a listing after the text leaves out,
// -1 when it begins with the first shard.
func lastBefore(x *catalog.Stream, text string) stream.ShardID {
	if id, ok := stream.ParseShardID(text); ok {
		return id
	}
	if text < stream.ShardID(0).String() {
		return -1
	}
	return stream.ShardID(x.NextShard)
}

// page returns the next shards, up to limit, and whether there are more after
// them.
func (l *shardListing) page(x *catalog.Stream, limit int, nowMillis int64) ([]types.Shard, bool) {
	shapes := []types.Shard{}
	shards := x.ShardsAfter(l.after)
	for i := range shards {
		sh := &shards[i]
		if !l.shows(x, sh, nowMillis) {
			continue
		}
		if len(shapes) == limit {
			return shapes, true
		}
		shapes = append(shapes, shardShape(sh))
		l.after = sh.ID()
	}
	return shapes, false
}

func (l *shardListing) shows(x *catalog.Stream, sh *catalog.Shard, nowMillis int64) bool {
	switch l.selects {
	case openShards:
		// None of these was expired when the listing began.
		return sh.OpenAt(l.atMillis)
	case shardsSince:
		return !x.Expired(sh, nowMillis) && (!sh.Closed() || sh.ClosedMillis >= l.atMillis)
	}
	return !x.Expired(sh, nowMillis)
}

// listingFixed is the length of a listing in a token without the name.
const listingFixed = 4 + 1 + 8 + 4

// append appends the form in which the listing travels in a token.
func (l *shardListing) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(l.stream))
	dst = append(dst, byte(l.selects))
	dst = binary.BigEndian.AppendUint64(dst, uint64(l.atMillis))
	dst = binary.BigEndian.AppendUint32(dst, uint32(l.after))
	return append(dst, l.name...)
}

// readShardListing reads what append wrote, in a token of the caller's.
func readShardListing(body []byte, caller api.Caller) (*shardListing, catalog.Ref, error) {
	if len(body) < listingFixed {
		return nil, catalog.Ref{}, errInvalidToken
	}
	l := &shardListing{
		stream:   storage.StreamID(binary.BigEndian.Uint32(body)),
		selects:  selection(body[4]),
		atMillis: int64(binary.BigEndian.Uint64(body[5:])),
		after:    stream.ShardID(binary.BigEndian.Uint32(body[13:])),
		name:     string(body[listingFixed:]),
	}
	return l, catalog.Ref{Account: caller.Account, Region: caller.Region, Name: l.name}, nil
}
