package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// StopStreamEncryption has the records of a stream stored plain that are put
// from now on. It is UPDATING until then. What is sealed stays so, and is read
// as long as its master key is there. KeyId has to be given and is not looked
// at. A stream that is not encrypted stays as it is.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams; an
//     EncryptionType other than KMS
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - LimitExceededException: 25 calls for the stream within 24 hours
func (s *Service) StopStreamEncryption(ctx context.Context, in *kinesis.StopStreamEncryptionInput) (*kinesis.StopStreamEncryptionOutput, error) {
	ref, err := s.admit(ctx, "StopStreamEncryption", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := onlyKMS(in.EncryptionType); err != nil {
		return nil, err
	}
	if _, err := s.propose(ctx, ref, &catalog.StopEncryption{Ref: ref}); err != nil {
		return nil, err
	}
	return &kinesis.StopStreamEncryptionOutput{}, nil
}
