package cbor

// Dialect is one of the protocols that bodies of CBOR belong to. They differ
// in how they write time and errors.
type Dialect uint8

const (
	// AWS is application/x-amz-cbor-1.1 (spec data-streams §3): a timestamp is
	// tag 1 with an integer of epoch milliseconds.
	AWS Dialect = iota
	// RPC is Smithy RPC v2 CBOR (spec data-streams §4): a timestamp is tag 1
	// with epoch seconds, as RFC 8949 has it.
	RPC
)
