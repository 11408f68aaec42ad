package kinesis

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// A sealed record is stored without a partition key and an explicit hash key,
// and as its data has, described in docs/formats/encryption.md,
//
//	lot          4 B  big-endian
//	number       8 B  big-endian; the two are the nonce
//	ciphertext        of what follows
//	  key length uvarint  twice it, plus 1 when there is an explicit hash key
//	  partition key
//	  hash key  16 B  big-endian, when flagged
//	  data
//	tag         16 B
const (
	nonceBytes    = 12
	tagBytes      = 16
	hashKeyBytes  = 16
	sealedHasHash = 1
)

// nonce names one of the nonces of a data key.
type nonce struct {
	lot    uint32
	number uint64
}

// errTampered says that a sealed record is not what was sealed for its place.
var errTampered = errors.New("sealed record is not authentic")

// sealedSize returns the most bytes that r takes when it is sealed.
func sealedSize(r *storage.Record) int {
	return nonceBytes + binary.MaxVarintLen32 + len(r.PartitionKey) + hashKeyBytes + len(r.Data) + tagBytes
}

// appendContext appends what the records of the stream are authenticated with
// besides themselves; setContext fills in what differs between them.
func appendContext(dst []byte, x *catalog.Stream) []byte {
	dst = append(dst, "leat record 1"...)
	dst = append(dst, x.ARN()...)
	dst = append(dst, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(x.ID))
	return append(dst, 0, 0, 0, 0, 0, 0, 0, 0) // shard, key version
}

func setContext(context []byte, shard, version uint32) {
	binary.BigEndian.PutUint32(context[len(context)-8:], shard)
	binary.BigEndian.PutUint32(context[len(context)-4:], version)
}

// sealRecord seals r at the end of dst, which has room for sealedSize, makes r
// the sealed record, and returns dst with it.
func sealRecord(dst []byte, aead cipher.AEAD, context []byte, version uint32, n nonce, r *storage.Record) []byte {
	start := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, n.lot)
	dst = binary.BigEndian.AppendUint64(dst, n.number)
	plain := len(dst)
	head := uint64(len(r.PartitionKey)) << 1
	if r.HasExplicitHashKey {
		head |= sealedHasHash
	}
	dst = binary.AppendUvarint(dst, head)
	dst = append(dst, r.PartitionKey...)
	if r.HasExplicitHashKey {
		dst = binary.BigEndian.AppendUint64(dst, r.ExplicitHashKey.Hi)
		dst = binary.BigEndian.AppendUint64(dst, r.ExplicitHashKey.Lo)
	}
	dst = append(dst, r.Data...)
	setContext(context, r.Shard, version)
	dst = aead.Seal(dst[:plain], dst[start:plain], dst[plain:], context)
	r.PartitionKey, r.HasExplicitHashKey, r.ExplicitHashKey = nil, false, stream.HashKey{}
	r.Data, r.KeyVersion = dst[start:len(dst):len(dst)], version
	return dst
}

// openRecord opens r at the end of dst, makes r the record that was sealed but
// for its KeyVersion, which stays, and returns dst with it.
func openRecord(dst []byte, aead cipher.AEAD, context []byte, r *storage.Record) ([]byte, error) {
	if len(r.Data) < nonceBytes+tagBytes {
		return dst, errTampered
	}
	setContext(context, r.Shard, r.KeyVersion)
	start := len(dst)
	opened, err := aead.Open(dst, r.Data[:nonceBytes], r.Data[nonceBytes:], context)
	if err != nil {
		return dst, errTampered
	}
	plain := opened[start:len(opened):len(opened)]
	head, at := binary.Uvarint(plain)
	end := uint64(at) + head>>1
	if at <= 0 || end < head>>1 || end > uint64(len(plain)) {
		return dst, errTampered
	}
	r.PartitionKey, plain = plain[at:end:end], plain[end:]
	r.HasExplicitHashKey, r.ExplicitHashKey = head&sealedHasHash != 0, stream.HashKey{}
	if r.HasExplicitHashKey {
		if len(plain) < hashKeyBytes {
			return dst, errTampered
		}
		r.ExplicitHashKey = stream.HashKey{Hi: binary.BigEndian.Uint64(plain), Lo: binary.BigEndian.Uint64(plain[8:])}
		plain = plain[hashKeyBytes:]
	}
	r.Data = plain
	return opened, nil
}
