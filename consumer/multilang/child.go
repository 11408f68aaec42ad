package multilang

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/leat-io/leat/consumer"
)

const (
	// maxLine is how long a line of a child may be. What it says is short; what
	// it prints by mistake need not be.
	maxLine = 1 << 20
	// maxLines is how many of them wait to be read.
	maxLines = 16
)

// child is a process that processes one shard. Its methods are called by one
// goroutine at a time.
type child struct {
	command Command
	logger  *slog.Logger
	cmd     *exec.Cmd
	in      io.WriteCloser
	outputs []io.Closer
	said    chan said // what the child says; closed when it has closed its output
	readers sync.WaitGroup
	// waiting is the action whose status has not come yet, or "", and
	// checkpointer makes the checkpoints that the child wants meanwhile.
	waiting      string
	checkpointer *consumer.Checkpointer
}

// start starts a child.
func (c Command) start(logger *slog.Logger) (*child, error) {
	p := &child{command: c, logger: logger, said: make(chan said, maxLines)}
	p.cmd = exec.Command(c.Path, c.Args...)
	p.cmd.Env = c.Env
	setApart(p.cmd)
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	words, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the processor: %w", err)
	}
	p.in, p.outputs = in, []io.Closer{out, words}
	p.readers.Go(func() { p.readAnswers(out) })
	p.readers.Go(func() { p.readWords(words) })
	return p, nil
}

// readAnswers reads what the child says until it closes its output. What is no
// message is passed over.
func (p *child) readAnswers(out io.Reader) {
	defer close(p.said)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		m, err := parse(lines.Bytes())
		if err != nil {
			p.logger.Warn("the processor printed something that is no message", "err", err)
			continue
		}
		p.said <- m
	}
	_, _ = io.Copy(io.Discard, out) // past a line that is too long
}

// readWords logs what the child writes to standard error.
func (p *child) readWords(words io.Reader) {
	lines := bufio.NewScanner(words)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		p.logger.Info("the processor says", "stderr", lines.Text())
	}
	_, _ = io.Copy(io.Discard, words)
}

// ask sends a message and waits for its status, making the checkpoints that the
// child wants meanwhile; with a nil checkpointer it gets none. After an error
// the child is of no use, unless it is ctx's.
func (p *child) ask(ctx context.Context, action string, message any, c *consumer.Checkpointer) error {
	if p.waiting != "" { // a context ended before the child was done
		if err := p.await(ctx); err != nil {
			return err
		}
	}
	if err := p.tell(ctx, message); err != nil {
		return err
	}
	p.waiting, p.checkpointer = action, c
	return p.await(ctx)
}

// await waits for the status of what the child was asked last.
func (p *child) await(ctx context.Context) error {
	var late <-chan time.Time
	if p.command.Timeout > 0 {
		timer := time.NewTimer(p.command.Timeout)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("no answer to %s for %v", p.waiting, p.command.Timeout)
		case m, ok := <-p.said:
			switch {
			case !ok:
				return fmt.Errorf("the processor ended instead of answering %s", p.waiting)
			case m.Action == actionCheckpoint:
				if err := p.tell(ctx, checkpoint(ctx, m, p.checkpointer)); err != nil {
					return err
				}
			case m.ResponseFor != p.waiting:
				return fmt.Errorf("an answer to %q instead of %s", m.ResponseFor, p.waiting)
			default:
				p.waiting = ""
				return nil
			}
		}
	}
}

// tell writes a message. A child that does not read it before ctx ends, or in
// time, is killed.
func (p *child) tell(ctx context.Context, message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if p.command.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.command.Timeout)
		defer cancel()
	}
	stop := context.AfterFunc(ctx, func() { killAll(p.cmd) })
	defer stop()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write to the processor: %w", err)
	}
	return nil
}

// checkpoint makes the checkpoint that a child wants, and returns the answer.
func checkpoint(ctx context.Context, m said, c *consumer.Checkpointer) checkpointed {
	var err error
	switch {
	case c == nil:
		err = consumer.ErrNotNow
	case m.SequenceNumber == nil:
		err = c.Checkpoint(ctx)
	default:
		var sub int64
		if m.SubSequenceNumber != nil {
			sub = *m.SubSequenceNumber
		}
		err = c.CheckpointAt(ctx, *m.SequenceNumber, sub)
	}
	return checkpointed{
		Action: actionCheckpoint, SequenceNumber: m.SequenceNumber, SubSequenceNumber: m.SubSequenceNumber,
		Error: exceptionOf(err),
	}
}

// end closes the child's input, at which it should end, and kills it when it
// has not after the grace.
func (p *child) end() {
	p.in.Close()
	kill := time.AfterFunc(p.command.Grace, func() { killAll(p.cmd) })
	defer kill.Stop()
	p.finish(2 * p.command.Grace)
}

// kill ends the child at once.
func (p *child) kill() {
	p.in.Close()
	killAll(p.cmd)
	p.finish(p.command.Grace)
}

// finish waits for the end of the process. A process of the child's own that
// keeps the output open is not waited for beyond the limit.
func (p *child) finish(limit time.Duration) {
	giveUp := time.AfterFunc(limit, func() {
		for _, out := range p.outputs {
			out.Close()
		}
	})
	defer giveUp.Stop()
	for range p.said { // so that the reader gets to the end
	}
	p.readers.Wait()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.logger.Warn("the processor's process", "err", err)
	}
}
