package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// StartStreamEncryption has the records of a stream sealed that are put from
// now on, with a new data key under the master key that KeyId names: by its id,
// its ARN, an alias or the ARN of an alias. The stream is UPDATING until then.
// What is stored already stays as it is. A stream that is encrypted gets another
// data key, and may get another master key.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams; an
//     EncryptionType other than KMS
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - KMSNotFoundException, KMSDisabledException and the others of the master key;
//     KMSAccessDeniedException where the caller may not kms:DescribeKey it
//   - LimitExceededException: 25 calls for the stream within 24 hours
func (s *Service) StartStreamEncryption(ctx context.Context, in *kinesis.StartStreamEncryptionInput) (*kinesis.StartStreamEncryptionOutput, error) {
	ref, err := s.admit(ctx, "StartStreamEncryption", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := onlyKMS(in.EncryptionType); err != nil {
		return nil, err
	}
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	if x.Status != types.StreamStatusActive {
		return nil, catalog.NotActive(x)
	}
	keyID := aws.ToString(in.KeyId)
	made, err := s.keeper.Make(ctx, keyID, x.ARN())
	if err != nil {
		return nil, err
	}
	clear(made.Plain) // opened when it is needed, as after a restart
	if err := s.mayUse(ctx, "kms:DescribeKey", x, made.MasterARN); err != nil {
		return nil, err
	}
	cmd := &catalog.StartEncryption{Ref: ref, Encryption: catalog.Encryption{
		KeyID: keyID, Key: catalog.DataKey{MasterARN: made.MasterARN, Wrapped: made.Wrapped},
	}}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.StartStreamEncryptionOutput{}, nil
}
