package group

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/sdkhttp"
)

const (
	streamName  = "lines"
	application = "readers"
)

// awsConfig returns the settings of the SDK's clients for the server at a URL.
func awsConfig(url string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider("leat", "leat", ""),
		HTTPClient:   sdkhttp.Wrap(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}),
	}
}

func newKinesis(url string) *kinesis.Client { return kinesis.NewFromConfig(awsConfig(url)) }

func newDynamoDB(url string) *dynamodb.Client { return dynamodb.NewFromConfig(awsConfig(url)) }
