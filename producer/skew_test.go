package producer_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/leattest"
	"github.com/leat-io/leat/producer"
)

// skew is further off than a signature may be: 5 minutes.
const skew = 20 * time.Minute

// codeSignature is what the service says of a signature that is too old.
const codeSignature = "InvalidSignatureException"

// verified has the server verify signatures, of whom AWSConfig is for.
func verified(t *testing.T) leattest.Option {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials.json")
	const text = `{"credentials": [{"accessKeyId": "AKIDLEATTEST", "secretAccessKey": "leattest", "account": "111122223333"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return leattest.Config(func(c *leat.Config) { c.Credentials = file })
}

// TestServerSkew has the producer's clock fall behind the server's, before it
// is asked for the first time and again under way. The SDK learns the server's
// time from the refusal, and the producer tries again.
func TestServerSkew(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]producer.Option{
		"aggregated": nil, "alone": {producer.AggregationEnabled(false)}, "in order": {producer.InOrder()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, []leattest.Option{verified(t)}, append(options, producer.RequestTimeout(time.Minute), producer.RecordTTL(time.Hour))...)
			s.srv.Advance(skew)
			s.put("from the start", 300)
			s.flush()
			s.srv.Advance(skew)
			s.put("under way", 300)
			s.end()
			s.check(600, true)
			if s.Stats().ErrorsByCode[codeSignature] == 0 {
				t.Error("no signature was too old")
			}
			for data, r := range s.results {
				if len(r.Attempts) > 1 && r.Attempts[0].Code != codeSignature {
					t.Errorf("%s: %v", data, r.Attempts)
				}
			}
		})
	}
}

// TestServerSkewUncorrected sees a record fail at once, with what the service
// says of the clocks, where the SDK must not correct its own.
func TestServerSkewUncorrected(t *testing.T) {
	t.Parallel()
	s := begin(t, []leattest.Option{verified(t)})
	s.restart(kinesis.NewFromConfig(s.srv.AWSConfig(), func(o *kinesis.Options) { o.DisableClockSkewCorrection = true }),
		producer.RequestTimeout(time.Minute))
	s.srv.Advance(skew)
	r, err := s.Put(t.Context(), producer.Record{PartitionKey: "k"})
	failed, _ := errors.AsType[*producer.Error](err)
	if failed == nil || failed.Code != codeSignature || !strings.HasPrefix(failed.Message, "Signature expired: ") {
		t.Errorf("Put: %v", err)
	}
	if len(r.Attempts) != 1 || r.Attempts[0].Code != codeSignature {
		t.Errorf("attempts: %v", r.Attempts)
	}
	s.end()
}
