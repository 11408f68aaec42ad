//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/producer"
)

// clientShards is how many shards producers and consumers have.
const clientShards = 8

// benchProducer measures package producer with the SDK's client, and the KPL
// with its daemon, against a server: what a user record of 100 bytes costs the
// processes that put it, from handing it over to its result. The server is a
// process of its own and does not count. All speak TLS, as the KPL always does.
func benchProducer(ctx context.Context, c config) error {
	kpl, err := prepareJava(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("\n## Producer, user records of 100 B, %d shards, over TLS\n\n", clientShards)
	fmt.Println("| | user records/s | client CPU per user record | from a cold start, user records/s | CPU | failed |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, v := range []struct {
		name    string
		kpl     bool
		options []producer.Option
	}{
		{"aggregated", true, nil},
		{"aggregated, in order", false, []producer.Option{producer.InOrder()}},
		{"not aggregated", true, []producer.Option{producer.AggregationEnabled(false)}},
	} {
		err := benchProducerRow(ctx, c, "`producer`, "+v.name, func(e tlsEndpoint) (costs, error) {
			return runProducer(ctx, e, c.phase, v.options)
		})
		if err == nil && v.kpl && kpl != nil {
			err = benchProducerRow(ctx, c, "KPL, "+v.name, func(e tlsEndpoint) (costs, error) {
				_, port, err := net.SplitHostPort(e.addr)
				if err != nil {
					return costs{}, err
				}
				return kpl.run(ctx, "Kpl", port, e.authority, filepath.Join(c.dir, "kpl"), stream,
					strconv.FormatBool(v.options == nil), strconv.FormatInt(c.phase.Milliseconds(), 10))
			})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
	}
	return nil
}

// benchProducerRow prints what a producer costs against a fresh server.
func benchProducerRow(ctx context.Context, c config, name string, run func(tlsEndpoint) (costs, error)) error {
	dir, err := os.MkdirTemp(c.dir, "producer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := startLeat(c, dir, nil, "--durability", "interval=100")
	if err != nil {
		return err
	}
	defer p.stop()
	if err := createStream(p.addr, clientShards); err != nil {
		return err
	}
	var e tlsEndpoint
	select {
	case e = <-p.tls:
	case <-ctx.Done():
		return ctx.Err()
	}
	got, err := run(e)
	if err != nil {
		return err
	}
	fmt.Printf("| %s | %v | %v | %d |\n", name, got.warm, got.cold, got.cold.failed+got.warm.failed)
	return nil
}

// runProducer enqueues as fast as it is let for the length of a phase, twice.
func runProducer(ctx context.Context, e tlsEndpoint, phase time.Duration, options []producer.Option) (costs, error) {
	transport, err := e.transport()
	if err != nil {
		return costs{}, err
	}
	client := kinesis.NewFromConfig(clientConfig("https://"+e.addr, transport))
	// The rate of a shard is AWS's concern.
	p, err := producer.New(client, stream, append(options, producer.RateLimit(1_000_000))...)
	if err != nil {
		return costs{}, err
	}
	defer p.Close(ctx) // flushed before, unless there is an error
	cold, err := producerPhase(ctx, p, phase)
	if err != nil {
		return costs{}, err
	}
	warm, err := producerPhase(ctx, p, phase)
	return costs{cold: cold, warm: warm}, err
}

// producerPhase enqueues for the length of a phase, and flushes.
func producerPhase(ctx context.Context, p *producer.Producer, phase time.Duration) (cost, error) {
	records := make([]producer.Record, 10_000)
	for i := range records {
		records[i] = producer.Record{PartitionKey: fmt.Sprintf("customer-%07d", i), Data: make([]byte, 100)}
	}
	var put, failed atomic.Int64
	done := func(r producer.Result) {
		if r.Err != nil {
			failed.Add(1)
		} else {
			put.Add(1)
		}
	}
	began, cpu := time.Now(), selfCPU()
	for i := 0; i%1000 != 0 || time.Since(began) < phase; i++ {
		if err := p.Enqueue(ctx, records[i%len(records)], done); err != nil {
			return cost{}, err
		}
	}
	if err := p.Flush(ctx); err != nil {
		return cost{}, err
	}
	return cost{records: put.Load(), failed: failed.Load(), cpu: selfCPU() - cpu, wall: time.Since(began)}, nil
}

// clientConfig returns the settings of the SDK's clients for a server.
func clientConfig(url string, transport *http.Transport) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		HTTPClient:  sdkhttp.Wrap(&http.Client{Transport: transport}),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	}
}

// newTransport returns a transport that keeps a connection for each request of
// a producer.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	return t
}

// transport returns one that trusts the server's authority and speaks HTTP/1.1,
// as the KPL does.
func (e tlsEndpoint) transport() (*http.Transport, error) {
	pem, err := os.ReadFile(e.authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(e.authority + " has no certificate")
	}
	t := newTransport()
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.ForceAttemptHTTP2 = false
	return t, nil
}
