package keys

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	orders = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
	id     = "11111111-2222-4333-8444-555555555555"
)

var (
	secret = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	other  = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))
)

func ring(t *testing.T, keys string) *Ring {
	t.Helper()
	r, err := ParseRing([]byte(`{"keys": [` + keys + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRingNames(t *testing.T) {
	r := ring(t, `{"id": "`+id+`", "aliases": ["alias/a", "alias/team/b"], "key": "`+secret+`"},
		{"id": "mrk-1", "arn": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1", "key": "`+other+`", "state": "enabled"},
		{"id": "off", "aliases": ["alias/off"], "key": "`+other+`", "state": "disabled"}`)
	const own = "arn:aws:kms:us-east-1:000000000000:key/" + id
	for name, want := range map[string]string{
		id:             own,
		"alias/a":      own,
		"alias/team/b": own,
		own:            own,
		"arn:aws:kms:us-east-1:000000000000:alias/a": own,
		"mrk-1": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1",
		"arn:aws:kms:eu-west-1:111122223333:key/mrk-1": "arn:aws:kms:eu-west-1:111122223333:key/mrk-1",
		"arn:aws:kms:eu-west-1:000000000000:key/mrk-1": "KMSNotFoundException: Key 'arn:aws:kms:eu-west-1:000000000000:key/mrk-1' does not exist",
		"alias/c": "KMSNotFoundException: Alias alias/c is not found.",
		"a":       "KMSNotFoundException: Key 'a' does not exist",
		"arn:aws:kms:us-east-1:000000000000:" + id:        "KMSNotFoundException: Invalid arn arn:aws:kms:us-east-1:000000000000:" + id,
		"arn:aws:iam::000000000000:key/a":                 "KMSNotFoundException: Invalid arn arn:aws:iam::000000000000:key/a",
		"arn:aws:kms":                                     "KMSNotFoundException: Invalid arn arn:aws:kms",
		"alias/off":                                       "KMSDisabledException: arn:aws:kms:us-east-1:000000000000:key/off is disabled.",
		"arn:aws:kms:us-east-1:000000000000:alias/absent": "KMSNotFoundException: Alias arn:aws:kms:us-east-1:000000000000:alias/absent is not found.",
	} {
		k, err := r.Make(context.Background(), name, orders)
		got := k.MasterARN
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestRingWraps(t *testing.T) {
	ctx := context.Background()
	r := ring(t, `{"id": "`+id+`", "aliases": ["alias/a"], "key": "`+secret+`"}`)
	k, err := r.Make(ctx, "alias/a", orders)
	if err != nil || len(k.Plain) != 32 || bytes.Contains(k.Wrapped, k.Plain[:8]) {
		t.Fatalf("%+v, %v", k, err)
	}
	second, _ := r.Make(ctx, "alias/a", orders)
	if bytes.Equal(k.Plain, second.Plain) {
		t.Error("made the same key twice")
	}
	got, err := r.Open(ctx, k.MasterARN, orders, k.Wrapped)
	if err != nil || !bytes.Equal(got, k.Plain) {
		t.Errorf("opened %x, %v", got, err)
	}

	refused := func(r *Ring, arn string, wrapped []byte, want string) {
		t.Helper()
		if _, err := r.Open(ctx, k.MasterARN, arn, wrapped); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	const state = "KMSInvalidStateException: Key 'arn:aws:kms:us-east-1:000000000000:key/" + id + "' does not open the data key of "
	refused(r, orders+"2", k.Wrapped, state)
	refused(r, orders, second.Wrapped[:20], state)
	refused(r, orders, nil, state)
	for i := range k.Wrapped {
		altered := bytes.Clone(k.Wrapped)
		altered[i] ^= 1
		refused(r, orders, altered, state)
	}
	refused(ring(t, `{"id": "`+id+`", "key": "`+other+`"}`), orders, k.Wrapped, state)
	refused(ring(t, `{"id": "`+id+`", "key": "`+secret+`", "state": "disabled"}`), orders, k.Wrapped, "KMSDisabledException")
	refused(&Ring{}, orders, k.Wrapped, "KMSNotFoundException")
}

func TestParseRingErrors(t *testing.T) {
	key := `"key": "` + secret + `"`
	for text, want := range map[string]string{
		"{\n\"key\": []}":                                                                         `line 2: unknown key "key"`,
		"{\"keys\": [\n{\n\"secret\": \"A\"}]}":                                                   `line 3: unknown key "secret"`,
		"{\"keys\": [\n{" + key + "}]}":                                                           `line 2: id must be letters, digits and hyphens, as in a UUID, not ""`,
		"{\"keys\": [{\"id\": \"a\",\n\"key\": \"c2hvcnQ=\"}]}":                                   "line 2: key must be base64 of 32 bytes",
		`{"keys": [{"id": "a"}]}`:                                                                 "line 1: key must be base64 of 32 bytes",
		`{"keys": [{"id": "a", "key": 1}]}`:                                                       "line 1: key: want a string",
		`{"keys": [{"id": "a", "aliases": "alias/a"}]}`:                                           "line 1: want [",
		`{"keys": [{"id": "a", "aliases": ["a"], ` + key + `}]}`:                                  `line 1: alias must begin with alias/, not "a"`,
		`{"keys": [{"id": "a", "state": "on", ` + key + `}]}`:                                     `line 1: state must be enabled or disabled, not "on"`,
		`{"keys": [{"id": "a", "arn": "arn:aws:kms:us-east-1:000000000000:key/b", ` + key + `}]}`: `line 1: arn must be the ARN of key a, not "arn:aws:kms:us-east-1:000000000000:key/b"`,
		"{\"keys\": [{\"id\": \"a\", " + key + "},\n{\"id\": \"a\", " + key + "}]}":               `line 2: "a" is given twice`,
		`{"keys": [{"id": "a", "aliases": ["alias/x", "alias/x"], ` + key + `}]}`:                 `line 1: "alias/x" is given twice`,
		`{"keys": []} {}`: "line 1: text after the end",
		`{"keys": [`:      "line 1: the text ends early",
		``:                "line 1: the text ends early",
		`[]`:              "line 1: want {",
	} {
		_, err := ParseRing([]byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("tells a key: %v", err)
		}
	}
}

func TestOpenRingMakesOne(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "keys.json")
	first, made, err := OpenRing(path)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	k, err := first.Make(ctx, ManagedAlias, orders)
	if err != nil {
		t.Fatal(err)
	}
	again, made, err := OpenRing(path)
	if err != nil || made {
		t.Fatalf("made %v, %v", made, err)
	}
	if got, err := again.Open(ctx, k.MasterARN, orders, k.Wrapped); err != nil || !bytes.Equal(got, k.Plain) {
		t.Errorf("opened %x, %v", got, err)
	}
	if _, _, err := OpenRing(filepath.Join(path, "absent", "keys.json")); err == nil {
		t.Error("opened a ring where none can be")
	}
}

func TestNewRingAndNone(t *testing.T) {
	ctx := context.Background()
	r := NewRing()
	k, err := r.Make(ctx, ManagedAlias, orders)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewRing().Open(ctx, k.MasterARN, orders, k.Wrapped); err == nil || !strings.HasPrefix(err.Error(), "KMSNotFoundException: Key '") {
		t.Errorf("another ring: %v", err)
	}
	if _, err := (None{}).Make(ctx, ManagedAlias, orders); err == nil || !strings.Contains(err.Error(), "--key-ring") {
		t.Errorf("none: %v", err)
	}
	if _, err := (None{}).Open(ctx, k.MasterARN, orders, k.Wrapped); err == nil || !strings.Contains(err.Error(), k.MasterARN) {
		t.Errorf("none: %v", err)
	}
}

func TestNameLengths(t *testing.T) {
	parse := func(id, alias int) error {
		_, err := ParseRing(fmt.Appendf(nil, `{"keys": [{"id": "%s", "aliases": ["alias/%s"], "key": "%s"}]}`,
			strings.Repeat("i", id), strings.Repeat("a", alias), secret))
		return err
	}
	if err := parse(64, 250); err != nil {
		t.Error(err)
	}
	if parse(65, 1) == nil || parse(1, 251) == nil || parse(1, 0) == nil {
		t.Error("accepted an id or alias that is too long or too short")
	}
}
