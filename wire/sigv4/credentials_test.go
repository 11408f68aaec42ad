package sigv4

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/api/policy"
)

func TestParseCredentials(t *testing.T) {
	got, err := ParseCredentials([]byte(`{
  "credentials": [
    {"accessKeyId": "A", "secretAccessKey": "s", "account": "123456789012"},
    {"accessKeyId": "B", "secretAccessKey": "t", "sessionToken": "u", "expires": "2026-01-01T01:00:00+01:00",
     "account": "000000000000", "arn": "arn:aws:sts::000000000000:assumed-role/r/s",
     "policies": ["later", {"Statement": []}, "later"]},
    {"accessKeyId": "C", "secretAccessKey": "s", "account": "123456789012", "policies": []}
  ],
  "policies": {"later": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}
}
`))
	want := Credentials{
		"A": {AccessKeyID: "A", SecretAccessKey: "s", Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/A"},
		"B": {AccessKeyID: "B", SecretAccessKey: "t", SessionToken: "u", Account: "000000000000", ARN: "arn:aws:sts::000000000000:assumed-role/r/s"},
		"C": {AccessKeyID: "C", SecretAccessKey: "s", Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/C", Policies: []*policy.Document{}},
	}
	if err != nil {
		t.Fatal(err)
	}
	b := got["B"]
	if len(b.Policies) != 3 || b.Policies[0] != b.Policies[2] || b.Policies[0] == b.Policies[1] {
		t.Errorf("policies of B: %v", b.Policies)
	}
	if at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); !b.Expires.Equal(at) {
		t.Errorf("B expires %v", b.Expires)
	}
	b.Policies, b.Expires = nil, time.Time{}
	got["B"] = b
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestParseCredentialsErrors(t *testing.T) {
	const rest = `"secretAccessKey":"s","account":"123456789012"}`
	for text, want := range map[string]string{
		"{\n\"credential\": []}":                                                                                                           `line 2: unknown key "credential"`,
		"{\"credentials\": [\n{\n\"accessKey\": \"A\"}]}":                                                                                  `line 3: unknown key "accessKey"`,
		"{\"credentials\": [\n{" + rest + "]}":                                                                                             "line 2: accessKeyId is missing",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"account\":\"1\"}]}":                                                                 "line 2: secretAccessKey is missing",
		`{"credentials": [{"accessKeyId":"A","secretAccessKey":"s"}]}`:                                                                     `line 1: account must have 12 digits, not ""`,
		`{"credentials": [{"accessKeyId":"A",` + rest + `,{"accessKeyId":"A",` + rest + `]}`:                                               `line 1: access key "A" is given twice`,
		`{"credentials": [{"accessKeyId":1}]}`:                                                                                             "line 1: accessKeyId: want a string, not 1",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"accessKeyId\":\"A\"}]}":                                                             "line 2: accessKeyId is given twice",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\"expires\":\"2026-01-01T00:00:00Z\",\n" + rest + "]}":                                  "line 2: expires is for keys with a sessionToken",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\"expires\":\"soon\",\n" + rest + "]}":                                                  "line 2: expires must be a time",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\"arn\":\"arn:aws:iam::000000000000:user/x\",\n" + rest + "]}":                          "line 2: arn must be that of a user or role of account 123456789012",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"policies\":[\n\"p\"],\n" + rest + "]}":                                              "line 3: policies: there is no policy \"p\"",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"policies\":[7],\n" + rest + "]}":                                                    "line 2: policies: want a name or a policy, not 7",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"policies\":[\n{\"Statement\":[\n{\"Effect\":\"allow\"}\n]}],\n" + rest + "]}":       "line 4: policies: Effect must be",
		"{\"policies\":{\n\"p\": {\n\n\"Statement\":[{\n\"Principal\":\"*\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}}}": "line 4: policy \"p\": a policy of an identity has no Principal",
		"{\"policies\":{\"p\": {\"Statement\":[]},\n\"p\":{\"Statement\":[]}}}":                                                            "line 2: policy \"p\" is given twice",
		`[]`:                     "line 1: want {, not [",
		`{"credentials": {}}`:    "line 1: want [, not {",
		`{"credentials": []} {}`: "line 1: text after the end",
		``:                       "line 1: EOF",
	} {
		_, err := ParseCredentials([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestLoadCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.json")
	if _, err := LoadCredentials(path); err == nil {
		t.Error("a missing file was loaded")
	}
	if err := os.WriteFile(path, []byte(`{"credentials":[`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCredentials(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error with the path", err)
	}
}
