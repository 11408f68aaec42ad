package kinesis

import (
	"errors"
	"testing"

	"github.com/leat-io/leat/api"
)

// FuzzNextToken hands in texts as tokens. Whatever was not given out, or is
// changed in any way, is refused, and a token is read back as it was made.
func FuzzNextToken(f *testing.F) {
	r := newRig(f, 0, rigOptions{})
	token, err := r.sealToken(r.ctx, streamsToken, []byte("orders"))
	ok(f, err)
	f.Add(*token, []byte("orders"))
	f.Add("", []byte{})
	f.Add("====", []byte{0})
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		if text != *token {
			_, err := r.openToken(r.ctx, streamsToken, text)
			if !errors.Is(err, errInvalidToken) {
				t.Errorf("%q: %v", text, err)
			}
		}
		sealed, err := r.sealToken(r.ctx, shardsToken, body)
		ok(t, err)
		if len(*sealed) > maxToken {
			return
		}
		opened, err := r.openToken(r.ctx, shardsToken, *sealed)
		if err != nil || string(opened) != string(body) {
			t.Errorf("%q came back as %q, %v", body, opened, err)
		}
		// A body that another version wrote is no reason to fall over.
		if _, _, err := readShardListing(body, api.Caller{}); (err == nil) != (len(body) >= listingFixed) {
			t.Errorf("%q: %v", body, err)
		}
	})
}

// FuzzARN demands that an ARN that is understood names the stream that has it.
func FuzzARN(f *testing.F) {
	f.Add(testARN)
	f.Add("arn:aws-us-gov:kinesis:us-gov-west-1:000000000000:stream/a:b/c")
	f.Add("arn:aws:kinesis:")
	f.Fuzz(func(t *testing.T, arn string) {
		region, account, name, understood := parseARN(arn)
		if !understood {
			return
		}
		ref, err := refTo(api.Caller{Account: account, Region: region}, name, arn)
		if err != nil || ref.Name != name {
			t.Fatalf("%q: %+v, %v", arn, ref, err)
		}
		if again, err := refTo(api.Caller{Account: account, Region: region}, "", ref.ARN()); err != nil || again != ref {
			t.Errorf("%q is of %+v, whose ARN is of %+v, %v", arn, ref, again, err)
		}
	})
}
