// Package leattest gives a Go test a Kinesis of its own: a leat server in the
// test's process, with nothing on disk, a clock that the test moves, and calls
// that fail when the test wants them to.
//
//	srv := leattest.New(t, leattest.Stream("orders", 4))
//	client := kinesis.NewFromConfig(srv.AWSConfig())
//	srv.Intercept("PutRecords", leattest.Throttle(2)) // the next two calls are throttled
//	srv.Advance(25 * time.Hour)                       // the first day's records expire
//
// A server takes about a millisecond to start, so every test can have one.
package leattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/sdkhttp"
)

// Server is a running leat. Its methods may be called concurrently.
type Server struct {
	server *leat.Server
	clock  *clock.Manual
	http   *http.Client
	region string
}

// New starts a server and stops it when the test ends. It fails the test when
// the server does not start, when calls are still under way at the end, or when
// something does not stop.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	o := gather(options)
	if o.onDisk {
		o.config.Durability, o.config.Data = leat.DurabilityAlways, t.TempDir()
	}
	s, err := start(o)
	if err != nil {
		t.Fatalf("leattest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("leattest: stop the server: %v", err)
		}
	})
	return s
}

// Start starts a server where there is no test to stop it, such as in TestMain.
// The caller closes it. OnDisk is for New alone.
func Start(options ...Option) (*Server, error) {
	o := gather(options)
	if o.onDisk {
		return nil, errors.New("leattest: OnDisk needs a test's temporary folder: use New")
	}
	return start(o)
}

func start(o settings) (*Server, error) {
	s := &Server{
		clock: new(clock.Manual),
		http:  &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()},
	}
	o.config.Listen, o.config.TLSListen = "127.0.0.1:0", "127.0.0.1:0"
	o.config.Clock = s.clock
	server, err := leat.Open(context.Background(), o.config)
	if err != nil {
		return nil, err
	}
	s.server, s.region = server, server.Config().Region
	for _, stream := range o.streams {
		if err := s.create(stream); err != nil {
			return nil, errors.Join(fmt.Errorf("create stream %s: %w", stream.name, err), s.Close())
		}
	}
	return s, nil
}

// createLimit is how long a stream may take to become ACTIVE.
const createLimit = 10 * time.Second

// create creates a stream and waits until it can be used.
func (s *Server) create(stream streamSetting) error {
	ctx, cancel := context.WithTimeout(context.Background(), createLimit)
	defer cancel()
	client := kinesis.NewFromConfig(s.AWSConfig())
	_, err := client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &stream.name, ShardCount: aws.Int32(int32(stream.shards))})
	if err != nil {
		return err
	}
	exists := kinesis.NewStreamExistsWaiter(client, func(o *kinesis.StreamExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, 200*time.Millisecond
	})
	return exists.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &stream.name}, createLimit)
}

// Close stops the server. Calls under way get a few seconds to finish; when
// some do not, Close cuts them off and returns an error.
func (s *Server) Close() error {
	// net/http opens connections that it then does not need. To the server one
	// that has asked nothing yet is about to, and would be waited for.
	s.http.CloseIdleConnections()
	err := s.server.Close()
	s.http.CloseIdleConnections()
	return err
}

// URL returns the server's endpoint, for clients that AWSConfig is not for.
func (s *Server) URL() string { return s.server.URL() }

// TLSURL returns the server's endpoint with TLS. Clients must trust Authority.
func (s *Server) TLSURL() string { return s.server.TLSURL() }

// Authority returns the certificate, in PEM, of the authority behind TLSURL: it
// is another for each server.
func (s *Server) Authority() []byte { return s.server.Authority() }

// AWSConfig returns a configuration for clients of the AWS SDK, with made-up
// credentials and the SDK's usual retries.
func (s *Server) AWSConfig() aws.Config {
	return aws.Config{
		Region:       s.region,
		BaseEndpoint: aws.String(s.URL()),
		HTTPClient:   sdkhttp.Wrap(s.http),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDLEATTEST", SecretAccessKey: "leattest", Source: "leattest"}, nil
		}),
	}
}

// Now returns the time on the server's clock.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Advance moves the server's clock forward. What is due by then happens:
// records expire, shard iterators too, streams leave CREATING. Signatures are
// not checked, so clients need not know. Records put later arrive later.
func (s *Server) Advance(d time.Duration) { s.clock.Advance(d) }
