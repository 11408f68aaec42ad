package leat_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat"
)

// ownKey is the master key of the stream s that is not AWS's.
const ownKey = "arn:aws:kms:us-east-1:111111111111:key/own"

const keyRing = `{"keys": [
  {"id": "aws", "aliases": ["alias/aws/kinesis"], "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "state": "enabled"},
  {"id": "own", "aliases": ["alias/own"], "key": "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "state": "enabled"}
]}`

// newKeyGuard starts a server with the key ring for the keys, with the stream s,
// its consumer c, and a record that was put before the stream was encrypted.
func newKeyGuard(t *testing.T, keys ...credential) *guard {
	t.Helper()
	text, err := json.Marshal(map[string]any{"credentials": append(keys, key("ADMIN", owner))})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := leat.Config{Listen: "127.0.0.1:0", Durability: leat.DurabilityMemory,
		Credentials: filepath.Join(dir, "credentials.json"), KeyRing: filepath.Join(dir, "keys.json")}
	for path, text := range map[string]string{c.Credentials: string(text), c.KeyRing: keyRing} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := leat.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := &guard{t: t, url: s.URL()}
	g.must("ADMIN", "CreateStream", `{"StreamName":"s","ShardCount":1}`)
	g.must("ADMIN", "PutRecord", guardedBody("PutRecord"))
	g.consumer = g.must("ADMIN", "RegisterStreamConsumer", `{"StreamARN":"$ARN","ConsumerName":"c"}`)["Consumer"].(map[string]any)["ConsumerARN"].(string)
	return g
}

// iterate has the guard's iterator point at what comes after so many records.
func (g *guard) iterate(records int) {
	g.t.Helper()
	it := g.must("ADMIN", "GetShardIterator", `{"StreamARN":"$ARN","ShardId":"shardId-000000000000","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"]
	for range records {
		page, err := json.Marshal(map[string]any{"ShardIterator": it, "Limit": 1})
		if err != nil {
			g.t.Fatal(err)
		}
		it = g.must("ADMIN", "GetRecords", string(page))["NextShardIterator"]
	}
	g.iterator = it.(string)
}

// want calls an operation of the table as somebody, and expects the answer.
func (g *guard) want(accessKey, operation, want string) {
	g.t.Helper()
	if got := g.call(accessKey, operation, guardedBody(operation)); got != want {
		g.t.Errorf("%s %s\ngot  %s\nwant %s", accessKey, operation, got, want)
	}
}

// pushed returns what a subscription from the trim horizon begins with, up to
// the text, which must come.
func (g *guard) pushed(accessKey, text string) {
	g.t.Helper()
	body := strings.Replace(guardedBody("SubscribeToShard"), `"LATEST"},"DryRun":true`, `"TRIM_HORIZON"}`, 1)
	resp, err := http.DefaultClient.Do(g.request(accessKey, "secret", "SubscribeToShard", body, time.Now()))
	if err != nil {
		g.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got []byte
	for chunk := make([]byte, 4096); err == nil && !bytes.Contains(got, []byte(text)); {
		var n int
		n, err = resp.Body.Read(chunk)
		got = append(got, chunk[:n]...)
	}
	if !bytes.Contains(got, []byte(text)) {
		g.t.Fatalf("%s was pushed %q, %v; want %q", accessKey, got, err, text)
	}
}

// TestKeyPolicies checks that those who put to a stream, and read what is
// sealed in it, are allowed to use its master key, unless that is AWS's.
func TestKeyPolicies(t *testing.T) {
	kinesis := allow("kinesis:*", "*")
	g := newKeyGuard(t,
		key("NOBODY", owner, kinesis),
		key("DENIED", owner, allow("*", "*"), deny("kms:*", ownKey)),
		key("ELSEWHERE", owner, kinesis, allow("kms:*", "arn:aws:kms:us-east-1:111111111111:key/another")),
		key("WRITER", owner, kinesis, allow("kms:GenerateDataKey", ownKey, "Condition", map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": "kinesis.us-east-1.amazonaws.com", "kms:CallerAccount": owner}})),
		key("READER", owner, kinesis, allow("kms:Decrypt", "*", "Condition", map[string]any{
			"StringEquals": map[string]any{"kms:EncryptionContext:aws:kinesis:arn": ofStream, "kms:EncryptionContextKeys": "aws:kinesis:arn"},
			"Bool":         map[string]any{"aws:ViaAWSService": "true"}})),
		key("OTHERS", owner, kinesis, allow("kms:*", ownKey, "Condition", map[string]any{
			"StringEquals": map[string]any{"kms:EncryptionContext:aws:kinesis:arn": ofStream + "t"}})),
		key("STARTER", owner, kinesis, allow("kms:DescribeKey", ownKey)),
	)
	const start = `{"StreamARN":"$ARN","EncryptionType":"KMS","KeyId":"alias/own"}`
	mayNot := func(accessKey, action string) string {
		return "KMSAccessDeniedException: User: arn:aws:iam::111111111111:user/" + accessKey + " is not authorized to perform: kms:" + action +
			" on resource: " + ownKey + " because no identity-based policy allows the kms:" + action + " action"
	}
	cannotRead := func(accessKey string) string {
		return "KMSAccessDeniedException: User arn:aws:iam::111111111111:user/" + accessKey + " is not authorized to decrypt records in stream s"
	}
	if got := g.call("WRITER", "StartStreamEncryption", start); got != mayNot("WRITER", "DescribeKey") {
		t.Errorf("encrypted: %s", got)
	}
	g.want("NOBODY", "PutRecord", "") // nothing is encrypted
	g.must("STARTER", "StartStreamEncryption", start)

	for _, operation := range []string{"PutRecord", "PutRecords"} {
		for _, accessKey := range []string{"NOBODY", "READER", "OTHERS", "ELSEWHERE", "STARTER"} {
			g.want(accessKey, operation, mayNot(accessKey, "GenerateDataKey"))
		}
		g.want("DENIED", operation, strings.Replace(mayNot("DENIED", "GenerateDataKey"),
			"because no identity-based policy allows the kms:GenerateDataKey action", "with an explicit deny in an identity-based policy", 1))
		g.want("WRITER", operation, "")
		g.want("ADMIN", operation, "") // a key without policies
	}
	if got, want := g.call("NOBODY", "PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"","DryRun":true}`), mayNot("NOBODY", "GenerateDataKey"); got != want {
		t.Errorf("dry run: %s", got)
	}

	g.iterate(0)
	for _, accessKey := range []string{"NOBODY", "WRITER", "OTHERS", "ELSEWHERE", "DENIED"} {
		g.want(accessKey, "GetRecords", cannotRead(accessKey))
		g.pushed(accessKey, "not authorized to decrypt records in stream s")
	}
	g.want("READER", "GetRecords", "")
	g.pushed("READER", `"EncryptionType":"KMS"`)

	// What is put from here on, nobody needs that key for.
	g.must("ADMIN", "StartStreamEncryption", `{"StreamARN":"$ARN","EncryptionType":"KMS","KeyId":"alias/aws/kinesis"}`)
	g.want("NOBODY", "PutRecord", "")
	g.iterate(6) // two before it was encrypted, four with the key
	g.want("NOBODY", "GetRecords", "")
	g.must("ADMIN", "StopStreamEncryption", `{"StreamARN":"$ARN","EncryptionType":"KMS","KeyId":"alias/aws/kinesis"}`)
	g.want("NOBODY", "PutRecord", "")
	g.want("NOBODY", "GetRecords", "")
	g.iterate(5)
	g.want("NOBODY", "GetRecords", cannotRead("NOBODY"))
}
