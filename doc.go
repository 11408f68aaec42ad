// Package leat is Amazon Kinesis Data Streams in one process: a [Server] that
// unmodified AWS SDKs talk to as if it were AWS, on a durable log of its own.
//
//	srv, err := leat.Open(ctx, leat.Config{Data: "leat-data"})
//	if err != nil {
//		return err
//	}
//	defer srv.Close()
//	fmt.Println(srv.URL()) // for AWS_ENDPOINT_URL
//
// The command leat is a thin layer above it, and so is package leattest, which
// gives a test a server with nothing on disk and a clock that can be advanced.
package leat
