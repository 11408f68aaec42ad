package kinesis

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// spell writes tags as one text.
func spell(tags []types.Tag) (s string) {
	for _, t := range tags {
		s += *t.Key + "=" + *t.Value + ";"
	}
	return s
}

func TestTags(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name,
		Tags: map[string]string{"b": "2", "é ü": "a_./=+-@:1", "a": "1", "c": ""}})
	ok(t, err)
	_, err = r.TagResource(r.ctx, &kinesis.TagResourceInput{ResourceARN: aws.String(testARN), Tags: map[string]string{"b": "3", "d": "4"}})
	ok(t, err)
	list := func(limit *int32, after string) (string, bool) {
		t.Helper()
		out, err := r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{
			StreamARN: aws.String(testARN), Limit: limit, ExclusiveStartTagKey: text(after),
		})
		ok(t, err)
		return spell(out.Tags), *out.HasMoreTags
	}
	for _, c := range []struct {
		limit *int32
		after string
		want  string
		more  bool
	}{
		{nil, "", "a=1;b=3;c=;d=4;é ü=a_./=+-@:1;", false},
		{aws.Int32(2), "", "a=1;b=3;", true},
		{aws.Int32(2), "b", "c=;d=4;", true},
		{aws.Int32(2), "bb", "c=;d=4;", true},
		{aws.Int32(2), "d", "é ü=a_./=+-@:1;", false},
		{nil, "ü", "", false},
	} {
		if got, more := list(c.limit, c.after); got != c.want || more != c.more {
			t.Errorf("after %q: %q, %v", c.after, got, more)
		}
	}
	_, err = r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: &testRef.Name, TagKeys: []string{"a", "x"}})
	ok(t, err)
	_, err = r.UntagResource(r.ctx, &kinesis.UntagResourceInput{ResourceARN: aws.String(testARN), TagKeys: []string{"b", "é ü"}})
	ok(t, err)
	out, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: aws.String(testARN)})
	ok(t, err)
	if got := spell(out.Tags); got != "c=;d=4;" {
		t.Errorf("%q", got)
	}
}

func TestTagsRefused(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	const invalid = "InvalidArgumentException: Some tags contain invalid characters. " +
		"Valid characters: Unicode letters, digits, white space, _ . / = + - % @."
	illegal := func(verb, name string) string {
		return "InvalidArgumentException: Failed to " + verb + " stream " + name + " under account 000000000000 because some tags contained " +
			"illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
	}
	reserved := "InvalidArgumentException: Failed to add tags to stream orders under account 000000000000 " +
		"because tag keys starting with aws: are reserved."
	none := "ResourceNotFoundException: Stream none under account 000000000000 not found."
	for _, c := range []struct{ name, key, add, remove string }{
		{"orders", "a,b", invalid, invalid},
		{"orders", "a\tb", invalid, invalid},
		{"orders", "a\nb", invalid, invalid},
		{"orders", "a;%b", invalid, invalid},
		{"orders", "€", invalid, invalid},
		{"orders", "100%", illegal("add tags to", "orders"), illegal("remove tags from", "orders")},
		{"orders", "aws:x", reserved, ""},
		{"orders", "AWS:x", reserved, ""},
		{"none", "a,b", invalid, invalid},
		{"none", "100%", illegal("add tags to", "none"), illegal("remove tags from", "none")},
		{"none", "a", none, none},
	} {
		arn := "arn:aws:kinesis:us-east-1:000000000000:stream/" + c.name
		_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &c.name, Tags: map[string]string{c.key: ""}})
		wantError(t, err, c.add)
		_, err = r.TagResource(r.ctx, &kinesis.TagResourceInput{ResourceARN: &arn, Tags: map[string]string{c.key: ""}})
		wantError(t, err, c.add)
		_, err = r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: &c.name, TagKeys: []string{c.key}})
		_, err2 := r.UntagResource(r.ctx, &kinesis.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{c.key}})
		if c.remove == "" {
			ok(t, err)
			ok(t, err2)
			continue
		}
		wantError(t, err, c.remove)
		wantError(t, err2, c.remove)
	}
	_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name, Tags: map[string]string{"a": "b,c"}})
	wantError(t, err, invalid) // a value

	many := make(map[string]string)
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	_, err = r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name, Tags: many})
	wantError(t, err, "InvalidArgumentException: Failed to add tags to stream orders under account 000000000000 "+
		"because a given stream cannot have more than 10 tags associated with it.")

	for arn, want := range map[string]string{
		testARN + "/consumer/c:1": "ResourceNotFoundException: Consumer " + testARN + "/consumer/c:1, account 000000000000 not found.",
		"arn:aws:kinesis:us-east-1:000000000000:channel/c": "ResourceNotFoundException: " +
			"Resource arn:aws:kinesis:us-east-1:000000000000:channel/c not found.",
		"arn:aws:kinesis:us-east-1:000000000000:stream/none": none,
	} {
		_, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &arn})
		wantError(t, err, want)
	}
	_, err = r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{StreamName: aws.String("none")})
	wantError(t, err, none)
}
