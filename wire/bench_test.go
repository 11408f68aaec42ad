package wire_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/stream"
	"github.com/leat-io/leat/wire"
	"github.com/leat-io/leat/wire/sigv4"
)

// discard is a RecordService that costs nothing.
type discard struct{}

func (discard) PutBatch(_ context.Context, b *kinesisapi.PutBatch) error {
	number := stream.SequenceParts{CreateSeconds: 1700000000, Seconds: 1700000001, Index: 1}.Number()
	for i := range b.Records {
		b.Records[i].SequenceNumber = number
	}
	return nil
}

func (discard) GetPage(_ context.Context, _ *kinesis.GetRecordsInput, p *kinesisapi.Page) error {
	return nil
}

// sink is an http.ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(b []byte) (int, error) { return len(b), nil }
func (s sink) WriteHeader(int)             {}

func (s sink) SetReadDeadline(time.Time) error { return nil }

// BenchmarkDoor measures a request from its parsed head to its written answer,
// with the signature verified: what the door adds to net/http and the service.
func BenchmarkDoor(b *testing.B) {
	h := wire.New(wire.Options{
		Services:    []wire.Service{{API: kinesisapi.Service, Records: discard{}}},
		Credentials: sigv4.Credentials{"AKIA": {AccessKeyID: "AKIA", SecretAccessKey: "secret", Account: "000000000000"}},
	})
	for _, bench := range []struct {
		operation      string
		records, bytes int
	}{{"PutRecord", 1, 100}, {"PutRecords", 500, 100}, {"PutRecords", 500, 1024}, {"PutRecords", 150, 25 << 10}} {
		b.Run(fmt.Sprintf("%s/%dx%dB", bench.operation, bench.records, bench.bytes), func(b *testing.B) {
			data := base64.StdEncoding.EncodeToString(make([]byte, bench.bytes))
			var body bytes.Buffer
			if bench.operation == "PutRecord" {
				fmt.Fprintf(&body, `{"Data":"%s","PartitionKey":"partition-1","StreamName":"s"}`, data)
			} else {
				body.WriteString(`{"Records":[`)
				for i := range bench.records {
					if i > 0 {
						body.WriteByte(',')
					}
					fmt.Fprintf(&body, `{"Data":"%s","PartitionKey":"partition-%d"}`, data, i)
				}
				body.WriteString(`],"StreamName":"s"}`)
			}
			sum := sha256.Sum256(body.Bytes())
			r, err := http.NewRequest("POST", "http://localhost:4567/", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.ContentLength = int64(body.Len())
			r.Header.Set("Content-Type", jsonType)
			r.Header.Set("X-Amz-Target", "Kinesis_20131202."+bench.operation)
			if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"}, r,
				hex.EncodeToString(sum[:]), "kinesis", "us-east-1", time.Now()); err != nil {
				b.Fatal(err)
			}
			w := sink{http.Header{}}
			reader := bytes.NewReader(nil)
			r.Body = io.NopCloser(reader)
			b.ReportAllocs()
			b.SetBytes(int64(bench.records * bench.bytes))
			for b.Loop() {
				reader.Reset(body.Bytes())
				h.ServeHTTP(w, r)
			}
			if w.header.Get("Content-Length") == "" {
				b.Fatal("no answer")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bench.records), "ns/record")
		})
	}
}
