package keys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/sdkhttp"
)

// kmsTimeout bounds a call to the KMS, with what it takes to try again. Puts and
// gets may wait for it.
const (
	kmsTimeout = 10 * time.Second
	kmsBackoff = time.Second // at most, between two attempts
)

// KMS is a Keeper whose master keys are at an AWS Key Management Service, or at
// what speaks its API. No master key ever comes here.
type KMS struct {
	client *kms.Client
}

// OpenKMS returns the keeper of the KMS at the URL, called with the credentials
// that the usual AWS configuration of the process has. It is not called yet.
func OpenKMS(ctx context.Context, endpoint string) (*KMS, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the KMS at %s: %w", endpoint, err)
	}
	return newKMS(endpoint, c.Credentials), nil
}

func newKMS(endpoint string, who aws.CredentialsProvider) *KMS {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // a call every few minutes holds no connection
	return &KMS{kms.New(kms.Options{
		BaseEndpoint: &endpoint,
		Credentials:  who,
		Retryer:      retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = kmsBackoff }),
		HTTPClient:   sdkhttp.Wrap(&http.Client{Transport: transport}),
	})}
}

// Make implements Keeper.
func (k *KMS) Make(ctx context.Context, keyID, streamARN string) (DataKey, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	out, err := k.client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: &keyID, KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext(streamARN),
	}, inRegionOf(keyID, streamARN))
	if err != nil {
		return DataKey{}, kmsError(err)
	}
	if len(out.Plaintext) != DataKeyBytes || len(out.CiphertextBlob) == 0 || aws.ToString(out.KeyId) == "" {
		return DataKey{}, errors.New("the KMS made no data key of 256 bits")
	}
	return DataKey{Plain: out.Plaintext, Wrapped: out.CiphertextBlob, MasterARN: *out.KeyId}, nil
}

// Managed implements Keeper. The key that AWS manages serves AWS alone.
func (k *KMS) Managed(string) bool { return false }

// Open implements Keeper.
func (k *KMS) Open(ctx context.Context, masterARN, streamARN string, wrapped []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	out, err := k.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: &masterARN, CiphertextBlob: wrapped, EncryptionContext: encryptionContext(streamARN),
	}, inRegionOf(masterARN, streamARN))
	if err != nil {
		return nil, kmsError(err)
	}
	if len(out.Plaintext) != DataKeyBytes {
		return nil, api.Errorf(kinesisapi.KMSInvalidState, "Key '%s' does not open a data key of 256 bits.", masterARN)
	}
	return out.Plaintext, nil
}

// encryptionContext is AWS's own for streams (spec data-streams §11.8).
func encryptionContext(streamARN string) map[string]string {
	return map[string]string{"aws:kinesis:arn": streamARN}
}

// inRegionOf has the call signed for the region of the first that is an ARN.
func inRegionOf(names ...string) func(*kms.Options) {
	return func(o *kms.Options) {
		for _, name := range names {
			if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && parts[0] == "arn" {
				o.Region = parts[3]
				return
			}
		}
	}
}

// kmsCodes are Kinesis's codes for those of the KMS.
var kmsCodes = map[string]string{
	"AccessDeniedException":       kinesisapi.KMSAccessDenied,
	"UnrecognizedClientException": kinesisapi.KMSAccessDenied,
	"InvalidSignatureException":   kinesisapi.KMSAccessDenied,
	"SignatureDoesNotMatch":       kinesisapi.KMSAccessDenied,
	"ExpiredTokenException":       kinesisapi.KMSAccessDenied,
	"MissingAuthenticationToken":  kinesisapi.KMSAccessDenied,
	"DisabledException":           kinesisapi.KMSDisabled,
	"KMSInvalidStateException":    kinesisapi.KMSInvalidState,
	"InvalidCiphertextException":  kinesisapi.KMSInvalidState,
	"IncorrectKeyException":       kinesisapi.KMSInvalidState,
	"InvalidKeyUsageException":    kinesisapi.KMSInvalidState,
	"NotFoundException":           kinesisapi.KMSNotFound,
	"InvalidArnException":         kinesisapi.KMSNotFound,
	"ValidationException":         kinesisapi.KMSNotFound, // a key id of no form
	"OptInRequired":               kinesisapi.KMSOptInRequired,
	"ThrottlingException":         kinesisapi.KMSThrottling,
	"LimitExceededException":      kinesisapi.KMSThrottling,
	"DependencyTimeoutException":  kinesisapi.KMSThrottling,
	"KeyUnavailableException":     kinesisapi.KMSThrottling,
}

// kmsError returns what a client of Kinesis is told. A KMS that does not answer
// is a failure of the server.
func kmsError(err error) error {
	var told smithy.APIError
	if errors.As(err, &told) {
		if code, ok := kmsCodes[told.ErrorCode()]; ok {
			return &api.Error{Code: code, Message: cmp.Or(told.ErrorMessage(), told.ErrorCode()), Err: err}
		}
	}
	return fmt.Errorf("call the KMS: %w", err)
}
