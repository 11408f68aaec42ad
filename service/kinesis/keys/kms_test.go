package keys

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/leat-io/leat/api"
)

// fakeKMS answers as AWS KMS does, with the keys of a ring.
type fakeKMS struct {
	ring *Ring
	mu   sync.Mutex
	// fail is the code and message of every answer, when there is one.
	fail, message string
	scopes        []string // what calls were signed for
}

func (f *fakeKMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var in struct {
		KeyId, KeySpec    string
		CiphertextBlob    []byte
		EncryptionContext map[string]string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=AKID/")
	scope, _, _ = strings.Cut(scope, ",")
	f.scopes = append(f.scopes, scope[len("20060102/"):])
	out := map[string]any{}
	var err error
	switch target := r.Header.Get("X-Amz-Target"); {
	case f.fail != "":
	case target == "TrentService.GenerateDataKey" && in.KeySpec == "AES_256":
		var k DataKey
		k, err = f.ring.Make(r.Context(), in.KeyId, in.EncryptionContext["aws:kinesis:arn"])
		out["KeyId"], out["Plaintext"], out["CiphertextBlob"] = k.MasterARN, k.Plain, k.Wrapped
	case target == "TrentService.Decrypt":
		out["Plaintext"], err = f.ring.Open(r.Context(), in.KeyId, in.EncryptionContext["aws:kinesis:arn"], in.CiphertextBlob)
	default:
		f.fail, f.message = "UnknownOperationException", target
	}
	code, message := f.fail, f.message
	var refused *api.Error
	if errors.As(err, &refused) {
		code, message = strings.TrimPrefix(refused.Code, "KMS"), refused.Message
		if code == "InvalidStateException" {
			code = "IncorrectKeyException"
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if code != "" {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": code, "message": message}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func newFakeKMS(t *testing.T, keys string) (*fakeKMS, *KMS) {
	f := &fakeKMS{ring: ring(t, keys)}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	return f, newKMS(srv.URL, credentials.NewStaticCredentialsProvider("AKID", "secret", ""))
}

func TestKMS(t *testing.T) {
	ctx := context.Background()
	const arn = "arn:aws:kms:eu-west-1:000000000000:key/" + id
	f, k := newFakeKMS(t, `{"id": "`+id+`", "aliases": ["alias/a"], "arn": "`+arn+`", "key": "`+secret+`"},
		{"id": "off", "key": "`+other+`", "state": "disabled"}`)
	made, err := k.Make(ctx, "alias/a", orders)
	if err != nil || len(made.Plain) != DataKeyBytes || made.MasterARN != arn {
		t.Fatalf("%+v, %v", made, err)
	}
	got, err := k.Open(ctx, arn, orders, made.Wrapped)
	if err != nil || !bytes.Equal(got, made.Plain) {
		t.Errorf("opened %x, %v", got, err)
	}
	if got := strings.Join(f.scopes, " "); got != "us-east-1/kms/aws4_request eu-west-1/kms/aws4_request" {
		t.Errorf("signed for %s", got)
	}
	refused := func(err error, want string) {
		t.Helper()
		var told *api.Error
		if !errors.As(err, &told) || told.Code+": "+told.Message != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	_, err = k.Make(ctx, "alias/b", orders)
	refused(err, "KMSNotFoundException: Alias alias/b is not found.")
	_, err = k.Make(ctx, "off", orders)
	refused(err, "KMSDisabledException: arn:aws:kms:us-east-1:000000000000:key/off is disabled.")
	_, err = k.Open(ctx, arn, orders+"2", made.Wrapped)
	if err == nil || !strings.HasPrefix(err.Error(), "KMSInvalidStateException: ") {
		t.Errorf("opened for another stream: %v", err)
	}
	for code, want := range map[string]string{
		"AccessDeniedException":       "KMSAccessDeniedException: why",
		"UnrecognizedClientException": "KMSAccessDeniedException: why",
		"KMSInvalidStateException":    "KMSInvalidStateException: why",
		"OptInRequired":               "KMSOptInRequired: why",
		"LimitExceededException":      "KMSThrottlingException: why",
	} {
		f.fail, f.message = code, "why"
		_, err = k.Make(ctx, "alias/a", orders)
		refused(err, want)
	}
	f.message = ""
	f.fail = "InvalidCiphertextException"
	_, err = k.Open(ctx, arn, orders, made.Wrapped)
	refused(err, "KMSInvalidStateException: InvalidCiphertextException")

	var told *api.Error
	f.fail = "SomethingElse"
	if _, err = k.Make(ctx, "alias/a", orders); err == nil || errors.As(err, &told) {
		t.Errorf("another error: %v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = k.Make(ctx, "alias/a", orders); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}
}

// What calls itself a KMS and is none is not believed.
func TestKMSNonsense(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Write([]byte(`{"Plaintext":"c2hvcnQ=","KeyId":"k","CiphertextBlob":"YQ=="}`))
	}))
	defer srv.Close()
	k := newKMS(srv.URL, credentials.NewStaticCredentialsProvider("AKID", "secret", ""))
	if made, err := k.Make(context.Background(), "k", orders); err == nil {
		t.Errorf("made %+v", made)
	}
	if got, err := k.Open(context.Background(), "k", orders, nil); err == nil {
		t.Errorf("opened %x", got)
	}
}
