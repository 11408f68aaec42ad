// Command aggregation is the half of story.mjs that is leat's: of each line it
// reads, an aggregate and the user records in it, it checks that it finds these
// records in that aggregate, and prints the aggregate that it makes of them.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

func main() {
	if err := play(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "aggregation:", err)
		os.Exit(1)
	}
}

func play(in io.Reader, out io.Writer) error {
	lines := json.NewDecoder(in)
	for n := 0; ; n++ {
		var line struct {
			Records   []aggregation.UserRecord
			Aggregate []byte
		}
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		got, aggregated, err := aggregation.Deaggregate(nil, line.Aggregate, stream.HashKeyRange{End: stream.MaxHashKey})
		if err != nil || !aggregated || !reflect.DeepEqual(got, line.Records) {
			return fmt.Errorf("line %d: %d user records, want %d: aggregate %v, %v", n, len(got), len(line.Records), aggregated, err)
		}
		a := aggregation.Aggregator{MaxSize: len(line.Aggregate)}
		for i, r := range line.Records {
			if added, err := a.Add(r); err != nil || !added {
				return fmt.Errorf("line %d: user record %d does not fit: %v", n, i, err)
			}
		}
		fmt.Fprintln(out, base64.StdEncoding.EncodeToString(a.AppendData(nil)))
	}
}
