package group

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// build builds the server and returns the path of the binary.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "leat")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/leat-io/leat/cmd/leat").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// server is one data folder, the process that serves it at the moment, and the
// address at which clients in other processes find whichever that is.
type server struct {
	binary, dir string
	fail        func(error)
	gate        *gate
	process     *process // of the goroutine that starts and kills
}

// endpoint finds the address that serve prints.
var endpoint = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// start starts a process and returns when it serves.
func (s *server) start(ctx context.Context) error {
	cmd := exec.Command(s.binary, "serve", "--listen", "127.0.0.1:0", "--data", s.dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	serves := make(chan string, 1)
	p, err := launch("the server", cmd, func(line string) {
		if m := endpoint.FindStringSubmatch(line); m != nil {
			select {
			case serves <- m[1]:
			default: // one address is enough
			}
		}
	}, s.fail)
	if err != nil {
		return err
	}
	s.process = p
	select {
	case addr := <-serves:
		s.gate.open(addr)
		return nil
	case <-p.exited:
		return errors.New("the server did not start:\n" + p.lastWords())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kill ends the process with SIGKILL and returns when it has ended.
func (s *server) kill() {
	s.gate.shut()
	s.process.kill()
}

// gate is an address that leads to the server wherever that is. While there is
// none it refuses.
type gate struct {
	listener net.Listener
	running  sync.WaitGroup

	mu struct {
		sync.Mutex
		addr  string // "" while shut
		conns map[net.Conn]struct{}
	}
}

// newGate returns a gate that ends with the test.
func newGate(t *testing.T) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l}
	g.mu.conns = make(map[net.Conn]struct{})
	g.running.Go(g.accept)
	t.Cleanup(func() {
		l.Close()
		g.shut()
		g.running.Wait()
	})
	return g
}

func (g *gate) url() string { return "http://" + g.listener.Addr().String() }

func (g *gate) open(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.addr = addr
}

// shut breaks every connection.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.addr = ""
	for c := range g.mu.conns {
		c.Close()
	}
}

// accept runs until the listener is closed.
func (g *gate) accept() {
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.running.Go(func() { g.carry(c) })
	}
}

// carry connects c with the server until one of them closes.
func (g *gate) carry(c net.Conn) {
	defer c.Close()
	g.mu.Lock()
	addr := g.mu.addr
	g.mu.conns[c] = struct{}{}
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.mu.conns, c)
	}()
	if addr == "" {
		return
	}
	s, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		defer c.Close()
		io.Copy(c, s) // whatever ends it is the end
	})
	io.Copy(s, c)
	s.Close()
	back.Wait()
}
