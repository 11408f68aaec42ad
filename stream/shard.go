package stream

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// ShardID is the number of a shard in its stream. Its text form is the shard
// id of the API, such as "shardId-000000000003".
type ShardID int32

const (
	shardIDPrefix = "shardId-"
	shardIDDigits = 12
)

// String returns the API's form.
func (id ShardID) String() string {
	return string(id.Append(make([]byte, 0, len(shardIDPrefix)+shardIDDigits)))
}

// Append appends the API's form to dst. A negative number, as foreign sequence
// numbers may encode, keeps its sign within the twelve characters
// (spec data-streams §10.1).
func (id ShardID) Append(dst []byte) []byte {
	if id < 0 {
		return appendUint(append(dst, shardIDPrefix+"-"...), uint64(-int64(id)), shardIDDigits-1)
	}
	var buf [len(shardIDPrefix) + shardIDDigits]byte
	binary.LittleEndian.PutUint64(buf[4:], eightDigits(uint64(id)/1e8))
	binary.LittleEndian.PutUint64(buf[12:], eightDigits(uint64(id)%1e8))
	copy(buf[:], shardIDPrefix) // over the upper four of the first eight digits
	return append(dst, buf[:]...)
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
