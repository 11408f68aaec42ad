package kinesis

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// iteratorLifeMillis is for how long a shard iterator may be used (spec
// data-streams §12.3).
const iteratorLifeMillis = 300_000

// shardIterator is what the token of the same name stands for: the next record
// to read of one shard. Trim horizon is offset 0.
type shardIterator struct {
	// stream is the identity of the stream; a stream created anew under the
	// same name has another. name is for looking it up and for messages.
	stream storage.StreamID
	name   string
	shard  uint32
	offset storage.Offset
	// issuedMillis is when the token was sealed.
	issuedMillis int64
}

// shardID returns the public id of the shard.
func (it *shardIterator) shardID() stream.ShardID { return stream.ShardID(it.shard) }

// A token is unpadded base64 of
//
//	version      1 B  1
//	nonce       12 B  44 bits issue time in Unix milliseconds, until the year 2527
//	                  26 bits drawn at random by each iteratorSealer
//	                  26 bits counting up
//	AES-256-GCM of the following, the version being authenticated too
//	  stream     4 B  big-endian, like all
//	  shard      4 B
//	  offset     8 B
//	  name            1 to 128 bytes
//	tag         16 B
//
// which makes at most 231 of the 512 characters that a token may have.
//
// No nonce is used twice with a key: one sealer would have to seal 2^26 times
// within a millisecond, or its clock be set back by exactly so much that time
// and counter meet again; two sealers, of two servers on one log or of one
// before and after a restart, would have to draw the same 26 bits and then
// count alike in the same millisecond.
const (
	iteratorVersion     = 1
	iteratorNonceAt     = 1
	iteratorSealedAt    = iteratorNonceAt + 12
	iteratorFixed       = 4 + 4 + 8
	iteratorTag         = 16
	iteratorCounterBits = 26
	maxStreamName       = 128
	maxIteratorBytes    = iteratorSealedAt + iteratorFixed + maxStreamName + iteratorTag
)

var iteratorEncoding = base64.RawStdEncoding.Strict()

// iteratorSealer makes tokens of shard iterators and reads them back. All
// sealers of one secret read each other's. It is safe for concurrent use.
type iteratorSealer struct {
	aead    cipher.AEAD
	sealer  uint64 // 26 bits
	counter atomic.Uint64
}

// newIteratorSealer derives the key from the secret of the installation.
func newIteratorSealer(secret []byte) (*iteratorSealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "leat shard iterator 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of shard iterators: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the key of shard iterators: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("use the key of shard iterators: %w", err)
	}
	var random [8]byte
	rand.Read(random[:]) // never fails
	return &iteratorSealer{
		aead:   aead,
		sealer: binary.BigEndian.Uint64(random[:]) & (1<<iteratorCounterBits - 1),
	}, nil
}

// seal returns a token for the iterator, issued at the given time and unlike
// every other token.
func (s *iteratorSealer) seal(it *shardIterator, nowMillis int64) string {
	count := s.counter.Add(1) & (1<<iteratorCounterBits - 1)
	low := s.sealer<<iteratorCounterBits | count // 52 bits; 12 more of the time go above it

	buf := make([]byte, iteratorSealedAt, maxIteratorBytes)
	buf[0] = iteratorVersion
	binary.BigEndian.PutUint32(buf[1:], uint32(nowMillis>>12))
	binary.BigEndian.PutUint64(buf[5:], uint64(nowMillis)<<52|low)
	buf = binary.BigEndian.AppendUint32(buf, uint32(it.stream))
	buf = binary.BigEndian.AppendUint32(buf, it.shard)
	buf = binary.BigEndian.AppendUint64(buf, uint64(it.offset))
	buf = append(buf, it.name...)
	sealed := s.aead.Seal(buf[:iteratorSealedAt], buf[iteratorNonceAt:iteratorSealedAt],
		buf[iteratorSealedAt:], buf[:iteratorNonceAt])

	var text [(maxIteratorBytes*8 + 5) / 6]byte
	n := iteratorEncoding.EncodedLen(len(sealed))
	iteratorEncoding.Encode(text[:n], sealed)
	return string(text[:n])
}

// open reads a token. Surrounding double quotes are forgiven, as AWS does. Any
// text that seal did not return is an InvalidArgumentException, a token older
// than iteratorLifeMillis an ExpiredIteratorException. A token from the future
// is fine: it is genuine, so the clock was set back or another server's is
// ahead.
func (s *iteratorSealer) open(token string, nowMillis int64) (shardIterator, error) {
	if n := len(token); n >= 2 && token[0] == '"' && token[n-1] == '"' {
		token = token[1 : n-1]
	}
	size := iteratorEncoding.DecodedLen(len(token))
	if size > maxIteratorBytes || size <= iteratorSealedAt+iteratorFixed+iteratorTag {
		return shardIterator{}, errInvalidIterator
	}
	buf := make([]byte, size, maxIteratorBytes)
	n, err := iteratorEncoding.Decode(buf, []byte(token))
	// The decoder skips line breaks, which seal writes none of.
	if err != nil || iteratorEncoding.EncodedLen(n) != len(token) || buf[0] != iteratorVersion {
		return shardIterator{}, errInvalidIterator
	}
	plain, err := s.aead.Open(buf[iteratorSealedAt:iteratorSealedAt], buf[iteratorNonceAt:iteratorSealedAt],
		buf[iteratorSealedAt:], buf[:iteratorNonceAt])
	if err != nil {
		return shardIterator{}, errInvalidIterator
	}
	it := shardIterator{
		stream: storage.StreamID(binary.BigEndian.Uint32(plain)),
		shard:  binary.BigEndian.Uint32(plain[4:]),
		offset: storage.Offset(binary.BigEndian.Uint64(plain[8:])),
		name:   string(plain[iteratorFixed:]),
		issuedMillis: int64(binary.BigEndian.Uint32(buf[1:]))<<12 |
			int64(binary.BigEndian.Uint64(buf[5:])>>52),
	}
	if nowMillis-it.issuedMillis > iteratorLifeMillis {
		return shardIterator{}, expiredIterator(it.issuedMillis, nowMillis)
	}
	return it, nil
}

// errInvalidIterator is shared: nothing in it depends on the request.
var errInvalidIterator = api.Errorf(kinesisapi.InvalidArgument, "Invalid ShardIterator.")

// expiredIterator returns the error for a token used too late.
func expiredIterator(issuedMillis, nowMillis int64) error {
	const javaDate = "Mon Jan 02 15:04:05 MST 2006"
	date := func(millis int64) string { return time.UnixMilli(millis).UTC().Format(javaDate) }
	return api.Errorf(kinesisapi.ExpiredIterator,
		"Iterator expired. The iterator was created at time %s while right now it is %s"+
			" which is further in the future than the tolerated delay of %d milliseconds.",
		date(issuedMillis), date(nowMillis), iteratorLifeMillis)
}
