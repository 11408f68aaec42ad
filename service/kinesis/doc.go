// Package kinesis is Amazon Kinesis Data Streams as a Go value: a [Service]
// whose methods have the signatures of the AWS SDK client's, over a
// [storage.Log]. It knows no HTTP; package wire serves its Handlers.
//
// There is one file per operation. The definitions of streams are kept by
// package catalog, which also decides about every change; the operations
// translate between it and the SDK's shapes.
//
// This package's API may change.
package kinesis
