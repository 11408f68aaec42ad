// Package consumer is the Kinesis Client Library in Go: it spreads the shards of
// a stream over the workers of an application, processes each shard in order and
// parents before children, and keeps count of how far that has come.
//
//	leases := dynamolease.New(dynamodb.NewFromConfig(cfg), "my-application")
//	w, err := consumer.New(kinesis.NewFromConfig(cfg), leases, consumer.Func(
//		func(ctx context.Context, b *consumer.Batch) error {
//			for _, r := range b.Records {
//				fmt.Printf("%s: %s\n", r.PartitionKey, r.Data)
//			}
//			return nil
//		}), consumer.Stream("orders"))
//	if err != nil {
//		return err
//	}
//	return w.Run(ctx)
//
// It works against Amazon Kinesis and against leat. The workers of an
// application find each other through a lease store. With that of package
// dynamolease they share the work with workers of the Java KCL; the one of
// package memlease is for tests and for an application that is one process.
//
// # Processors
//
// Each shard has a processor of its own, whose methods are called one at a time.
// [Func] makes one of a function: when that returns nil the batch is checkpointed,
// and when it returns an error the batch comes again. A [Processor] is also told
// when a shard begins, has ended, or goes to another worker, and checkpoints by
// itself, through the Batch's [Checkpointer].
//
// # What is promised
//
// Every record is delivered at least once, and those with the same partition key
// in the order in which they were put, across splits and merges. A record is
// delivered a second time only if a worker ends without shutting down, or loses
// a lease because it could not renew it, after processing the record and before
// a checkpoint; or if the processor returned an error for its batch.
//
// # What it costs
//
// A shard takes two goroutines, and memory for what is read ahead: at most four
// reads, or 8 MiB or 30,000 records and the read that passes these. Every worker
// writes to the lease store three times in each failover time for each of its
// shards, and once for each checkpoint.
package consumer
