package multilang

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childMode says how this program acts as a record processor, if it is not to
// run the tests.
const childMode = "LEAT_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		c := scriptedChild{mode: mode, trail: os.Getenv("LEAT_TEST_TRAIL"), in: bufio.NewReader(os.Stdin)}
		c.run()
		return
	}
	goleak.VerifyTestMain(m)
}

// scriptedChild is a record processor as the libraries for Python and Node make
// them: it notes what it is told, and checkpoints after each batch. By its mode
// it misbehaves the first time that it gets records.
type scriptedChild struct {
	mode, trail string
	in          *bufio.Reader
	shard       string
}

// run answers until its input ends.
func (c *scriptedChild) run() {
	fmt.Fprintln(os.Stderr, "hello from the child")
	for {
		line, err := c.in.ReadBytes('\n')
		if err != nil {
			return
		}
		var m struct {
			Action, ShardID, SequenceNumber string
			Records                         []struct {
				Data                         []byte
				PartitionKey, SequenceNumber string
				SubSequenceNumber            int64
				ApproximateArrivalTimestamp  int64
			}
		}
		if err := json.Unmarshal(line, &m); err != nil {
			panic(err)
		}
		switch m.Action {
		case actionInitialize:
			c.shard = m.ShardID
			c.note("initialize %s", m.SequenceNumber)
			if c.mode == "checkpoint early" {
				c.note("early: %s", c.checkpoint("null"))
			}
		case actionProcessRecords:
			c.misbehave()
			for _, r := range m.Records {
				c.note("record %s %s", r.PartitionKey, r.Data)
			}
			if c.mode == "checkpoint badly" {
				c.note("bad: %s", c.checkpoint(`"`+strings.Repeat("9", 60)+`"`))
			}
			c.note("checkpoint: %s", c.checkpoint("null"))
			fmt.Print("\nsomething printed by mistake\n")
		case actionShardEnded, actionShutdownRequested:
			c.note("%s", m.Action)
			c.checkpoint("null")
		default:
			c.note("%s", m.Action)
		}
		fmt.Printf(`{"action":"status","responseFor":"%s"}`+"\n", m.Action)
	}
}

// misbehave does what the mode says, once for all children with one trail.
func (c *scriptedChild) misbehave() {
	f, err := os.OpenFile(c.trail+".misbehaved", os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	f.Close()
	switch c.mode {
	case "crash":
		os.Exit(3)
	case "hang":
		select {}
	case "busy":
		c.note("busy")
		for {
			if _, err := os.Stat(c.trail + ".done"); err == nil {
				return
			}
			<-time.After(5 * time.Millisecond)
		}
	case "wrong answer":
		fmt.Println(`{"action":"status","responseFor":"leaseLost"}`)
	}
}

// checkpoint asks for a checkpoint and returns the error in the answer.
func (c *scriptedChild) checkpoint(sequence string) string {
	fmt.Printf(`{"action":"checkpoint","sequenceNumber":%s,"subSequenceNumber":null}`+"\n", sequence)
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		os.Exit(0)
	}
	var m struct {
		Action string
		Error  *string
	}
	if err := json.Unmarshal(line, &m); err != nil || m.Action != actionCheckpoint {
		panic(string(line))
	}
	if m.Error == nil {
		return "done"
	}
	return *m.Error
}

// note adds a line to the trail.
func (c *scriptedChild) note(format string, args ...any) {
	f, err := os.OpenFile(c.trail, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(f, c.shard+" "+format+"\n", args...)
	f.Close()
}
