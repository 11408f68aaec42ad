package kinesis

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api/kinesisapi"
)

// GetRecords reads the records of one shard from where a shard iterator points
// to, and returns the iterator to continue with. It does not wait for records.
//
// Limits: 10,000 records and 10 MiB per call, keys included, but always one
// record when there is one.
// Errors, in the order they are checked: InvalidArgumentException for a text
// that is no iterator; ExpiredIteratorException after 300 s;
// InvalidArgumentException for a StreamARN of another stream;
// ResourceNotFoundException when the stream was deleted or the shard has
// expired; DryRunOperationException; ProvisionedThroughputExceededException
// under the limits of AWS, after the fifth call in a second for a shard or when
// more than 2 MiB/s of it were returned; those of the master key, such as
// KMSNotFoundException, when there are sealed records and it cannot be had.
// End of a shard: at the end of a closed shard, and only there, the iterator is
// null and the direct children are listed.
// Differs from AWS: the null iterator comes with the last records instead of
// after them. Cases: testdata/get_records.
func (s *Service) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	var p kinesisapi.Page
	if err := s.GetPage(ctx, in, &p); err != nil {
		return nil, err
	}
	out := &kinesis.GetRecordsOutput{
		Records:            recordsOf(&p),
		MillisBehindLatest: &p.MillisBehindLatest,
		ChildShards:        p.ChildShards,
	}
	if p.NextShardIterator != "" {
		out.NextShardIterator = &p.NextShardIterator
	}
	return out, nil
}

// recordsOf returns the records of a page as the SDK has them. They share the
// data with it.
func recordsOf(p *kinesisapi.Page) []types.Record {
	records := make([]types.Record, len(p.Records))
	for i := range p.Records {
		r := &p.Records[i]
		records[i] = types.Record{
			Data:                        r.Data,
			PartitionKey:                partitionKey(r.PartitionKey),
			SequenceNumber:              aws.String(r.SequenceNumber.String()),
			ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(r.ArrivalMillis)),
			EncryptionType:              encryptionType(r.Encrypted),
		}
	}
	return records
}

// partitionKey is the key as the SDK has it, nil of a record without one.
func partitionKey(key []byte) *string {
	if key == nil {
		return nil
	}
	return aws.String(string(key))
}
