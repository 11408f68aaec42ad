package group

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// process is a server or a worker: a process that must not end by itself.
type process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended

	mu struct {
		sync.Mutex
		told   bool     // to end
		output []string // the last lines
	}
}

// outputLines is how much of a process's last words a failure quotes.
const outputLines = 40

// launch starts a process. line is called with each line of its output, and
// fail when it ends without having been told to.
func launch(name string, cmd *exec.Cmd, line func(string), fail func(error)) (*process, error) {
	// It is closed when the process that started it is gone, and a worker then ends.
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: cmd, exited: make(chan struct{})}
	go p.watch(output, line, fail)
	return p, nil
}

// watch reads the process's output until it ends.
func (p *process) watch(output io.Reader, line func(string), fail func(error)) {
	defer close(p.exited)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		p.mu.Lock()
		p.mu.output = append(p.mu.output[max(0, len(p.mu.output)-outputLines):], lines.Text())
		p.mu.Unlock()
		line(lines.Text())
	}
	err := p.cmd.Wait()
	p.mu.Lock()
	told := p.mu.told
	p.mu.Unlock()
	if !told {
		fail(fmt.Errorf("%s ended by itself: %v\n%s", p.name, err, p.lastWords()))
	}
}

// kill ends the process with SIGKILL, when it has not ended, and returns when it
// has.
func (p *process) kill() {
	p.ending()
	p.cmd.Process.Kill() // an error means that it has ended, which is what matters
	<-p.exited
}

// stop ends the process with SIGTERM and returns when it has ended, which it
// must do in good order.
func (p *process) stop(ctx context.Context) error {
	p.ending()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w\n%s", p.name, err, p.lastWords())
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s stopped with %v\n%s", p.name, p.cmd.ProcessState, p.lastWords())
	}
	return nil
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
