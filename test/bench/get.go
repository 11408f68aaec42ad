//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"
)

// benchGetRecords measures reads of the tail in memory, beside a ceiling of
// two parts: a bare net/http server that answers as many bytes, and the
// encoding of the page (spec storage §6.3).
func benchGetRecords(_ context.Context, c config) error {
	const conns = 8
	fmt.Printf("\n## GetRecords from the tail, SigV4 verified, %d connections\n\n", conns)
	fmt.Println("| page | records/s | MB/s | CPU per record | bare net/http, same bytes | encoding | ceiling / leat | records/s per core |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, s := range shapes {
		if err := getShape(c, conns, s); err != nil {
			return err
		}
	}
	return nil
}

func getShape(c config, conns int, s shape) error {
	p, err := startLeat(c, filepath.Join(c.dir, fmt.Sprint("get-", s.size)), nil)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := createStream(p.addr, 1); err != nil {
		return err
	}
	for i := range 4 { // enough that a page is full wherever it starts
		var in json.RawMessage = putRecordsBody(seeded(i), s.records, s.size)
		if err := call(p.addr, "PutRecords", in, nil); err != nil {
			return err
		}
	}
	iterator, err := trimHorizon(p.addr, "0")
	if err != nil {
		return err
	}
	page := object{"ShardIterator": iterator, "Limit": s.records}
	var answer json.RawMessage
	if err := call(p.addr, "GetRecords", page, &answer); err != nil {
		return err
	}
	r, err := repeat(p, c, conns, page)
	if err != nil {
		return err
	}
	ref, err := startReference("page", fmt.Sprint(len(answer)))
	if err != nil {
		return err
	}
	defer ref.kill()
	b, err := repeat(ref, c, conns, page)
	if err != nil {
		return err
	}
	cpu, bare, codec := r.cpuPer(s.records), b.cpuPer(s.records), codecGet(s, c.phase/4)
	fmt.Printf("| %v | %.0f k | %.0f | %v | %v | %v | %.0f %% | %.0f k |\n", s, r.perSecond(s.records)/1e3,
		r.perSecond(s.records*s.size)/1e6, cpu, bare, codec, 100*float64(bare+codec)/float64(cpu), 1e6/float64(cpu))
	return nil
}

// repeat sends the same GetRecords on all connections.
func repeat(p *process, c config, conns int, page object) (result, error) {
	body, err := json.Marshal(page)
	if err != nil {
		return result{}, err
	}
	raw, err := signed(p.addr, "GetRecords", body)
	if err != nil {
		return result{}, err
	}
	all := make([][]request, conns)
	for i := range all {
		all[i] = []request{raw}
	}
	return drive(p, c.phase, all)
}

// trimHorizon returns an iterator at the start of a shard.
func trimHorizon(addr, shard string) (string, error) {
	return iterator(addr, object{"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"})
}

func iterator(addr string, in object) (string, error) {
	var out struct{ ShardIterator string }
	err := call(addr, "GetShardIterator", in, &out)
	return out.ShardIterator, err
}

// readAll follows an iterator to the tip and returns the records and bytes
// read, and how long it took.
func readAll(addr, iterator string) (records int, bytes int64, took time.Duration, err error) {
	began := time.Now()
	for {
		var out struct {
			Records            []struct{ Data []byte }
			NextShardIterator  string
			MillisBehindLatest int64
		}
		if err := call(addr, "GetRecords", object{"ShardIterator": iterator, "Limit": 10000}, &out); err != nil {
			return records, bytes, time.Since(began), err
		}
		for _, r := range out.Records {
			records++
			bytes += int64(len(r.Data))
		}
		if out.MillisBehindLatest == 0 || out.NextShardIterator == "" {
			return records, bytes, time.Since(began), nil
		}
		iterator = out.NextShardIterator
	}
}
