// Command read prints the key and the data of every user record of a stream's
// records, which it is given as leat tail --json prints them.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := read(os.Stdin, out)
	if err = errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "read:", err)
		os.Exit(1)
	}
}

func read(in io.Reader, out io.Writer) error {
	lines := json.NewDecoder(in)
	for {
		var r struct {
			SequenceNumber string `json:"sequence_number"`
			PartitionKey   string `json:"partition_key"`
			Data           string `json:"data"`
			DataBase64     []byte `json:"data_base64"`
		}
		if err := lines.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		data := r.DataBase64
		if data == nil {
			data = []byte(r.Data)
		}
		users, aggregated, err := aggregation.Deaggregate(nil, data, stream.HashKeyRange{End: stream.MaxHashKey})
		if err != nil {
			return fmt.Errorf("%s: %w", r.SequenceNumber, err)
		}
		if !aggregated {
			users = []aggregation.UserRecord{{PartitionKey: r.PartitionKey, Data: data}}
		}
		for _, u := range users {
			fmt.Fprintf(out, "%t %s %s\n", aggregated, u.PartitionKey, u.Data)
		}
	}
}
