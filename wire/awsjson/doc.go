// Package awsjson is the AWS JSON 1.1 codec: a generic one for every shape of
// the SDK, and hand-written ones for the operations that move records. The
// latter take what clients really send; anything unusual they leave to the
// generic one, whose errors are exact.
//
// This package's API may change.
package awsjson
