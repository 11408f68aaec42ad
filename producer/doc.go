// Package producer puts records into a Kinesis stream, many at once: a Kinesis
// Producer Library in Go, for AWS and for leat.
//
//	p, err := producer.New(kinesis.NewFromConfig(cfg), "orders")
//	...
//	defer p.Close(ctx)
//	err = p.Enqueue(ctx, producer.Record{PartitionKey: "customer-7", Data: data}, func(r producer.Result) {
//		if r.Err != nil { ... }
//	})
//
// # Ways to put
//
// [Producer.Put] waits until the record is stored, or is not; it is for few
// records, or for many goroutines. [Producer.Enqueue] returns as soon as there is
// room, and calls a function with the result. [Producer.PutAsync] returns a
// [Future] instead, which is asked for the result later. [Producer.TryEnqueue] does
// not wait for room either. [Producer.Flush] waits for all that came before, and
// [Producer.Close] does so for the last time.
//
// # What becomes of a record
//
// Enqueue copies a user record into the aggregate that is being filled for the
// shard that its hash key belongs to. When the aggregate is full, or its first
// record has waited for RecordMaxBufferedTime, it joins those of other shards in
// one PutRecords request. What fails in passing is tried again, until RecordTTL
// has passed; what cannot succeed fails at once. A request that is refused for one
// of its records is made again for the others, each alone. Every record that
// Enqueue took gets exactly one Result.
//
// # What is promised
//
// A record whose Result has no error is stored, and every consumer that knows
// the KPL's format is given it (package aggregation). A record whose Result has
// an error is not known to be stored. It may be all the same: a request that
// got no answer may have been carried out, and when it is made again the record
// is there twice. That, and a killed process, are the only causes of
// duplicates.
//
// Resharding is none. An aggregate that reaches a shard which does not own all
// of its user records is discarded by the KCL as a whole; so it is put again as
// a whole, taken apart by the shards that own its records now. One whose records
// all belong where they came is not put again.
//
// Records of one partition key may change places when some are tried again.
// With the option InOrder they do not.
//
// # Coming from the KPL
//
// Options have the names and the defaults of the KPL's configuration. What is
// different: buffers are bounded, and Enqueue waits when they are full; what
// cannot succeed (no such stream, no permission) is not tried until it expires;
// retries back off; a [Producer] puts into one stream.
package producer
