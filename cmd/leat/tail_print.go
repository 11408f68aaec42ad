package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// errLimit ends a tail that has printed as many records as were wanted.
var errLimit = errors.New("limit reached")

// printer writes records, as they are or as JSON lines.
type printer struct {
	out   *bufio.Writer
	json  bool
	limit int // records still wanted; negative is no limit
}

func newPrinter(out io.Writer, json bool, limit int) *printer {
	if limit == 0 {
		limit = -1
	}
	return &printer{out: bufio.NewWriterSize(out, 64<<10), json: json, limit: limit}
}

// line is the documented shape of a record with --json.
type line struct {
	ShardID        string  `json:"shard_id"`
	SequenceNumber string  `json:"sequence_number"`
	PartitionKey   string  `json:"partition_key"`
	Arrival        string  `json:"arrival,omitempty"`
	Data           *string `json:"data,omitempty"`
	DataBase64     []byte  `json:"data_base64,omitempty"`
}

// print writes the records of one page and hands them on. It returns errLimit
// when no more are wanted.
func (p *printer) print(shard string, records []types.Record) error {
	for i := range records {
		if p.limit == 0 {
			break
		}
		if err := p.record(shard, &records[i]); err != nil {
			return err
		}
		if p.limit > 0 {
			p.limit--
		}
	}
	if err := p.out.Flush(); err != nil {
		return err
	}
	if p.limit == 0 {
		return errLimit
	}
	return nil
}

func (p *printer) record(shard string, r *types.Record) error {
	if !p.json {
		p.out.Write(r.Data)
		return p.out.WriteByte('\n')
	}
	l := line{ShardID: shard, SequenceNumber: text(r.SequenceNumber), PartitionKey: text(r.PartitionKey)}
	if r.ApproximateArrivalTimestamp != nil {
		l.Arrival = r.ApproximateArrivalTimestamp.UTC().Format(timeLayout)
	}
	if utf8.Valid(r.Data) {
		data := string(r.Data)
		l.Data = &data
	} else {
		l.DataBase64 = r.Data
	}
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	return e.Encode(l)
}
