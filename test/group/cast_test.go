package group

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// killer kills workers at random moments, after every second one the server
// too, and puts new ones in their place.
func (h *history) killer(ctx context.Context) error {
	close(h.settled)
	for range workers {
		if _, err := h.startWorker(); err != nil {
			return err
		}
	}
	random := h.random(3)
	for i, at := range moments(random, h.kills, h.total()) {
		if err := h.ledger.lines(ctx, at); err != nil {
			return err
		}
		if i%2 == 1 {
			h.server.kill()
			if err := h.server.start(ctx); err != nil {
				return err
			}
		}
		victim := random.IntN(len(h.workers))
		h.workers[victim].kill()
		h.killed++
		h.workers = slices.Delete(h.workers, victim, victim+1)
		if _, err := h.startWorker(); err != nil {
			return err
		}
	}
	return nil
}

// rotate starts a second worker when the first has the whole stream, and a third
// when some of it has been handed over, and stops the first.
func (h *history) rotate(ctx context.Context) error {
	first, err := h.startWorker()
	if err != nil {
		return err
	}
	if err := h.ledger.holds(ctx, first, firstShards); err != nil {
		return err
	}
	if _, err := h.startWorker(); err != nil {
		return err
	}
	if err := h.ledger.moved(ctx); err != nil {
		return err
	}
	close(h.settled)
	if _, err := h.startWorker(); err != nil {
		return err
	}
	if err := h.ledger.lines(ctx, h.total()*2/3); err != nil {
		return err
	}
	return h.stopWorker(ctx, 0)
}

// startWorker starts a worker and returns its name. Every second one has its
// records pushed.
func (h *history) startWorker() (id string, err error) {
	c := workerConfig{
		ID: fmt.Sprintf("worker-%d", h.started), Server: h.server.gate.url(), Ledger: h.reports,
		FanOut: h.started%2 == 1, Failover: h.failover,
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	w, err := launch(c.ID, cmd, func(string) {}, h.fail)
	if err != nil {
		return "", err
	}
	h.workers = append(h.workers, w)
	h.started++
	return c.ID, nil
}

// stopWorker stops a worker in good order.
func (h *history) stopWorker(ctx context.Context, i int) error {
	if err := h.workers[i].stop(ctx); err != nil {
		return err
	}
	h.workers = slices.Delete(h.workers, i, i+1)
	return nil
}
