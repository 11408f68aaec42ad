package awsjson

import (
	"strconv"

	"github.com/leat-io/leat/api/kinesisapi"
)

// AppendPutRecordsOutput appends the answer to PutRecords.
func AppendPutRecordsOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	dst = append(dst, `{"FailedRecordCount":`...)
	dst = strconv.AppendInt(dst, int64(b.Failed), 10)
	dst = appendEncryption(dst, b.Encrypted)
	dst = append(dst, `,"Records":[`...)
	for i := range b.Records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOutcome(dst, &b.Records[i])
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}

// AppendPutRecordOutput appends the answer to a PutRecord that was stored.
func AppendPutRecordOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	dst = appendOutcome(dst, &b.Records[0])
	dst = appendEncryption(dst, b.Encrypted)
	return append(dst, '}')
}

// appendEncryption appends the member that only encrypted streams have.
func appendEncryption(dst []byte, encrypted bool) []byte {
	if encrypted {
		dst = append(dst, `,"EncryptionType":"KMS"`...)
	}
	return dst
}

// appendOutcome appends what became of a record, without the closing brace.
func appendOutcome(dst []byte, r *kinesisapi.PutRecord) []byte {
	if r.ErrorCode != "" {
		dst = append(dst, `{"ErrorCode":`...)
		dst = appendString(dst, r.ErrorCode)
		dst = append(dst, `,"ErrorMessage":`...)
		return appendString(dst, r.ErrorMessage)
	}
	dst = append(dst, `{"SequenceNumber":"`...)
	dst = r.SequenceNumber.Append(dst)
	dst = append(dst, `","ShardId":"`...)
	dst = r.Shard.Append(dst)
	return append(dst, '"')
}
