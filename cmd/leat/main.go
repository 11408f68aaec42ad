// Command leat serves Amazon Kinesis Data Streams from one machine, and is a
// client of any such service.
//
// Data goes to standard output, words to standard error. Each subcommand has
// a file of its own here; docs/guide/command-line.md describes them all.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
