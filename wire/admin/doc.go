// Package admin is what a test outside the process asks of a running server
// beside the AWS APIs: to advance its clock, and to let calls fail. It answers
// nobody but programs on the same machine, and is not there at all unless it is
// asked for.
//
// This package's API may change.
package admin
