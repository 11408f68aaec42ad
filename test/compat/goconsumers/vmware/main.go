// Reads a stream with vmware-go-kcl-v2, its leases in a table of DynamoDB, until
// it is told to end:
//
//	vmware STREAM APPLICATION
//
// It says what it does on standard output: see kcl/kit.py.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/sirupsen/logrus"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/config"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/interfaces"
	"github.com/vmware/vmware-go-kcl-v2/clientlibrary/worker"
	"github.com/vmware/vmware-go-kcl-v2/logger"
)

func main() {
	stream, application := os.Args[1], os.Args[2]
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	settings := config.NewKinesisClientLibConfig(application, stream, os.Getenv("AWS_REGION"), "").
		WithKinesisEndpoint(endpoint).WithDynamoDBEndpoint(endpoint).
		WithInitialPositionInStream(config.TRIM_HORIZON).
		WithLeaseStealing(true).
		WithShardSyncIntervalMillis(1_000).
		WithLeaseRefreshWaitTime(2_000).
		WithLogger(logger.NewLogrusLogger(logrus.StandardLogger())) // its own writes to standard output
	w := worker.NewWorker(processors{}, settings)
	if err := w.Start(); err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	w.Shutdown()
}

type processors struct{}

func (processors) CreateProcessor() interfaces.IRecordProcessor { return &processor{} }

// processor says what it is given, and makes a checkpoint at the end of each
// batch.
type processor struct{ shard string }

func (p *processor) Initialize(in *interfaces.InitializationInput) {
	p.shard = in.ShardId
	fmt.Printf("begin %s\n", p.shard)
}

func (p *processor) ProcessRecords(in *interfaces.ProcessRecordsInput) {
	for _, r := range in.Records {
		fmt.Printf("record %s %s 0 %s %s\n", p.shard, *r.SequenceNumber, *r.PartitionKey, r.Data)
	}
	if n := len(in.Records); n > 0 {
		p.check(in.Checkpointer.Checkpoint(in.Records[n-1].SequenceNumber))
	}
}

func (p *processor) Shutdown(in *interfaces.ShutdownInput) {
	if in.ShutdownReason != interfaces.TERMINATE {
		return
	}
	fmt.Printf("end %s\n", p.shard)
	p.check(in.Checkpointer.Checkpoint(nil)) // which is SHARD_END
}

func (p *processor) check(err error) {
	if err != nil {
		fmt.Printf("trouble %s %v\n", p.shard, err)
	}
}
