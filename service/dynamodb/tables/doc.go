// Package tables is what leat knows about DynamoDB tables: their definitions,
// and every item in them.
//
// It is a deterministic state machine over the command log. A command carries
// its time, and the conditions of writes are judged when it is applied, so that
// they are linearizable and a replay gives the same answers. Readers get
// definitions and items that nobody changes any more: they wait for the
// application of one command at most, and never for the log.
//
// All items are in memory, and in the log and its snapshots. That is right for
// leases, checkpoints and the like, and for no database.
//
// This package's API may change.
package tables
