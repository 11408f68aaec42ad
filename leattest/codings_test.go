package leattest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/leattest"
	"github.com/leat-io/leat/wire/cbor"
	"github.com/leat-io/leat/wire/cbor/cbortest"
)

// TestEveryCoding puts records in each protocol, over plain and encrypted
// connections, and reads all of them in each: same bytes, same sequence number,
// same arrival millisecond.
func TestEveryCoding(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("s", 1))
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(srv.Authority()) {
		t.Fatal("no authority")
	}
	secure := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	h2c := &http.Transport{Protocols: new(http.Protocols)}
	h2c.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(secure.CloseIdleConnections)
	t.Cleanup(h2c.CloseIdleConnections)

	client := func(endpoint string, speaks http.RoundTripper) *kinesis.Client {
		return kinesis.NewFromConfig(srv.AWSConfig(), func(o *kinesis.Options) {
			o.BaseEndpoint = aws.String(endpoint)
			o.HTTPClient = sdkhttp.Wrap(&http.Client{Transport: speaks})
			o.Retryer = aws.NopRetryer{}
		})
	}
	clients := map[string]*kinesis.Client{
		"JSON":          kinesis.NewFromConfig(srv.AWSConfig()),
		"JSON over TLS": client(srv.TLSURL(), secure),
		"CBOR over h2c": client(srv.URL(), cbortest.Transport{Base: h2c, Dialect: cbor.AWS}),
		"CBOR over TLS": client(srv.TLSURL(), cbortest.Transport{Base: secure, Dialect: cbor.AWS}),
		"RPC over h2c":  client(srv.URL(), cbortest.Transport{Base: h2c, Dialect: cbor.RPC}),
	}
	want := map[string]string{} // data by sequence number
	for name, c := range clients {
		data := name + "\x00\xff" + strings.Repeat("x", 1000)
		put, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("é" + name), Data: []byte(data)})
		if err != nil {
			t.Fatalf("put in %s: %v", name, err)
		}
		want[*put.SequenceNumber] = data
	}
	var first []types.Record
	for name, c := range clients {
		at, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: aws.String("s"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatalf("iterator in %s: %v", name, err)
		}
		page, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		if err != nil || len(page.Records) != len(clients) {
			t.Fatalf("get in %s: %d records, %v", name, len(page.Records), err)
		}
		for _, r := range page.Records {
			if want[*r.SequenceNumber] != string(r.Data) {
				t.Errorf("get in %s: record %s has data %q", name, *r.SequenceNumber, r.Data)
			}
		}
		if first == nil {
			first = page.Records
		} else if !reflect.DeepEqual(page.Records, first) {
			t.Errorf("get in %s: %+v, want %+v", name, page.Records, first)
		}
	}
}
