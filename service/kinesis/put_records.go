package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api/kinesisapi"
)

// PutRecords writes up to 500 records, each to the shard that its hash key
// selects. Records of one shard are stored in the order of the request.
//
// Limits: 10 MiB per request and the stream's maximum record size per record,
// keys included.
// Errors, in the order they are checked: ValidationException for records
// without a partition key; InvalidArgumentException without a stream's name;
// ResourceNotFoundException when there is no such stream or it has no shard
// yet or any more; InvalidArgumentException for an explicit hash key beyond
// 2^128-1; ValidationException for a record too large;
// InvalidArgumentException for more than 10 MiB; DryRunOperationException.
// Partial failure: the call succeeds; FailedRecordCount counts the entries that
// carry the ErrorCode ProvisionedThroughputExceededException, which happens
// under the limits of AWS, or InternalFailure, which all of them do when
// storage is full. After an entry that is throttled the later ones of its shard
// are too, so that none overtakes.
// Differs from AWS: nothing known. Cases: testdata/put_records.
func (s *Service) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
	b := kinesisapi.PutBatch{
		StreamName: aws.ToString(in.StreamName),
		StreamARN:  aws.ToString(in.StreamARN),
		DryRun:     aws.ToBool(in.DryRun),
		Records:    make([]kinesisapi.PutRecord, len(in.Records)),
	}
	for i := range in.Records {
		r := &in.Records[i]
		b.Records[i] = putRecord(r.Data, r.PartitionKey, r.ExplicitHashKey)
	}
	if err := s.PutBatch(ctx, &b); err != nil {
		return nil, err
	}
	out := &kinesis.PutRecordsOutput{
		FailedRecordCount: aws.Int32(int32(b.Failed)),
		Records:           make([]types.PutRecordsResultEntry, len(b.Records)),
		EncryptionType:    encryptionType(b.Encrypted),
	}
	for i := range b.Records {
		out.Records[i] = putResult(&b.Records[i])
	}
	return out, nil
}

// putResult returns the SDK's form of a record's outcome.
func putResult(r *kinesisapi.PutRecord) types.PutRecordsResultEntry {
	if r.ErrorCode != "" {
		return types.PutRecordsResultEntry{ErrorCode: &r.ErrorCode, ErrorMessage: &r.ErrorMessage}
	}
	return types.PutRecordsResultEntry{
		ShardId:        aws.String(r.Shard.String()),
		SequenceNumber: aws.String(r.SequenceNumber.String()),
	}
}
