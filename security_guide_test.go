package leat_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat"
)

// TestSecurityGuide does what docs/guide/security.md says with the credentials
// file and the policy that it shows.
func TestSecurityGuide(t *testing.T) {
	guide, err := os.ReadFile("docs/guide/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, rest := range strings.Split(string(guide), "```json\n")[1:] {
		block, _, _ := strings.Cut(rest, "```")
		shown = append(shown, block)
	}
	if len(shown) != 2 {
		t.Fatalf("the guide shows %d JSON texts, not a credentials file and a policy", len(shown))
	}
	path := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(path, []byte(shown[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := leat.Open(t.Context(), leat.Config{Listen: "127.0.0.1:0", Durability: leat.DurabilityMemory, Credentials: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := &guard{t: t, url: s.URL()}

	const orders = `"arn:aws:kinesis:us-east-1:111122223333:stream/orders"`
	put, err := json.Marshal(map[string]string{"ResourceARN": strings.Trim(orders, `"`), "Policy": shown[1]})
	if err != nil {
		t.Fatal(err)
	}
	record := `{"StreamARN":` + orders + `,"PartitionKey":"k","Data":"aGk="}`
	for _, c := range []struct{ key, secret, token, operation, body, want string }{
		{"AKIDADMIN", "long and random", "", "CreateStream", `{"StreamName":"orders","ShardCount":1}`, ""},
		{"AKIDREADER", "long and random too", "", "DescribeStreamSummary", `{"StreamName":"orders"}`, ""},
		{"AKIDREADER", "long and random too", "", "DescribeStreamSummary", `{"StreamName":"others"}`, "AccessDeniedException"},
		{"AKIDREADER", "long and random too", "", "PutRecord", record, inGuide(t, string(guide), "AccessDeniedException: ")},
		{"ASIATEMP", "short-lived", "", "PutRecord", record, "UnrecognizedClientException"},
		{"ASIATEMP", "short-lived", "a token", "PutRecord", record, ""},
		{"ASIATEMP", "short-lived", "a token", "DeleteStream", `{"StreamName":"orders"}`, "AccessDeniedException"},
		{"AKIDPARTNER", "somebody else's", "", "PutRecord", record, "AccessDeniedException"},
		{"AKIDADMIN", "long and random", "", "PutResourcePolicy", string(put), ""},
		{"AKIDPARTNER", "somebody else's", "", "PutRecord", record, ""},
		{"AKIDPARTNER", "somebody else's", "", "DeleteStream", `{"StreamARN":` + orders + `}`, "AccessDeniedException"},
	} {
		r := g.request(c.key, c.secret, c.operation, c.body, time.Now())
		if c.token != "" {
			r.Header.Set("X-Amz-Security-Token", c.token) // which a signature need not cover
		}
		if _, got := g.send(r); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, %s %s\ngot  %s\nwant %s", c.key, c.operation, c.body, got, c.want)
		}
	}
}

// inGuide returns the line of the guide that begins so.
func inGuide(t *testing.T, guide, begins string) string {
	t.Helper()
	_, rest, ok := strings.Cut(guide, "\n"+begins)
	if !ok {
		t.Fatalf("the guide has no line that begins with %q", begins)
	}
	line, _, _ := strings.Cut(rest, "\n")
	return begins + line
}
