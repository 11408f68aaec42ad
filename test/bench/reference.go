//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// serveReference runs one of the bare servers until it is killed:
//
//	hash N      read the body, take its SHA-256, answer N bytes
//	page N      answer N bytes, as a GetRecords of nobody's records
//	sync FILE   append the body to FILE, answer when a sync covered it; one
//	            sync serves all that wait, as any group commit does
func serveReference(role string, args []string) error {
	var h http.Handler
	switch role {
	case "hash", "page":
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		h = answering(n, role == "hash")
	case "sync":
		s, err := newSyncer(args[0])
		if err != nil {
			return err
		}
		h = s
	default:
		return fmt.Errorf("no reference %q", role)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	return http.Serve(l, h)
}

// bodies are buffers as any careful server would keep.
var bodies = sync.Pool{New: func() any { b := make([]byte, 16<<20); return &b }}

// readBody reads the whole body and passes it to use.
func readBody(r *http.Request, use func([]byte)) error {
	buf := bodies.Get().(*[]byte)
	defer bodies.Put(buf)
	n, err := io.ReadFull(r.Body, (*buf)[:r.ContentLength])
	if err == nil {
		use((*buf)[:n])
	}
	return err
}

func answering(n int, hash bool) http.Handler {
	answer := make([]byte, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := readBody(r, func(b []byte) {
			if hash {
				sum := sha256.Sum256(b)
				w.Header().Set("X-Sum", hex.EncodeToString(sum[:]))
			}
		})
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(n))
		w.Write(answer)
	})
}

// syncer is the bare handler that only syncs a shared file.
type syncer struct {
	file *os.File
	mu   sync.Mutex
	next *commit
	wake chan struct{}
}

type commit struct {
	bytes []byte
	done  chan struct{}
}

func newSyncer(name string) (*syncer, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	s := &syncer{file: f, next: &commit{done: make(chan struct{})}, wake: make(chan struct{}, 1)}
	go s.run() // for the life of the process
	return s, nil
}

func (s *syncer) run() {
	const wrap = 64 << 20 // stay within blocks that were written before
	var at int64
	for range s.wake {
		runtime.Gosched()
		s.mu.Lock()
		c := s.next
		s.next = &commit{done: make(chan struct{})}
		s.mu.Unlock()
		if at+int64(len(c.bytes)) > wrap {
			at = 0
		}
		s.file.WriteAt(c.bytes, at)
		syscall.Fdatasync(int(s.file.Fd()))
		at += int64(len(c.bytes))
		close(c.done)
	}
}

func (s *syncer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var c *commit
	err := readBody(r, func(b []byte) {
		s.mu.Lock()
		c = s.next
		c.bytes = append(c.bytes, b...)
		s.mu.Unlock()
	})
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	<-c.done
	w.Header().Set("Content-Length", "2")
	io.WriteString(w, "{}")
}

// journalOnly commits payloads of the given size to a journal with nothing in
// front of it, and returns the CPU time and the elapsed time per commit.
func journalOnly(dir string, payload int, phase time.Duration) (cpu, elapsed time.Duration, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, 0, err
	}
	j, err := journal.Open(journal.Options{FS: vfs.OS{}, Dir: dir, Direct: true, Create: true}, 0, func(journal.Frame) error { return nil })
	if err != nil {
		return 0, 0, err
	}
	defer j.Close()
	b := j.NewBuffer()
	bytes := make([]byte, payload)
	commit := func() error {
		b.Reset()
		b.Grow(payload)
		b.Payload = append(b.Payload, bytes...)
		b.Entries = 1
		_, end, err := j.Write(b)
		if err == nil {
			err = j.Sync()
		}
		if err == nil {
			err = j.Release(end)
		}
		return err
	}
	for began := time.Now(); time.Since(began) < phase/4; {
		if err := commit(); err != nil {
			return 0, 0, err
		}
	}
	before, began, commits := selfCPU(), time.Now(), 0
	for time.Since(began) < phase {
		if err := commit(); err != nil {
			return 0, 0, err
		}
		commits++
	}
	n := time.Duration(commits)
	return (selfCPU() - before) / n, time.Since(began) / n, nil
}

// selfCPU is the CPU time of this process.
func selfCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
