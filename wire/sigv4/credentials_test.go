package sigv4

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseCredentials(t *testing.T) {
	got, err := ParseCredentials([]byte(`{
  "credentials": [
    {"accessKeyId": "A", "secretAccessKey": "s", "account": "123456789012"},
    {"accessKeyId": "B", "secretAccessKey": "t", "sessionToken": "u", "account": "000000000000"}
  ]
}
`))
	if err != nil || len(got) != 2 || got["A"] != (Credential{"A", "s", "", "123456789012"}) || got["B"] != (Credential{"B", "t", "u", "000000000000"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseCredentialsErrors(t *testing.T) {
	const rest = `"secretAccessKey":"s","account":"123456789012"}`
	for text, want := range map[string]string{
		"{\n\"credential\": []}":                                                             `line 2: unknown key "credential"`,
		"{\"credentials\": [\n{\n\"accessKey\": \"A\"}]}":                                    `line 3: unknown key "accessKey"`,
		"{\"credentials\": [\n{" + rest + "]}":                                               "line 2: accessKeyId is missing",
		"{\"credentials\": [{\"accessKeyId\":\"A\",\n\"account\":\"1\"}]}":                   "line 2: secretAccessKey is missing",
		`{"credentials": [{"accessKeyId":"A","secretAccessKey":"s"}]}`:                       `line 1: account must have 12 digits, not ""`,
		`{"credentials": [{"accessKeyId":"A",` + rest + `,{"accessKeyId":"A",` + rest + `]}`: `line 1: access key "A" is given twice`,
		`{"credentials": [{"accessKeyId":1}]}`:                                               "line 1: accessKeyId: want a string, not 1",
		`[]`:                                                                                 "line 1: want {, not [",
		`{"credentials": {}}`:                                                                "line 1: want [, not {",
		`{"credentials": []} {}`:                                                             "line 1: text after the end",
		``:                                                                                   "line 1: EOF",
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
