package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// A batch is one PutRecords request. AWS takes up to 500 records and
	// 10 MiB; half of that keeps memory low and loses no throughput.
	maxBatchRecords = 500
	maxBatchBytes   = 5 << 20
	// maxLineBytes is the largest record a stream can be made to take.
	maxLineBytes = 10 << 20
)

// batch is the records of one request.
type batch struct {
	records []types.PutRecordsRequestEntry
	bytes   int // of data and keys
}

// fits reports whether n more bytes fit; a record larger than any batch fits
// into an empty one.
func (b *batch) fits(n int) bool {
	return len(b.records) == 0 || len(b.records) < maxBatchRecords && b.bytes+n <= maxBatchBytes
}

// add takes over data.
func (b *batch) add(key string, data []byte) {
	b.records = append(b.records, types.PutRecordsRequestEntry{PartitionKey: aws.String(key), Data: data})
	b.bytes += len(key) + len(data)
}

// gather makes batches of lines and sends each as soon as somebody takes it: a
// lone line leaves at once, and while a request is under way the next batch
// fills up. It returns when lines is closed and the last batch is taken.
func gather(ctx context.Context, lines <-chan []byte, batches chan<- *batch, key func() string) error {
	current := new(batch)
	var held []byte // a line that did not fit any more, never nil when there is one
	var heldKey string
	for {
		// Reading stops while a line is held, offering while there is nothing.
		in, out := lines, batches
		if held != nil || len(current.records) == maxBatchRecords {
			in = nil
		}
		if len(current.records) == 0 {
			if lines == nil {
				return nil
			}
			out = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-in:
			if !ok {
				lines = nil
				continue
			}
			if k := key(); current.fits(len(k) + len(line)) {
				current.add(k, line)
			} else {
				held, heldKey = line, k
			}
		case out <- current:
			current = new(batch)
			if held != nil {
				current.add(heldKey, held)
				held = nil
			}
		}
	}
}

// readLines sends every line of r, without its line feed, until the end of r.
// The last line needs no line feed. Each slice is the receiver's.
func readLines(ctx context.Context, r io.Reader, lines chan<- []byte) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(buffered)
		if err != nil && err != io.EOF {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err == io.EOF {
			return nil
		}
	}
}

var errLineTooLong = errors.New("longer than 10 MiB, the most that a record can hold")

// readLine returns the next line as a slice of its own, never nil but with
// io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	line := []byte{}
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil && len(line) <= maxLineBytes+1:
			return line[:len(line)-1], nil
		case len(line) > maxLineBytes:
			return nil, errLineTooLong
		case err != bufio.ErrBufferFull:
			return line, err
		}
	}
}
