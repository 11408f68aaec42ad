package kinesis

import (
	"testing"

	"github.com/leat-io/leat/api"
)

func TestRefTo(t *testing.T) {
	caller := api.Caller{Account: testRef.Account, Region: testRef.Region}
	const disagree = "InvalidArgumentException: StreamARN and StreamName do not refer to the same stream."
	for _, c := range []struct{ name, arn, err string }{
		{"orders", "", ""},
		{"", testARN, ""},
		{"orders", testARN, ""},
		{"", "arn:aws-cn:kinesis:us-east-1:000000000000:stream/orders", ""}, // partitions are not told apart
		{"", "", "InvalidArgumentException: Either StreamName or StreamARN must be provided."},
		{"other", testARN, disagree},
		{"", "arn:aws:kinesis:eu-west-1:000000000000:stream/orders",
			"ResourceNotFoundException: Stream orders under account 000000000000 not found."},
		{"", "arn:aws:kinesis:us-east-1:111111111111:stream/orders",
			"ResourceNotFoundException: Stream orders under account 111111111111 not found."},
		{"", "arn:aws:kinesis:us-east-1:000000000000:channel/c",
			"InvalidArgumentException: StreamARN arn:aws:kinesis:us-east-1:000000000000:channel/c is not the ARN of a stream."},
		{"", "arn:aws:kinesis:us-east-1:000000000000:stream/",
			"InvalidArgumentException: StreamARN arn:aws:kinesis:us-east-1:000000000000:stream/ is not the ARN of a stream."},
		{"", "orders", "InvalidArgumentException: StreamARN orders is not the ARN of a stream."},
	} {
		ref, err := refTo(caller, c.name, c.arn)
		switch {
		case c.err != "":
			wantError(t, err, c.err)
		case err != nil || ref != testRef:
			t.Errorf("%q, %q: %v, %v", c.name, c.arn, ref, err)
		}
	}
	// What the ARN does not change: the rest of it is the name.
	ref, err := refTo(caller, "", testARN+"/consumer/c:1")
	if err != nil || ref.Name != "orders/consumer/c:1" {
		t.Errorf("%v, %v", ref, err)
	}
}
