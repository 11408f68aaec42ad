// Package cbor is the codec of the two CBOR protocols: AWS CBOR 1.1, which the
// SDKs for Java speak, and Smithy RPC v2. As in awsjson there is a generic one
// for every shape of the SDK, and hand-written ones for the operations that
// move records, which leave anything unusual to the generic one.
//
// This package's API may change.
package cbor
