//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// credentialsFile is what the server under test verifies signatures with.
const credentialsFile = `{"credentials":[{"accessKeyId":"AKIABENCH","secretAccessKey":"bench-secret","account":"000000000000"}]}`

var credentials = aws.Credentials{AccessKeyID: "AKIABENCH", SecretAccessKey: "bench-secret"}

// stream is the name every section uses.
const stream = "bench"

// request is one signed HTTP/1.1 request, ready for the socket. The load
// generator signs before the clock runs, so that it costs the machine little
// besides the copies.
type request []byte

// signed returns the bytes of a call to a Kinesis operation.
func signed(addr, operation string, body []byte) (request, error) {
	r, err := signedRequest(addr, operation, body)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// signedRequest returns a call to a Kinesis operation.
func signedRequest(addr, operation string, body []byte) (*http.Request, error) {
	r, err := http.NewRequest("POST", "http://"+addr+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
	r.Header.Set("User-Agent", "bench")
	sum := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(context.Background(), credentials, r, hex.EncodeToString(sum[:]), "kinesis", "us-east-1", time.Now())
	return r, err
}

// call sends one operation and decodes its answer into out, when not nil.
func call(addr, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	raw, err := signed(addr, operation, body)
	if err != nil {
		return err
	}
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	status, answer, err := c.roundTrip(raw, true)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %d %s", operation, status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// object is a JSON object.
type object = map[string]any

// createStream makes the stream.
func createStream(addr string, shards int) error {
	return call(addr, "CreateStream", object{"StreamName": stream, "ShardCount": shards}, nil)
}

// putRecordsBody is a PutRecords body of n records of size random bytes each.
func putRecordsBody(rnd *rand.ChaCha8, n, size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"StreamName":"` + stream + `","Records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"Data":"` + randomBase64(rnd, size) + `","PartitionKey":"` + partitionKey(rnd) + `"}`)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// putRecordBody is a PutRecord body.
func putRecordBody(rnd *rand.ChaCha8, size int) []byte {
	return fmt.Appendf(nil, `{"StreamName":%q,"Data":%q,"PartitionKey":%q}`, stream, randomBase64(rnd, size), partitionKey(rnd))
}

func randomBase64(rnd *rand.ChaCha8, size int) string {
	data := make([]byte, size)
	rnd.Read(data)
	return base64.StdEncoding.EncodeToString(data)
}

// partitionKey is the name of one of a million hosts.
func partitionKey(rnd *rand.ChaCha8) string { return fmt.Sprintf("host-%06d", rnd.Uint64()%1e6) }

// seeded returns the generator of connection i.
func seeded(i int) *rand.ChaCha8 {
	var seed [32]byte
	seed[0], seed[1] = byte(i), byte(i>>8)
	return rand.NewChaCha8(seed)
}
