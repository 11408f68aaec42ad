// Package kit is what the programs for the two SDKs share.
package kit

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
)

// Shard returns the id of the n-th shard of a stream.
func Shard(n int) string { return fmt.Sprintf("shardId-%012d", n) }

// Blob returns every byte once.
func Blob() []byte {
	blob := make([]byte, 256)
	for i := range blob {
		blob[i] = byte(i)
	}
	return blob
}

// Must returns the answer of a call, and ends the program when there is none.
func Must[T any](answer T, err error) T {
	Check(err)
	return answer
}

// Check ends the program when a call failed.
func Check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

// Same ends the program unless the two are equal.
func Same[T any](what string, got, want T) {
	if !reflect.DeepEqual(got, want) {
		fail("%s: got %v, want %v", what, got, want)
	}
	fmt.Println("ok  ", what)
}

// Refused ends the program unless err is of the SDK's type E.
func Refused[E error](err error) {
	var want E
	if !errors.As(err, &want) {
		fail("got %v, want a %T", err, want)
	}
	fmt.Printf("ok   %T\n", want)
}

// Advance moves the server's clock.
func Advance(minutes int) {
	url := fmt.Sprintf("%s/clock/advance?duration=%dm", os.Getenv("COMPAT_ADMIN"), minutes)
	answer := Must(http.Post(url, "", nil))
	Check(answer.Body.Close())
	Same(fmt.Sprintf("clock %d minutes on", minutes), answer.StatusCode, http.StatusOK)
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "FAIL "+format+"\n", args...)
	os.Exit(1)
}
