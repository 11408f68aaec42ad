//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// benchStart measures the way to the first answer, and what an idle server
// holds.
func benchStart(_ context.Context, c config) error {
	fmt.Print("\n## Start and idle memory\n\n")
	best := time.Hour
	var rss float64
	for i := range 5 {
		p, err := startLeat(c, filepath.Join(c.dir, fmt.Sprint("start-", i)), nil)
		if err != nil {
			return err
		}
		began := time.Now()
		err = call(p.addr, "ListStreams", object{}, nil)
		best = min(best, p.started+time.Since(began))
		rss = p.memory("VmRSS")
		p.stop()
		if err != nil {
			return err
		}
	}
	fmt.Printf("first answer %v after exec (best of 5, empty data folder); %.1f MiB resident then\n", best.Round(100*time.Microsecond), rss)
	return nil
}

// benchShards creates, writes and reads a stream of 10,000 shards.
func benchShards(_ context.Context, c config) error {
	const shards = 10_000
	fmt.Printf("\n## A stream of %d shards\n\n", shards)
	p, err := startLeat(c, filepath.Join(c.dir, "shards"), nil)
	if err != nil {
		return err
	}
	defer p.stop()
	before := p.memory("VmRSS")
	began := time.Now()
	if err := createStream(p.addr, shards); err != nil {
		return err
	}
	created := time.Since(began)
	idle := p.memory("VmRSS")
	s := shape{500, 100}
	requests, err := putRequests(p.addr, 16, s)
	if err != nil {
		return err
	}
	r, err := drive(p, c.phase, requests)
	if err != nil {
		return err
	}
	fmt.Printf("created in %v; resident %.1f MiB before, %.1f MiB after (%.2f KiB a shard)\n", created.Round(time.Millisecond), before, idle, (idle-before)*1024/shards)
	fmt.Printf("PutRecords %v over all shards: %.0f k records/s, %v of CPU a record\n", s, r.perSecond(s.records)/1e3, r.cpuPer(s.records))
	records := 0
	began = time.Now()
	for shard := 0; shard < shards; shard += 100 {
		it, err := trimHorizon(p.addr, fmt.Sprint(shard))
		if err != nil {
			return err
		}
		n, _, _, err := readAll(p.addr, it)
		if err != nil {
			return err
		}
		records += n
	}
	if records == 0 {
		return errors.New("nothing was read")
	}
	fmt.Printf("every hundredth shard read to its tip: %d records in %v; resident %.1f MiB\n", records, time.Since(began).Round(time.Millisecond), p.memory("VmRSS"))
	p.kill()
	again, err := startLeat(c, filepath.Join(c.dir, "shards"), nil)
	if err != nil {
		return err
	}
	defer again.stop()
	fmt.Printf("serving again %v after a kill -9\n", again.started.Round(time.Millisecond))
	return nil
}

// benchLarge stores more than memory may hold and reads it back.
func benchLarge(_ context.Context, c config) error {
	const shards, conns = 4, 4
	s := shape{150, 25 << 10}
	fmt.Printf("\n## %d MiB stored under GOMEMLIMIT=512MiB\n\n", c.storeMB)
	dir, env := filepath.Join(c.dir, "large"), []string{"GOMEMLIMIT=512MiB"}
	p, err := startLeat(c, dir, env)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := createStream(p.addr, shards); err != nil {
		return err
	}
	stored, half, took, err := fill(p, c, conns, s)
	if err != nil {
		return err
	}
	fmt.Printf("wrote %d records, %.0f MB/s; resident at most %.0f MiB\n", stored, float64(stored*s.size)/1e6/took.Seconds(), p.memory("VmHWM"))
	p.kill()
	again, err := startLeat(c, dir, env)
	if err != nil {
		return err
	}
	defer again.stop()
	fmt.Printf("serving again %v after a kill -9\n", again.started.Round(time.Millisecond))
	var read, later int
	var bytes int64
	var reading time.Duration
	for shard := range shards {
		it, err := trimHorizon(again.addr, fmt.Sprint(shard))
		if err != nil {
			return err
		}
		n, b, t, err := readAll(again.addr, it)
		if err != nil {
			return err
		}
		read, bytes, reading = read+n, bytes+b, reading+t
		it, err = iterator(again.addr, object{"StreamName": stream, "ShardId": fmt.Sprint(shard), "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": float64(half.UnixMilli()) / 1000})
		if err != nil {
			return err
		}
		n, _, _, err = readAll(again.addr, it)
		if err != nil {
			return err
		}
		later += n
	}
	if read != stored {
		return fmt.Errorf("stored %d records, read %d", stored, read)
	}
	fmt.Printf("read all %d records from TRIM_HORIZON at %.0f MB/s, %d of them again from AT_TIMESTAMP half way; resident at most %.0f MiB\n",
		read, float64(bytes)/1e6/reading.Seconds(), later, again.memory("VmHWM"))
	return nil
}

// fill puts until the wanted size is stored, and returns how many records that
// took and the moment when half was there.
func fill(p *process, c config, conns int, s shape) (stored int, half time.Time, took time.Duration, err error) {
	requests, err := putRequests(p.addr, conns, s)
	if err != nil {
		return 0, half, 0, err
	}
	began := time.Now()
	for want := c.storeMB << 20 / s.size; stored < want; {
		r, err := spin(p, time.Second, requests)
		if err != nil {
			return stored, half, 0, err
		}
		stored += r.requests * s.records
		if half.IsZero() && stored >= want/2 {
			half = time.Now()
		}
	}
	return stored, half, time.Since(began), nil
}
