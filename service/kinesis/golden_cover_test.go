package kinesis

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/api/kinesisapi"
)

// notInGolden are errors that no file in testdata can have, and why.
var notInGolden = map[string]string{
	"GetResourcePolicy ResourceInUseException":   "reading does not care for the status",
	"ListTagsForResource ResourceInUseException": "reading does not care for the status",
	"ListStreamConsumers ResourceInUseException": "reading does not care for the status",
	"SubscribeToShard LimitExceededException":    "the first call would not end: TestTakeoverLimited",
}

// TestGoldenCoversErrors wants a reply of every kind of error from each
// operation that is served: SerializationException, ValidationException where
// its input has members, and those of not found, in use and the limits where
// the API's table has them.
func TestGoldenCoversErrors(t *testing.T) {
	replies := goldenReplies(t)
	for name := range New(Options{}).Handlers() {
		op := kinesisapi.Service.Operations[name]
		if op == nil {
			t.Errorf("%s is served and not in the table", name)
			continue
		}
		want := []string{"SerializationException"}
		if len(op.Input.Members) > 0 {
			want = append(want, kinesisapi.Validation)
		}
		for _, code := range []string{
			kinesisapi.ResourceNotFound, kinesisapi.ResourceInUse, kinesisapi.LimitExceeded,
			kinesisapi.ProvisionedThroughputExceeded, kinesisapi.DryRunOperation,
			kinesisapi.ExpiredIterator, kinesisapi.ExpiredNextToken,
		} {
			if slices.Contains(op.Errors, code) {
				want = append(want, code)
			}
		}
		for _, code := range want {
			given := strings.Contains(replies[name], `"`+code+`"`)
			if _, excused := notInGolden[name+" "+code]; given == excused {
				t.Errorf("%s: %s is in testdata: %v, excused: %v", name, code, given, excused)
			}
		}
	}
}

// goldenReplies returns all replies in testdata by operation.
func goldenReplies(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	replies := make(map[string]string)
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue // fuzz seeds
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		exchanges, err := parseGolden(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range exchanges {
			replies[x.operation] += x.reply
		}
	}
	return replies
}
