package wire

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
)

// fromPutRecords fills the batch from the SDK's shape, for bodies that the hot
// codec leaves to the generic one.
func fromPutRecords(b *kinesisapi.PutBatch, in *kinesis.PutRecordsInput) {
	*b = kinesisapi.PutBatch{
		StreamName: text(in.StreamName),
		StreamARN:  text(in.StreamARN),
		DryRun:     in.DryRun != nil && *in.DryRun,
		Records:    b.Records[:0],
	}
	for i := range in.Records {
		e := &in.Records[i]
		b.Records = append(b.Records, kinesisapi.PutRecord{
			Data:            e.Data,
			PartitionKey:    optionalBytes(e.PartitionKey),
			ExplicitHashKey: optionalBytes(e.ExplicitHashKey),
		})
	}
}

// fromPutRecord does the same for a single record.
func fromPutRecord(b *kinesisapi.PutBatch, in *kinesis.PutRecordInput) {
	*b = kinesisapi.PutBatch{
		StreamName:                text(in.StreamName),
		StreamARN:                 text(in.StreamARN),
		DryRun:                    in.DryRun != nil && *in.DryRun,
		SequenceNumberForOrdering: text(in.SequenceNumberForOrdering),
		Records: append(b.Records[:0], kinesisapi.PutRecord{
			Data:            in.Data,
			PartitionKey:    optionalBytes(in.PartitionKey),
			ExplicitHashKey: optionalBytes(in.ExplicitHashKey),
		}),
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// optionalBytes keeps the difference between absent and empty.
func optionalBytes(s *string) []byte {
	if s == nil {
		return nil
	}
	return []byte(*s)
}
