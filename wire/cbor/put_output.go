package cbor

import "github.com/leat-io/leat/api/kinesisapi"

// AppendPutRecordsOutput appends the answer to PutRecords.
func AppendPutRecordsOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	dst = appendText(append(dst, openMap), "FailedRecordCount")
	dst = appendInt(dst, int64(b.Failed))
	dst = appendEncryption(dst, b.Encrypted)
	dst = append(appendText(dst, "Records"), openList)
	for i := range b.Records {
		dst = appendOutcome(dst, &b.Records[i])
		dst = append(dst, stop)
	}
	return append(dst, stop, stop)
}

// AppendPutRecordOutput appends the answer to a PutRecord that was stored.
func AppendPutRecordOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	dst = appendOutcome(dst, &b.Records[0])
	dst = appendEncryption(dst, b.Encrypted)
	return append(dst, stop)
}

// appendEncryption appends the member that only encrypted streams have.
func appendEncryption(dst []byte, encrypted bool) []byte {
	if encrypted {
		dst = append(dst, "\x6eEncryptionType\x63KMS"...)
	}
	return dst
}

// appendOutcome appends what became of a record, without the break at its end.
func appendOutcome(dst []byte, r *kinesisapi.PutRecord) []byte {
	dst = append(dst, openMap)
	if r.ErrorCode != "" {
		dst = appendText(appendText(dst, "ErrorCode"), r.ErrorCode)
		return appendText(appendText(dst, "ErrorMessage"), r.ErrorMessage)
	}
	dst = append(dst, "\x6eSequenceNumber"...)
	dst, at := beginShort(dst)
	dst = r.SequenceNumber.Append(dst)
	endShort(dst, at)
	dst = append(dst, "\x67ShardId"...)
	dst, at = beginShort(dst)
	dst = r.Shard.Append(dst)
	endShort(dst, at)
	return dst
}

// beginShort appends the head of a text that the caller appends, shorter than
// 256 bytes, and returns where it begins, for endShort.
func beginShort(dst []byte) ([]byte, int) {
	dst = append(dst, majorText<<5|24, 0)
	return dst, len(dst)
}

// endShort sets the length of the text that began at at and ends with dst.
func endShort(dst []byte, at int) { dst[at-1] = byte(len(dst) - at) }
