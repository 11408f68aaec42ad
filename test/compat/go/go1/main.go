// The story of test/compat/README.md with the SDK for Go v1.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/kinesis"

	"leat.compat/kit"
)

const (
	streamName  = "go1"
	limitedName = "go1-limited"
	otherEnd    = "340282366920938463463374607431768211455"
	half        = "170141183460469231731687303715884105728"
	threeFourth = "255211775190703847597530955573826158592"
)

var (
	stream  = aws.String(streamName)
	process = kit.Must(session.NewSession(&aws.Config{Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL"))}))
	client  = kinesis.New(process)
)

var everySecond = request.WithWaiterDelay(request.ConstantWaiterDelay(time.Second))

func main() {
	arn := create()
	put()
	limited()
	page()
	read()
	consumer := push(arn)
	expire()
	remove(consumer)
}

func create() (arn *string) {
	_, err := summary(stream)
	kit.Refused[*kinesis.ResourceNotFoundException](err)
	kit.Must(client.CreateStream(&kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int64(2)}))
	waitFor(stream)
	found := kit.Must(summary(stream)).StreamDescriptionSummary
	kit.Same("status", *found.StreamStatus, kinesis.StreamStatusActive)
	kit.Same("open shards", *found.OpenShardCount, 2)
	_, err = client.CreateStream(&kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int64(1)})
	kit.Refused[*kinesis.ResourceInUseException](err)
	_, err = client.CreateStream(&kinesis.CreateStreamInput{StreamName: aws.String("not a name"), ShardCount: aws.Int64(1)})
	kit.Refused[*kinesis.ValidationException](err)
	return found.StreamARN
}

func summary(name *string) (*kinesis.DescribeStreamSummaryOutput, error) {
	return client.DescribeStreamSummary(&kinesis.DescribeStreamSummaryInput{StreamName: name})
}

func waitFor(name *string) {
	input := &kinesis.DescribeStreamInput{StreamName: name}
	kit.Check(client.WaitUntilStreamExistsWithContext(aws.BackgroundContext(), input, everySecond))
}

func expire() {
	old := iterator(&kinesis.GetShardIteratorInput{ShardId: aws.String(kit.Shard(0)), ShardIteratorType: aws.String(kinesis.ShardIteratorTypeTrimHorizon)})
	kit.Advance(6)
	_, err := client.GetRecords(&kinesis.GetRecordsInput{ShardIterator: old})
	kit.Refused[*kinesis.ExpiredIteratorException](err)
	_, err = client.GetRecords(&kinesis.GetRecordsInput{ShardIterator: aws.String("nonsense")})
	kit.Refused[*kinesis.InvalidArgumentException](err)
}

func remove(consumer *string) {
	kit.Must(client.DeregisterStreamConsumer(&kinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer}))
	_, err := client.DescribeStreamConsumer(&kinesis.DescribeStreamConsumerInput{ConsumerARN: consumer})
	kit.Refused[*kinesis.ResourceNotFoundException](err)
	for _, name := range []string{streamName, limitedName} {
		kit.Must(client.DeleteStream(&kinesis.DeleteStreamInput{StreamName: &name}))
		input := &kinesis.DescribeStreamInput{StreamName: &name}
		kit.Check(client.WaitUntilStreamNotExistsWithContext(aws.BackgroundContext(), input, everySecond))
		_, err := summary(&name)
		kit.Refused[*kinesis.ResourceNotFoundException](err)
	}
}
