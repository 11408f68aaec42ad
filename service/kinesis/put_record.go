package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
)

// PutRecord writes one record to the shard that its hash key selects: the
// explicit one, or the MD5 of the partition key.
//
// Limits: data and partition key together as large as the stream's maximum
// record size, 1 MiB unless changed.
// Errors, in the order they are checked: ValidationException without a
// partition key; InvalidArgumentException without a stream's name;
// ResourceNotFoundException when there is no such stream or it has no shard
// yet or any more; InvalidArgumentException for an explicit hash key beyond
// 2^128-1, then for a SequenceNumberForOrdering that is not one, is from the
// future or not below the number that the record would get;
// ValidationException for a record too large; DryRunOperationException;
// ProvisionedThroughputExceededException under the limits of AWS;
// InternalFailure when storage is full.
// Differs from AWS: nothing known. Cases: testdata/put_record.
func (s *Service) PutRecord(ctx context.Context, in *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
	b := kinesisapi.PutBatch{
		StreamName:                aws.ToString(in.StreamName),
		StreamARN:                 aws.ToString(in.StreamARN),
		DryRun:                    aws.ToBool(in.DryRun),
		Single:                    true,
		SequenceNumberForOrdering: aws.ToString(in.SequenceNumberForOrdering),
		Records:                   []kinesisapi.PutRecord{putRecord(in.Data, in.PartitionKey, in.ExplicitHashKey)},
	}
	if err := s.PutBatch(ctx, &b); err != nil {
		return nil, err
	}
	r := &b.Records[0]
	return &kinesis.PutRecordOutput{
		ShardId:        aws.String(r.Shard.String()),
		SequenceNumber: aws.String(r.SequenceNumber.String()),
		EncryptionType: encryptionType(b.Encrypted),
	}, nil
}

// putRecord turns the SDK's form of a record into the batch's.
func putRecord(data []byte, partitionKey, explicitHashKey *string) kinesisapi.PutRecord {
	r := kinesisapi.PutRecord{Data: data}
	if partitionKey != nil {
		r.PartitionKey = []byte(*partitionKey)
	}
	if explicitHashKey != nil {
		r.ExplicitHashKey = []byte(*explicitHashKey)
	}
	return r
}
