package producer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/producer"
)

// gate is an HTTP client on the way to a server.
type gate struct {
	aws.HTTPClient
	cut  atomic.Bool            // nothing gets to the server
	late atomic.Int32           // answers to PutRecords that the client does not live to see
	host atomic.Pointer[string] // where the server is now, unless it never moves

	// asked and refused have a value after a request was begun, and when one could
	// not be made.
	asked, refused chan struct{}
}

func (g *gate) Do(r *http.Request) (*http.Response, error) {
	if g.cut.Load() {
		return nil, errors.New("connect: connection refused")
	}
	if host := g.host.Load(); host != nil {
		r.URL.Host = *host
	}
	tell(g.asked)
	resp, err := g.HTTPClient.Do(r)
	if err != nil {
		tell(g.refused)
		return nil, err
	}
	if r.Header.Get("X-Amz-Target") == "Kinesis_20131202.PutRecords" && g.late.Add(-1) >= 0 {
		_, _ = io.Copy(io.Discard, resp.Body) // so that it has been carried out
		resp.Body.Close()
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return resp, nil
}

// tell has a channel with room for one value have one.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// forget takes the value that a channel has.
func forget(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// TestServerGone sees records wait for a server that is gone, and Put give up
// with its context.
func TestServerGone(t *testing.T) {
	t.Parallel()
	s := begin(t, nil)
	config := s.srv.AWSConfig()
	g := &gate{HTTPClient: config.HTTPClient}
	config.HTTPClient = g
	s.restart(kinesis.NewFromConfig(config), producer.RecordMaxBufferedTime(time.Millisecond), producer.RecordTTL(time.Hour))
	s.put("before", 100)
	s.flush()
	g.cut.Store(true)
	s.put("meanwhile", 100)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Put(ctx, producer.Record{PartitionKey: "k", Data: []byte("by Put")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put while the server is gone: %v", err)
	}
	g.cut.Store(false)
	s.put("after", 100)
	s.flush()
	s.mu.Lock()
	if len(s.results) != 300 || s.failed != 0 {
		t.Errorf("%d results, %d of them failed", len(s.results), s.failed)
	}
	s.mu.Unlock()
	if r, err := s.Put(t.Context(), producer.Record{PartitionKey: "k", Data: []byte("by Put")}); err != nil || r.SequenceNumber == "" {
		t.Errorf("Put: %+v, %v", r, err)
	}
	s.end()
}

// TestServerAnswersLate sees requests that the server carries out, and whose
// answers come after RequestTimeout, made again: nothing is lost, and what they
// carried is there twice.
func TestServerAnswersLate(t *testing.T) {
	t.Parallel()
	s := begin(t, nil)
	config := s.srv.AWSConfig()
	g := &gate{HTTPClient: config.HTTPClient}
	config.HTTPClient = g
	s.restart(kinesis.NewFromConfig(config), producer.RequestTimeout(time.Second), producer.RecordTTL(time.Hour))
	g.late.Store(2)
	s.put("a", 1000)
	s.end()
	s.check(1000, false)
	twice := 0
	for _, n := range s.delivered() {
		if n > 1 {
			twice++
		}
	}
	if s.Stats().ErrorsByCode[producer.CodeNoAnswer] < 2 || twice == 0 {
		t.Errorf("%+v, %d records are there more than once", s.Stats(), twice)
	}
}

// TestServerRestarts stops the server with requests under way, and starts it
// again on the same folder while records wait: all of them get there, once,
// since a server that stops answers what it has begun.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	// With more, one could be opened that is then not needed, and which the server
	// waits for when it stops.
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	g := &gate{HTTPClient: sdkhttp.Wrap(&http.Client{Transport: transport}), asked: make(chan struct{}, 1), refused: make(chan struct{}, 1)}
	data := filepath.Join(t.TempDir(), "data")
	open := func() *leat.Server {
		srv, err := leat.Open(t.Context(), leat.Config{Listen: "127.0.0.1:0", Data: data})
		if err != nil {
			t.Fatal(err)
		}
		host := srv.Addr().String()
		g.host.Store(&host)
		return srv
	}
	srv := open()
	defer func() { srv.Close() }()
	s := &story{t: t, results: map[string]producer.Result{}, client: kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL()), HTTPClient: g,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})}
	if _, err := s.client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(2)}); err != nil {
		t.Fatal(err)
	}
	s.restart(s.client, producer.RecordMaxBufferedTime(time.Millisecond), producer.RequestTimeout(time.Minute), producer.RecordTTL(time.Hour))
	const rounds, n = 3, 500
	s.put("so that the map is known", 1)
	s.flush()
	for i := range rounds {
		forget(g.asked)
		s.put(fmt.Sprint("before stop ", i), n)
		<-g.asked
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		forget(g.refused)
		s.put(fmt.Sprint("while stopped ", i), n)
		<-g.refused
		srv = open()
		s.flush()
	}
	s.end()
	s.check(1+rounds*2*n, true)
}
