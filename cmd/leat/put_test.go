package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// putFunc is a client whose PutRecords is a function.
type putFunc func(*kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error)

func (f putFunc) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	return f(in)
}

func batchOf(values ...string) *batch {
	b := new(batch)
	for _, v := range values {
		b.add("k", []byte(v))
	}
	return b
}

// TestSendAgain refuses records of a request, then the whole request, and
// expects exactly what was refused to be sent again, in order.
func TestSendAgain(t *testing.T) {
	var sent []string
	api := putFunc(func(in *kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		var values []string
		for _, r := range in.Records {
			values = append(values, string(r.Data))
		}
		sent = append(sent, strings.Join(values, " "))
		switch len(sent) {
		case 1:
			return nil, &types.ProvisionedThroughputExceededException{}
		case 2:
			refused := types.PutRecordsResultEntry{ErrorCode: aws.String("ProvisionedThroughputExceededException")}
			return &kinesis.PutRecordsOutput{Records: []types.PutRecordsResultEntry{{}, refused, {}, refused}}, nil
		}
		return &kinesis.PutRecordsOutput{Records: make([]types.PutRecordsResultEntry, len(in.Records))}, nil
	})
	s := &sender{api: api, stream: "s", progress: newProgress(io.Discard, "s"), words: io.Discard}
	if err := s.send(t.Context(), batchOf("a", "b", "c", "d")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a b c d", "a b c d", "b d"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if s.progress.records != 4 || s.progress.bytes != 4 {
		t.Errorf("counted %d records, %d bytes", s.progress.records, s.progress.bytes)
	}
}

// TestSendGivesUp checks that an error that does not pass is not tried again.
func TestSendGivesUp(t *testing.T) {
	calls := 0
	api := putFunc(func(*kinesis.PutRecordsInput) (*kinesis.PutRecordsOutput, error) {
		calls++
		return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "no"}
	})
	s := &sender{api: api, stream: "s", progress: newProgress(io.Discard, "s"), words: io.Discard, patient: true}
	err := s.send(t.Context(), batchOf("a"))
	if err == nil || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// TestGather feeds lines faster than anybody takes batches and checks the
// bounds of each batch and that nothing is lost or moved.
func TestGather(t *testing.T) {
	lines, batches := make(chan []byte), make(chan *batch)
	var want []string
	go func() {
		defer close(lines)
		for i := range 1200 {
			size := 10
			if i%100 == 99 {
				size = 2 << 20
			}
			if i == 600 {
				size = 7 << 20 // more than a batch holds otherwise
			}
			line := fmt.Appendf(make([]byte, 0, size), "%09d.", i)[:size]
			want = append(want, string(line[:10]))
			lines <- line
		}
	}()
	done := make(chan error, 1)
	go func() {
		defer close(batches)
		done <- gather(context.Background(), lines, batches, func() string { return "key" })
	}()
	var got []string
	for b := range batches {
		bytes := 0
		for _, r := range b.records {
			bytes += len(r.Data) + len(*r.PartitionKey)
			got = append(got, string(r.Data[:10]))
		}
		if bytes != b.bytes || len(b.records) > maxBatchRecords || bytes > maxBatchBytes && len(b.records) > 1 || len(b.records) == 0 {
			t.Errorf("batch of %d records, %d bytes, counted %d", len(b.records), bytes, b.bytes)
		}
	}
	if err := <-done; err != nil || !slices.Equal(got, want) {
		t.Errorf("%d lines of %d, %v", len(got), len(want), err)
	}
}

func TestReadLines(t *testing.T) {
	read := func(in string) (got []string, err error) {
		lines, done := make(chan []byte), make(chan error, 1)
		go func() {
			defer close(lines)
			done <- readLines(context.Background(), strings.NewReader(in), lines)
		}()
		for l := range lines {
			got = append(got, string(l))
		}
		return got, <-done
	}
	long := strings.Repeat("x", maxLineBytes)
	for in, want := range map[string][]string{
		"":                 nil,
		"a":                {"a"},
		"a\n":              {"a"},
		"a\n\nb\r\nc":      {"a", "", "b\r", "c"},
		long + "\n" + long: {long, long},
	} {
		if got, err := read(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("%.10q: %.50q %v", in, got, err)
		}
	}
	for _, in := range []string{"a\n" + long + "x", "a\n" + long + "x\nb"} {
		if got, err := read(in); !errors.Is(err, errLineTooLong) || !strings.Contains(err.Error(), "line 2") || len(got) != 1 {
			t.Errorf("%d lines, %v", len(got), err)
		}
	}
}

// TestFollow writes to a file, rotates it, truncates it, and expects every
// whole line once.
func TestFollow(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "log")
	lines, done := make(chan []byte), make(chan error, 1)
	in := followFile(ctx, path)
	go func() {
		defer in.Close()
		done <- readLines(ctx, in, lines)
	}()
	expect := func(want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case l := <-lines:
				if string(l) != w {
					t.Fatalf("got %q, want %q", l, w)
				}
			case <-time.After(time.Minute):
				t.Fatalf("no line, want %q", w)
			}
		}
	}
	write := func(flags int, text string) {
		t.Helper()
		f, err := os.OpenFile(path, flags|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = f.WriteString(text)
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(os.O_CREATE, "one\ntw")
	expect("one")
	write(os.O_APPEND, "o\nthree\n")
	expect("two", "three")
	write(os.O_APPEND, "last of the old, unfinished")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(os.O_CREATE, "first of the new\n")
	expect("last of the old, unfinished", "first of the new")
	write(os.O_TRUNC, "after\n")
	expect("after")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// lockedBuffer is a Buffer for two goroutines.
type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.String()
}
