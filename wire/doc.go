// Package wire is the front door: it turns an HTTP request into an operation
// with its input and its caller, and the outcome into a response. Everything
// that AWS's own front door answers before a service is asked, it answers in
// AWS's words and order (spec data-streams §2, §5, §6, §8). It knows operations
// (a name, a shape, a handler), not services.
//
// This package's API may change.
package wire
