package stream

import (
	"strconv"
	"strings"
)

// ShardID is the number of a shard in its stream. Its text form is the shard
// id of the API, such as "shardId-000000000003".
type ShardID int32

const shardIDPrefix = "shardId-"

// String returns the API's form.
func (id ShardID) String() string {
	return string(id.Append(make([]byte, 0, len(shardIDPrefix)+12)))
}

// Append appends the API's form to dst. A negative number, as foreign sequence
// numbers may encode, keeps its sign within the twelve characters
// (spec data-streams §10.1).
func (id ShardID) Append(dst []byte) []byte {
	dst = append(dst, shardIDPrefix...)
	if id < 0 {
		return appendUint(append(dst, '-'), uint64(-int64(id)), 11)
	}
	return appendUint(dst, uint64(id), 12)
}

// ParseShardID reads a shard id as leniently as AWS does: what follows the
// first dash, or all of it, must be digits not above 2147483647
// (spec data-streams §14.1).
func ParseShardID(text string) (ShardID, bool) {
	if _, after, found := strings.Cut(text, "-"); found {
		text = after
	}
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return ShardID(n), err == nil
}
