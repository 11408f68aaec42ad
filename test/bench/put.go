//go:build linux

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// shape is a batch: so many records of so many bytes.
type shape struct {
	records, size int
}

var shapes = []shape{{500, 100}, {500, 1 << 10}, {150, 25 << 10}}

func (s shape) String() string {
	if s.size < 1<<10 {
		return fmt.Sprintf("%d × %d B", s.records, s.size)
	}
	return fmt.Sprintf("%d × %d KiB", s.records, s.size>>10)
}

// variants is how many different bodies each connection sends in turn.
const variants = 2

// putRequests are the signed PutRecords requests of each connection.
func putRequests(addr string, conns int, s shape) ([][]request, error) {
	all := make([][]request, conns)
	for i := range all {
		rnd := seeded(i)
		for range variants {
			raw, err := signed(addr, "PutRecords", putRecordsBody(rnd, s.records, s.size))
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], raw)
		}
	}
	return all, nil
}

// benchPutRecords measures PutRecords into 8 and into many shards. Its
// ceiling is what cannot be left out, each part measured by itself in the same
// run: a net/http server that reads and hashes the same bodies, the codecs, and
// a journal commit of the same payload (spec storage §6.1).
func benchPutRecords(_ context.Context, c config) error {
	const conns = 16
	fmt.Printf("\n## PutRecords, durable, SigV4 verified, %d connections\n\n", conns)
	fmt.Println("| batch | shards | records/s | MB/s | CPU per record | bare net/http + SHA-256 | codecs and MD5 | bare journal | ceiling / leat | records/s per core |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	for _, s := range shapes {
		bare, err := hashReference(c, conns, s)
		if err != nil {
			return err
		}
		codec, err := codecPut(s, c.phase/4)
		if err != nil {
			return err
		}
		perCommit, _, err := journalOnly(filepath.Join(c.dir, "journal-"+fmt.Sprint(s.size)), s.records*(s.size+48), c.phase/2)
		if err != nil {
			return err
		}
		journal := perCommit / time.Duration(s.records)
		for _, shards := range []int{8, 1024} {
			r, err := putLoad(c, shards, conns, s)
			if err != nil {
				return err
			}
			cpu := r.cpuPer(s.records)
			fmt.Printf("| %v | %d | %.0f k | %.0f | %v | %v | %v | %v | %.0f %% | %.0f k |\n", s, shards,
				r.perSecond(s.records)/1e3, r.perSecond(s.records*s.size)/1e6, cpu, bare, codec, journal,
				100*float64(bare+codec+journal)/float64(cpu), 1e6/float64(cpu))
		}
	}
	return nil
}

// hashReference returns the CPU time per record of the bare server.
func hashReference(c config, conns int, s shape) (time.Duration, error) {
	p, err := startReference("hash", fmt.Sprint(110*s.records))
	if err != nil {
		return 0, err
	}
	defer p.kill()
	requests, err := putRequests(p.addr, conns, s)
	if err != nil {
		return 0, err
	}
	r, err := drive(p, c.phase/2, requests)
	return r.cpuPer(s.records), err
}

func putLoad(c config, shards, conns int, s shape) (result, error) {
	p, err := startLeat(c, filepath.Join(c.dir, fmt.Sprintf("put-%d-%d", shards, s.size)), nil)
	if err != nil {
		return result{}, err
	}
	defer p.stop()
	if err := createStream(p.addr, shards); err != nil {
		return result{}, err
	}
	requests, err := putRequests(p.addr, conns, s)
	if err != nil {
		return result{}, err
	}
	return drive(p, c.phase, requests)
}

// benchPutRecord measures single puts and their latency, beside a bare
// net/http handler that only syncs a shared file.
func benchPutRecord(_ context.Context, c config) error {
	const size = 1 << 10
	fmt.Print("\n## PutRecord of 1 KiB, durable, SigV4 verified\n\n")
	fmt.Println("| connections | server | requests/s | CPU per request | p50 | p99 | bare / leat |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, conns := range []int{1, 64, 256} {
		bare, err := startReference("sync", filepath.Join(c.dir, "sync"))
		if err != nil {
			return err
		}
		b, err := putOneLoad(bare, c, conns, size)
		bare.kill()
		if err != nil {
			return err
		}
		p, err := startLeat(c, filepath.Join(c.dir, fmt.Sprint("one-", conns)), nil)
		if err != nil {
			return err
		}
		err = createStream(p.addr, 8)
		var r result
		if err == nil {
			r, err = putOneLoad(p, c, conns, size)
		}
		p.stop()
		if err != nil {
			return err
		}
		for _, row := range []struct {
			name string
			result
		}{{"bare net/http + sync", b}, {"leat", r}} {
			fmt.Printf("| %d | %s | %.1f k | %v | %v | %v | %.0f %% |\n", conns, row.name, row.perSecond(1)/1e3, row.cpuPer(1),
				row.quantile(0.5).Round(time.Microsecond), row.quantile(0.99).Round(time.Microsecond),
				100*float64(b.cpuPer(1))/float64(row.cpuPer(1)))
		}
	}
	return nil
}

func putOneLoad(p *process, c config, conns, size int) (result, error) {
	all := make([][]request, conns)
	for i := range all {
		rnd := seeded(i)
		for range 16 {
			raw, err := signed(p.addr, "PutRecord", putRecordBody(rnd, size))
			if err != nil {
				return result{}, err
			}
			all[i] = append(all[i], raw)
		}
	}
	return drive(p, c.phase, all)
}
