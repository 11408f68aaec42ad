// Package memlease keeps leases in memory: for tests, and for an application
// that is one process and may start from its initial position whenever it is
// started.
package memlease
