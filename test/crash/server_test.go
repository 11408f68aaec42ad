package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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

// server is one data folder and the process that serves it at the moment. It
// is started and killed by one goroutine and used by many.
type server struct {
	binary, dir string
	flags       []string // of leat serve, beside the address and the folder
	// fail is told when a process ends that was not told to.
	fail func(error)

	// Of the goroutine that starts and kills.
	process      *process
	longestStart time.Duration // from exec to the address

	mu struct {
		sync.Mutex
		addr string
		// up is closed while there is an address to connect to.
		up chan struct{}
	}
}

// process is one run of the server.
type process struct {
	cmd    *exec.Cmd
	addr   chan string   // receives once when the process serves
	exited chan struct{} // closed when the process has ended

	mu struct {
		sync.Mutex
		told   bool     // to end
		output []string // the last lines
	}
}

// outputLines is how much of the server's last words a failure quotes.
const outputLines = 40

func newServer(binary, dir string, flags []string, fail func(error)) *server {
	s := &server{binary: binary, dir: dir, flags: flags, fail: fail}
	s.mu.up = make(chan struct{})
	return s
}

// start starts a process and returns when it serves.
func (s *server) start(ctx context.Context) error {
	began := time.Now()
	if err := s.launch(); err != nil {
		return err
	}
	select {
	case addr := <-s.process.addr:
		s.longestStart = max(s.longestStart, time.Since(began))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mu.addr = addr
		close(s.mu.up)
		return nil
	case <-s.process.exited:
		return errors.New("the server did not start:\n" + s.process.lastWords())
	case <-ctx.Done():
		return fmt.Errorf("the server did not start: %w\n%s", ctx.Err(), s.process.lastWords())
	}
}

// startAndKill starts a process and kills it after d, wherever it then is.
func (s *server) startAndKill(d time.Duration) error {
	if err := s.launch(); err != nil {
		return err
	}
	select {
	case <-time.After(d):
	case <-s.process.exited:
	}
	s.process.kill()
	return nil
}

// kill ends the process with SIGKILL and returns when it has ended.
func (s *server) kill() {
	s.down()
	s.process.kill()
}

// stop ends the process with SIGTERM, as an operator would, and returns when it
// has ended, which it must do in good order.
func (s *server) stop(ctx context.Context) error {
	s.down()
	p := s.process
	p.ending()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w\n%s", err, p.lastWords())
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("the server stopped with %v\n%s", p.cmd.ProcessState, p.lastWords())
	}
	return nil
}

// down says that there is no server to connect to.
func (s *server) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.addr = ""
	s.mu.up = make(chan struct{})
}

// address returns where the server is, once it is anywhere.
func (s *server) address(ctx context.Context) (string, error) {
	for {
		s.mu.Lock()
		addr, up := s.mu.addr, s.mu.up
		s.mu.Unlock()
		if addr != "" {
			return addr, nil
		}
		select {
		case <-up:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// launch starts a process.
func (s *server) launch() error {
	cmd := exec.Command(s.binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", s.dir}, s.flags...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	output, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd: cmd, addr: make(chan string, 1), exited: make(chan struct{})}
	s.process = p
	go p.watch(output, s.fail)
	return nil
}

// endpoint finds the address that serve prints.
var endpoint = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// watch reads the process's output until it ends.
func (p *process) watch(output io.Reader, fail func(error)) {
	defer close(p.exited)
	lines := bufio.NewScanner(output)
	found := false
	for lines.Scan() {
		p.mu.Lock()
		p.mu.output = append(p.mu.output[max(0, len(p.mu.output)-outputLines):], lines.Text())
		p.mu.Unlock()
		if m := endpoint.FindStringSubmatch(lines.Text()); m != nil && !found {
			found = true
			p.addr <- m[1]
		}
	}
	err := p.cmd.Wait()
	p.mu.Lock()
	told := p.mu.told
	p.mu.Unlock()
	if !told {
		fail(fmt.Errorf("the server ended by itself: %v\n%s", err, p.lastWords()))
	}
}

// kill ends the process, when it has not ended.
func (p *process) kill() {
	p.ending()
	p.cmd.Process.Kill() // an error means that it has ended, which is what matters
	<-p.exited
}

// ending says that the process ends because it is told to.
func (p *process) ending() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.told = true
}

func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.mu.output, "\n")
}
