//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// putsPerSecond is how often benchPush puts a record.
const putsPerSecond = 50

// pollEvery is how often the polling reader asks: as often as AWS lets it.
const pollEvery = 200 * time.Millisecond

// benchPush measures how long a record takes from the put to subscribers,
// beside a reader that polls. A put carries its number, so that whoever gets
// the record knows when it was sent and acknowledged.
func benchPush(_ context.Context, c config) error {
	fmt.Printf("\n## Put to push, durable, SigV4 verified, %d puts of 100 B a second into one shard\n\n", putsPerSecond)
	fmt.Println("| readers | put, p50 | put, p99 | sent to delivered, p50 | p99 | beyond the acknowledgement, p50 | p99 | CPU per delivery |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, n := range []int{1, 20, 300} {
		if err := pushTo(c, fmt.Sprintf("%d over HTTP/1.1", n), n, subscribers(false)); err != nil {
			return err
		}
		if err := pushTo(c, fmt.Sprintf("%d on one h2c connection", n), n, subscribers(true)); err != nil {
			return err
		}
	}
	return pushTo(c, fmt.Sprintf("1 that polls every %v", pollEvery), 1, poller)
}

// reader gets records of the stream's only shard from now on, and calls got
// with the data of each, until it is stopped. It returns when it is ready.
type reader func(addr string, i int, got func(data []byte)) (stop func(), err error)

// pushTo prints the row of n readers.
func pushTo(c config, name string, n int, read reader) error {
	p, err := startLeat(c, filepath.Join(c.dir, "push-"+name[:3]+fmt.Sprint(time.Now().UnixNano())), nil)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := createStream(p.addr, 1); err != nil {
		return err
	}
	puts := int(c.phase.Seconds() * putsPerSecond)
	seen := make([][]time.Time, n) // by reader and put
	var left atomic.Int64
	left.Store(int64(n * puts))
	all := make(chan struct{})
	for i := range n {
		seen[i] = make([]time.Time, puts)
		stop, err := read(p.addr, i, func(data []byte) {
			seen[i][binary.BigEndian.Uint32(data)] = time.Now()
			if left.Add(-1) == 0 {
				close(all)
			}
		})
		if err != nil {
			return fmt.Errorf("reader %d: %w", i, err)
		}
		defer stop()
	}
	before := p.cpu()
	sent, acked, err := putSlowly(p.addr, puts)
	if err != nil {
		return err
	}
	select {
	case <-all:
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%d deliveries are missing", left.Load())
	}
	cpu := (p.cpu() - before) / time.Duration(n*puts)
	var put, whole, beyond result
	for k := range puts {
		put.latencies = append(put.latencies, acked[k].Sub(sent[k]))
		for i := range n {
			whole.latencies = append(whole.latencies, seen[i][k].Sub(sent[k]))
			beyond.latencies = append(beyond.latencies, seen[i][k].Sub(acked[k]))
		}
	}
	fmt.Printf("| %s ", name)
	for _, r := range []result{put, whole, beyond} {
		slices.Sort(r.latencies)
		for _, q := range []float64{0.5, 0.99} {
			fmt.Printf("| %v ", r.quantile(q).Round(10*time.Microsecond))
		}
	}
	fmt.Printf("| %v |\n", cpu)
	return nil
}

// putSlowly puts numbered records and returns when each was sent and
// acknowledged.
func putSlowly(addr string, n int) (sent, acked []time.Time, err error) {
	c, err := dial(addr)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	tick := time.NewTicker(time.Second / putsPerSecond)
	defer tick.Stop()
	data := make([]byte, 100)
	for i := range n {
		binary.BigEndian.PutUint32(data, uint32(i))
		raw, err := signed(addr, "PutRecord", fmt.Appendf(nil, `{"StreamName":%q,"Data":%q,"PartitionKey":"k"}`,
			stream, base64.StdEncoding.EncodeToString(data)))
		if err != nil {
			return nil, nil, err
		}
		<-tick.C
		sent = append(sent, time.Now())
		status, body, err := c.roundTrip(raw, false)
		acked = append(acked, time.Now())
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("PutRecord: %d %s", status, body)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return sent, acked, nil
}

// subscribers returns a reader that subscribes, over a connection of its own or
// over one of HTTP/2 that all share.
func subscribers(shared bool) reader {
	transport := &http.Transport{}
	if shared {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	return func(addr string, i int, got func([]byte)) (func(), error) {
		body, err := subscription(addr, transport, i)
		if err != nil {
			return nil, err
		}
		ready := make(chan error, 1)
		var done sync.WaitGroup
		done.Go(func() {
			_, err := frame(body) // the initial response
			ready <- err
			for err == nil {
				var payload []byte
				if payload, err = frame(body); err == nil {
					eachData(payload, got)
				}
			}
		})
		return func() { body.Close(); done.Wait(); transport.CloseIdleConnections() }, <-ready
	}
}

// subscription registers consumer i and begins a subscription at LATEST.
func subscription(addr string, transport http.RoundTripper, i int) (io.ReadCloser, error) {
	var out struct{ Consumer struct{ ConsumerARN string } }
	err := call(addr, "RegisterStreamConsumer", object{
		"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/" + stream, "ConsumerName": fmt.Sprint("c", i),
	}, &out)
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(object{
		"ConsumerARN": out.Consumer.ConsumerARN, "ShardId": "0", "StartingPosition": object{"Type": "LATEST"},
	})
	if err != nil {
		return nil, err
	}
	r, err := signedRequest(addr, "SubscribeToShard", in)
	if err != nil {
		return nil, err
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		return nil, fmt.Errorf("SubscribeToShard: %s %s", resp.Status, text)
	}
	return resp.Body, nil
}

// frame reads an event stream message and returns its payload.
func frame(r io.Reader) ([]byte, error) {
	var prelude [12]byte
	if _, err := io.ReadFull(r, prelude[:]); err != nil {
		return nil, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(prelude[:])-12)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, err
	}
	return rest[binary.BigEndian.Uint32(prelude[4:]) : len(rest)-4], nil
}

// eachData calls got with the data of each record in the JSON of an event or a
// page. It is cheaper than a decoder, so that readers cost the machine little.
func eachData(text []byte, got func([]byte)) {
	for {
		_, after, found := bytes.Cut(text, []byte(`"Data":"`))
		if !found {
			return
		}
		data, rest, _ := bytes.Cut(after, []byte(`"`))
		plain := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
		if n, err := base64.StdEncoding.Decode(plain, data); err == nil {
			got(plain[:n])
		}
		text = rest
	}
}

// poller is a reader that polls.
func poller(addr string, _ int, got func([]byte)) (func(), error) {
	next, err := iterator(addr, object{"StreamName": stream, "ShardId": "0", "ShardIteratorType": "LATEST"})
	if err != nil {
		return nil, err
	}
	c, err := dial(addr)
	if err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		defer c.Close()
		for tick := time.Tick(pollEvery); ; {
			select {
			case <-stop:
				return
			case <-tick:
			}
			raw, err := signed(addr, "GetRecords", fmt.Appendf(nil, `{"ShardIterator":%q}`, next))
			if err != nil {
				return
			}
			status, page, err := c.roundTrip(raw, true)
			var out struct{ NextShardIterator string }
			if err != nil || status != http.StatusOK || json.Unmarshal(page, &out) != nil {
				return // what is missing is reported
			}
			eachData(page, got)
			next = out.NextShardIterator
		}
	})
	return func() { close(stop); done.Wait() }, nil
}
