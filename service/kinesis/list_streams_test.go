package kinesis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
)

func TestListStreams(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	var names []string
	for i := range 230 {
		name := fmt.Sprintf("s%03d", (i*97)%230)
		r.create(name, 1)
		names = append(names, name)
	}
	slices.Sort(names)

	// By either cursor alone, as clients of different ages do.
	for _, byToken := range []bool{true, false} {
		var got []string
		in := &kinesis.ListStreamsInput{}
		for pages := 1; ; pages++ {
			out, err := r.ListStreams(r.ctx, in)
			ok(t, err)
			got = append(got, out.StreamNames...)
			if len(out.StreamSummaries) != len(out.StreamNames) || (out.NextToken != nil) != *out.HasMoreStreams {
				t.Fatalf("page %d: %d summaries, token %v, more %v", pages, len(out.StreamSummaries), out.NextToken, *out.HasMoreStreams)
			}
			if !*out.HasMoreStreams {
				if pages != 3 {
					t.Errorf("%d pages", pages)
				}
				break
			}
			in = &kinesis.ListStreamsInput{NextToken: out.NextToken}
			if !byToken {
				in = &kinesis.ListStreamsInput{ExclusiveStartStreamName: &out.StreamNames[len(out.StreamNames)-1]}
			}
		}
		if !slices.Equal(got, names) {
			t.Errorf("by token %v: %v", byToken, got)
		}
	}

	out, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String("s010-"), Limit: aws.Int32(2)})
	ok(t, err)
	if !slices.Equal(out.StreamNames, []string{"s011", "s012"}) {
		t.Errorf("%v", out.StreamNames)
	}
	s := out.StreamSummaries[0]
	if *s.StreamName != "s011" || *s.StreamARN != "arn:aws:kinesis:us-east-1:000000000000:stream/s011" || s.StreamStatus != types.StreamStatusActive ||
		s.StreamModeDetails.StreamMode != types.StreamModeProvisioned || s.StreamCreationTimestamp.Unix() != 1700000000 {
		t.Errorf("%+v", s)
	}

	r.ctx = api.WithCaller(r.ctx, api.Caller{Account: "111111111111", Region: testRef.Region})
	out, err = r.ListStreams(r.ctx, &kinesis.ListStreamsInput{})
	ok(t, err)
	if len(out.StreamNames) != 0 || out.StreamNames == nil {
		t.Errorf("of another account: %v", out.StreamNames)
	}
}

// Tokens of both listings are good for 300 s, for their own operation, and only
// as they were given.
func TestNextTokens(t *testing.T) {
	r := newRig(t, 3, rigOptions{})
	r.create("other", 1)
	out, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{Limit: aws.Int32(1)})
	ok(t, err)
	token := *out.NextToken
	shards, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &testRef.Name, MaxResults: aws.Int32(1)})
	ok(t, err)

	list := func(token string) error {
		_, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{NextToken: &token})
		return err
	}
	const invalid = "InvalidArgumentException: Invalid NextToken."
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 3
		wantError(t, list(string(changed)), invalid)
		wantError(t, list(token[:i]), invalid)
	}
	wantError(t, list(token+"A"), invalid)
	wantError(t, list(*shards.NextToken), invalid)
	_, err = r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: &token})
	wantError(t, err, invalid)

	r.clock.Advance(300 * time.Second)
	ok(t, list(token))
	r.clock.Advance(time.Millisecond)
	wantError(t, list(token), "ExpiredNextTokenException: NextToken expired.")
	_, err = r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: shards.NextToken})
	wantError(t, err, "ExpiredNextTokenException: NextToken expired.")
}
