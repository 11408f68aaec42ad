package leat_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat"
)

// encrypt makes the stream s and has it encrypted.
func encrypt(t *testing.T, c *kinesis.Client) error {
	t.Helper()
	if _, err := c.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	_, err := c.StartStreamEncryption(t.Context(), &kinesis.StartStreamEncryptionInput{
		StreamName: aws.String("s"), EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")})
	return err
}

// firstRecord returns the first record of the stream s.
func firstRecord(t *testing.T, c *kinesis.Client) (types.Record, error) {
	t.Helper()
	it, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("s"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
	if err != nil {
		return types.Record{}, err
	}
	if len(out.Records) != 1 {
		t.Fatalf("%d records", len(out.Records))
	}
	return out.Records[0], nil
}

// A key ring is made, and found again after a restart. A server without it
// starts, and tells clients so in the SDK's own error.
func TestKeyRing(t *testing.T) {
	dir := t.TempDir()
	c := leat.Config{Data: filepath.Join(dir, "data"), KeyRing: filepath.Join(dir, "keys.json")}
	srv := open(t, c)
	sdk := client(t, srv, "AKID", "secret")
	if err := encrypt(t, sdk); err != nil {
		t.Fatal(err)
	}
	put, err := sdk.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("d")})
	if err != nil || put.EncryptionType != types.EncryptionTypeKms {
		t.Fatalf("put %+v, %v", put, err)
	}
	for _, ring := range []string{c.KeyRing, "", filepath.Join(dir, "other.json"), c.KeyRing} {
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		srv = open(t, leat.Config{Data: c.Data, KeyRing: ring})
		r, err := firstRecord(t, client(t, srv, "AKID", "secret"))
		var missing *types.KMSNotFoundException
		switch {
		case ring != c.KeyRing && !errors.As(err, &missing):
			t.Errorf("with key ring %q: %v", ring, err)
		case ring == c.KeyRing && (err != nil || string(r.Data) != "d" || *r.PartitionKey != "k" || r.EncryptionType != types.EncryptionTypeKms):
			t.Errorf("with key ring %q: %+v, %v", ring, r, err)
		}
	}
}

func TestNoKeyRing(t *testing.T) {
	err := encrypt(t, client(t, open(t, leat.Config{Data: t.TempDir()}), "AKID", "secret"))
	var missing *types.KMSNotFoundException
	if !errors.As(err, &missing) || !strings.Contains(missing.ErrorMessage(), "--key-ring FILE") {
		t.Errorf("on disk: %v", err)
	}
	if err := encrypt(t, client(t, open(t, leat.Config{Durability: leat.DurabilityMemory}), "AKID", "secret")); err != nil {
		t.Errorf("in memory: %v", err)
	}
	for endpoint, want := range map[string]string{
		"kms.example":        `KMS endpoint "kms.example" is not a URL such as https://kms.us-east-1.amazonaws.com`,
		"http://127.0.0.1:1": "a key ring and a KMS endpoint exclude each other",
	} {
		c := leat.Config{KMSEndpoint: endpoint}
		if strings.HasPrefix(endpoint, "http") {
			c.KeyRing = "keys.json"
		}
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	if _, err := leat.Open(t.Context(), leat.Config{Durability: leat.DurabilityMemory, KeyRing: t.TempDir()}); err == nil {
		t.Error("a key ring that is none was ignored")
	}
}
