package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateMaxRecordSize sets how large a record, with its partition key, may be
// that is put from now on. The stream stays ACTIVE.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no ARN
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
func (s *Service) UpdateMaxRecordSize(ctx context.Context, in *kinesis.UpdateMaxRecordSizeInput) (*kinesis.UpdateMaxRecordSizeOutput, error) {
	ref, err := s.admit(ctx, "UpdateMaxRecordSize", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	cmd := &catalog.SetMaxRecordSize{Ref: ref, KiB: aws.ToInt32(in.MaxRecordSizeInKiB)}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.UpdateMaxRecordSizeOutput{}, nil
}
