package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"

	"github.com/leat-io/leat/internal/sdkhttp"
)

const (
	defaultEndpoint = "http://127.0.0.1:4567"
	defaultRegion   = "us-east-1"
	// callTimeout ends a call to a server that took the connection and says
	// nothing. No Kinesis call takes nearly as long.
	callTimeout = time.Minute
)

// clientOptions are the flags of every command that talks to a server.
type clientOptions struct {
	endpoint string
	region   string
}

// addTo gives cmd the flags.
func (o *clientOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.endpoint, "endpoint", "", "URL of the server; else AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, "+defaultEndpoint)
	cmd.Flags().StringVar(&o.region, "region", "", "region; else what the AWS configuration says, else "+defaultRegion)
}

// resolve returns the endpoint by the order that docs/guide/command-line.md
// promises. The environment twin of --endpoint has been applied already.
func (o *clientOptions) resolve() (string, error) {
	endpoint := defaultEndpoint
	for _, candidate := range []string{o.endpoint, os.Getenv("AWS_ENDPOINT_URL_KINESIS"), os.Getenv("AWS_ENDPOINT_URL")} {
		if candidate != "" {
			endpoint = candidate
			break
		}
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", usagef("endpoint %q is not a URL such as %s", endpoint, defaultEndpoint)
	}
	return strings.TrimSuffix(endpoint, "/"), nil
}

// client returns a client of the server that the options and the usual AWS
// configuration name. A server that is not AWS needs no configuration at all:
// credentials nobody set are replaced by made-up ones, which a leat without a
// credentials file accepts.
func (o *clientOptions) client(ctx context.Context) (*kinesis.Client, error) {
	endpoint, err := o.resolve()
	if err != nil {
		return nil, err
	}
	cfg, err := o.config(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	return kinesis.NewFromConfig(cfg, func(k *kinesis.Options) { k.BaseEndpoint = aws.String(endpoint) }), nil
}

// config returns the configuration for clients of the server at the endpoint.
func (o *clientOptions) config(ctx context.Context, endpoint string) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout)),
		config.WithRetryer(newRetryer),
	}
	if o.region != "" {
		options = append(options, config.WithRegion(o.region))
	}
	if !isAWS(endpoint) {
		// The instance metadata service is asked when nothing else has
		// credentials, and takes seconds to be absent.
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	cfg.HTTPClient = sdkhttp.Wrap(cfg.HTTPClient)
	if !isAWS(endpoint) {
		if cfg.Region == "" {
			cfg.Region = defaultRegion
		}
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			cfg.Credentials = credentials.NewStaticCredentialsProvider("leat", "leat", "")
		}
	}
	return cfg, nil
}

// isAWS reports whether the endpoint is one of Amazon's own.
func isAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// newRetryer returns the SDK's standard retryer, except that a refused
// connection is an answer: nobody listens there. Commands that outlive a
// restart of the server wait on their own terms.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		refused := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			if errors.Is(err, syscall.ECONNREFUSED) {
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})
		o.Retryables = append([]retry.IsErrorRetryable{refused}, o.Retryables...)
	})
}

// text returns what p points to, or nothing.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
