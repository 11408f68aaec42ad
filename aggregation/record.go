package aggregation

import (
	"errors"
	"unicode/utf8"

	"github.com/leat-io/leat/stream"
)

// UserRecord is what an application puts and gets: one of the records in an
// aggregate.
type UserRecord struct {
	// PartitionKey is valid UTF-8.
	PartitionKey string
	// ExplicitHashKey is a decimal number in [0, 2^128-1] that takes the place
	// of the partition key's hash, or empty.
	ExplicitHashKey string
	Data            []byte
}

// ErrPartitionKey says that a partition key is not valid UTF-8. Consumers would
// read another key, and so look for the record in another shard.
var ErrPartitionKey = errors.New("the partition key is not valid UTF-8")

// HashKey returns the explicit hash key, or the hash of the partition key where
// there is none. The error is ErrPartitionKey or stream.ErrHashKey.
func (r UserRecord) HashKey() (stream.HashKey, error) {
	if !utf8.ValidString(r.PartitionKey) {
		return stream.HashKey{}, ErrPartitionKey
	}
	if r.ExplicitHashKey != "" {
		return stream.ParseHashKey(r.ExplicitHashKey)
	}
	return stream.HashPartitionKey([]byte(r.PartitionKey)), nil
}
