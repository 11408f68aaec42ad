//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/producer"
)

// consumerRecords is how many user records a consumer reads, half of them
// aggregated.
const consumerRecords = 2_000_000

// benchConsumer measures package consumer and the KCL on the same stream: what a
// user record of 100 bytes costs the process that reads it from the stream's
// start, with its leases and a checkpoint for each batch. The warm figures are
// of the second half. The server, which keeps the leases too, does not count.
func benchConsumer(ctx context.Context, c config) error {
	kcl, err := prepareJava(ctx, c)
	if err != nil {
		return err
	}
	p, err := startLeat(c, filepath.Join(c.dir, "consumer"), nil, "--durability", "interval=100")
	if err != nil {
		return err
	}
	defer p.stop()
	if err := fillForConsumers(ctx, p.addr); err != nil {
		return err
	}
	fmt.Printf("\n## Consumer, %d user records of 100 B, half of them aggregated, %d shards\n\n", consumerRecords, clientShards)
	fmt.Println("| | user records/s | client CPU per user record | from a cold start, user records/s | CPU |")
	fmt.Println("|---|---|---|---|---|")
	for _, retrieval := range []string{"polling", "fan-out"} {
		got, err := runConsumer(ctx, p.addr, retrieval)
		if err != nil {
			return err
		}
		fmt.Printf("| `consumer`, %s | %v | %v |\n", retrieval, got.warm, got.cold)
		if kcl == nil {
			continue
		}
		if got, err = kcl.run(ctx, "Kcl", "http://"+p.addr, stream, "kcl-"+retrieval, retrieval, strconv.Itoa(consumerRecords)); err != nil {
			return err
		}
		fmt.Printf("| KCL, %s | %v | %v |\n", retrieval, got.warm, got.cold)
	}
	return nil
}

// fillForConsumers puts the records, aggregated and not by turns.
func fillForConsumers(ctx context.Context, addr string) error {
	if err := createStream(addr, clientShards); err != nil {
		return err
	}
	client := kinesis.NewFromConfig(clientConfig("http://"+addr, newTransport()))
	const turns = 10
	for turn := range turns {
		p, err := producer.New(client, stream, producer.RateLimit(1_000_000), producer.AggregationEnabled(turn%2 == 0))
		if err != nil {
			return err
		}
		for i := range consumerRecords / turns {
			r := producer.Record{PartitionKey: fmt.Sprintf("customer-%07d", i%10_000), Data: make([]byte, 100)}
			if err := p.Enqueue(ctx, r, nil); err != nil {
				return err
			}
		}
		if err := p.Close(ctx); err != nil {
			return err
		}
		if failed := p.Stats().UserRecordsFailed; failed > 0 {
			return fmt.Errorf("%d records could not be put", failed)
		}
	}
	runtime.GC() // what putting left behind is not the consumer's
	return nil
}

// mark is how far a consumer was at a time.
type mark struct {
	seen int64
	at   time.Time
	cpu  time.Duration // of the process
}

// tally counts what a consumer processes.
type tally struct {
	done chan struct{} // closed when that is everything

	mu               sync.Mutex
	seen             int64
	first, half, all mark
}

// process counts a batch.
func (t *tally) process(_ context.Context, b *consumer.Batch) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := mark{seen: t.seen, at: time.Now(), cpu: selfCPU()}
	if t.first.at.IsZero() {
		t.first = now
	}
	t.seen += int64(len(b.Records))
	now.seen = t.seen
	if t.half.at.IsZero() && t.seen >= consumerRecords/2 {
		t.half = now
	}
	if t.all.at.IsZero() && t.seen >= consumerRecords {
		t.all = now
		close(t.done)
	}
	return nil
}

// costs returns what it took, in a process that had used cpu when it began.
func (t *tally) costs(cpu time.Duration) costs {
	t.mu.Lock()
	defer t.mu.Unlock()
	return costs{
		cold: cost{records: t.all.seen, cpu: t.all.cpu - cpu, wall: t.all.at.Sub(t.first.at)},
		warm: cost{records: t.all.seen - t.half.seen, cpu: t.all.cpu - t.half.cpu, wall: t.all.at.Sub(t.half.at)},
	}
}

// runConsumer runs a worker until it has processed every record.
func runConsumer(ctx context.Context, addr, retrieval string) (costs, error) {
	ctx, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	c := clientConfig("http://"+addr, newTransport())
	options := []consumer.Option{consumer.Stream(stream)}
	if retrieval == "fan-out" {
		options = append(options, consumer.EnhancedFanOut("go"))
	}
	t := &tally{done: make(chan struct{})}
	w, err := consumer.New(kinesis.NewFromConfig(c), dynamolease.New(dynamodb.NewFromConfig(c), "go-"+retrieval), consumer.Func(t.process), options...)
	if err != nil {
		return costs{}, err
	}
	cpu := selfCPU()
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(run) }()
	select {
	case <-t.done:
	case err := <-ended:
		stop()
		return costs{}, errors.Join(errors.New("the worker ended"), err)
	}
	stop()
	err = <-ended
	return t.costs(cpu), err
}
