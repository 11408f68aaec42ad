// Package catalog is what leat knows about Kinesis data streams besides their
// records: which exist, their shards and lineage, modes, tags and settings.
//
// It is a deterministic state machine over the command log. A command carries
// the time and every limit it is to be judged by; Apply checks it against the
// state and either carries it out or answers with the [api.Error] that the
// caller is to see, so that checks are linearizable and a replay gives the
// same answers. Readers get immutable values: a change replaces the [Stream]
// it is about.
//
// This package's API may change.
package catalog
