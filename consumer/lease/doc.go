// Package lease holds what the workers of one application agree on: who works
// on which shard, how far it has come, and who leads.
//
// The agreement is the one of the KCL, so that a worker written in Go and one
// written in Java can share a table: a [Lease] has the KCL's attributes, a
// [Store] does the KCL's conditional writes, and the algorithms (whether a
// lease has expired, who gets it next, who is the leader) decide as the KCL
// does (spec clients §3.1 to §3.8, §3.14).
//
// Stores are in the packages memlease and dynamolease; both pass the suite of
// package leasetest.
package lease
