package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const streamName = "logs"

// answerTimeout is longer than any answer may take.
const answerTimeout = time.Minute

// newClient returns an unmodified SDK client that connects to wherever the
// server is, and waits while it is nowhere. It does not retry: whoever calls
// must know of each attempt.
func newClient(s *server) *kinesis.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		addr, err := s.address(ctx)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String("http://leat.invalid"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("leat", "leat", ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   &http.Client{Timeout: answerTimeout, Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 4}},
	})
}

// lost says that an error is a lost connection, as a kill causes, and that
// nobody knows whether the call was carried out. Whatever the server answered is
// not, nor is its silence.
func lost(ctx context.Context, err error) bool {
	var (
		answered smithy.APIError
		network  net.Error
		send     *smithyhttp.RequestSendError
	)
	if ctx.Err() != nil || errors.As(err, &answered) || errors.As(err, &network) && network.Timeout() {
		return false
	}
	return errors.As(err, &send) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

// untilAnswered repeats an idempotent call until the server has answered it.
func untilAnswered[Out any](ctx context.Context, call func() (Out, error)) (Out, error) {
	for {
		out, err := call()
		if err == nil || !lost(ctx, err) {
			return out, err
		}
	}
}

// listShards returns all shards of the stream that have not expired.
func listShards(ctx context.Context, c *kinesis.Client) (shards []shard, err error) {
	in := &kinesis.ListShardsInput{StreamName: aws.String(streamName), MaxResults: aws.Int32(100)}
	for {
		out, err := untilAnswered(ctx, func() (*kinesis.ListShardsOutput, error) { return c.ListShards(ctx, in) })
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		for _, s := range out.Shards {
			parsed, err := parseShard(s)
			if err != nil {
				return nil, err
			}
			shards = append(shards, parsed)
		}
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(100)}
	}
}
