// Package dynamodb is the part of Amazon DynamoDB that the clients of Kinesis
// keep their leases and checkpoints in: tables, items, conditional writes,
// queries, scans, global secondary indexes and transactions.
//
// Methods of [Service] have the signatures of the SDK client's without its
// options, so that what needs a table can be given either. Everything is
// durable through the command log: see package tables. What they return is
// shared with the tables, and must not be changed; what they are given is
// theirs only during the call. They read the caller from the context, where
// api.WithCaller puts it.
//
// This package's API may change.
package dynamodb
