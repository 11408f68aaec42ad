// Package sigv4 tells who a request comes from by its AWS Signature Version 4,
// in the header or in the query string (spec data-streams §6).
//
// This package's API may change.
package sigv4
