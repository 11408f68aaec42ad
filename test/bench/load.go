//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// conn is a keep-alive connection of the load generator, which knows just
// enough of HTTP/1.1 to be cheaper than the servers it drives.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// roundTrip sends raw and reads the answer, whose body it returns when asked.
func (c *conn) roundTrip(raw request, keep bool) (status int, body []byte, err error) {
	if _, err := c.Write(raw); err != nil {
		return 0, nil, err
	}
	length := -1
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if first {
			status, _ = strconv.Atoi(string(line[9:12]))
		}
		if k, v, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(k, []byte("Content-Length")) {
			length, _ = strconv.Atoi(string(v))
		}
	}
	if length < 0 {
		return status, nil, errors.New("answer without Content-Length")
	}
	if keep || status != http.StatusOK {
		body = make([]byte, length)
		_, err = io.ReadFull(c.r, body)
		return status, body, err
	}
	_, err = c.r.Discard(length)
	return status, nil, err
}

// result is what a load measured.
type result struct {
	requests  int
	elapsed   time.Duration
	cpu       time.Duration // of the server
	latencies []time.Duration
}

// cpuPer returns the server's CPU time for each of n things per request.
func (r result) cpuPer(n int) time.Duration {
	return r.cpu / time.Duration(max(1, r.requests*n))
}

// perSecond returns the things per second, n per request.
func (r result) perSecond(n int) float64 { return float64(r.requests*n) / r.elapsed.Seconds() }

// quantile returns the latency that a fraction q of the requests did not exceed.
func (r result) quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(len(r.latencies)-1, int(q*float64(len(r.latencies))))]
}

// drive sends each connection's requests over and over for the length of the
// phase, after a short warm-up.
func drive(p *process, phase time.Duration, conns [][]request) (result, error) {
	if _, err := spin(p, phase/8, conns); err != nil {
		return result{}, err
	}
	return spin(p, phase, conns)
}

func spin(p *process, phase time.Duration, conns [][]request) (result, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total result
		fail  error
	)
	before, began := p.cpu(), time.Now()
	deadline := began.Add(phase)
	for _, requests := range conns {
		wg.Go(func() {
			latencies, err := hammer(p.addr, deadline, requests)
			mu.Lock()
			defer mu.Unlock()
			total.latencies = append(total.latencies, latencies...)
			if err != nil && fail == nil {
				fail = err
			}
		})
	}
	wg.Wait()
	total.elapsed, total.cpu = time.Since(began), p.cpu()-before
	total.requests = len(total.latencies)
	slices.Sort(total.latencies)
	return total, fail
}

// hammer is one connection's part of spin.
func hammer(addr string, deadline time.Time, requests []request) ([]time.Duration, error) {
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var latencies []time.Duration
	for i := 0; ; i++ {
		began := time.Now()
		if began.After(deadline) {
			return latencies, nil
		}
		status, body, err := c.roundTrip(requests[i%len(requests)], false)
		if err != nil {
			return latencies, err
		}
		if status != http.StatusOK {
			return latencies, fmt.Errorf("answer %d: %.300s", status, body)
		}
		latencies = append(latencies, time.Since(began))
	}
}
