//go:build linux

// Command bench measures a leat server beside references taken in the same
// run on the same machine, and prints the tables of docs/performance.md.
//
// Servers run as processes of their own, so that the CPU time of a phase is
// the server's alone; every figure that matters is CPU time per record, which
// noise on the machine disturbs least. The references are bare net/http
// servers that do only what nobody can leave out, and a journal that nothing
// stands in front of.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// config is what the flags say.
type config struct {
	leat    string        // the binary under test
	dir     string        // where data folders go
	phase   time.Duration // how long each load lasts
	storeMB int           // size of the larger-than-memory run
}

// sections are the parts that -only selects, in the order they run.
var sections = []struct {
	name string
	run  func(context.Context, config) error
}{
	{"start", benchStart},
	{"put", benchPutRecords},
	{"putone", benchPutRecord},
	{"get", benchGetRecords},
	{"push", benchPush},
	{"shards", benchShards},
	{"large", benchLarge},
	{"producer", benchProducer},
	{"consumer", benchConsumer},
}

func main() {
	var c config
	var only, role string
	flag.StringVar(&c.leat, "leat", "", "leat binary to measure; built from ./cmd/leat when empty")
	flag.StringVar(&c.dir, "dir", "", "folder for data; a temporary one when empty")
	flag.DurationVar(&c.phase, "phase", 4*time.Second, "length of each load")
	flag.IntVar(&c.storeMB, "store-mb", 4096, "MiB stored in the larger-than-memory run")
	flag.StringVar(&only, "only", "", "comma-separated sections to run instead of all")
	flag.StringVar(&role, "role", "", "internal: serve as this reference")
	flag.Parse()
	var err error
	if role != "" {
		err = serveReference(role, flag.Args())
	} else {
		err = run(c, only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run prepares the binary and the folder, and runs the chosen sections.
func run(c config, only string) error {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "leat-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.dir = dir
	}
	if c.leat == "" {
		c.leat = filepath.Join(c.dir, "leat")
		build := exec.Command("go", "build", "-o", c.leat, "./cmd/leat")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build leat: %w", err)
		}
	}
	fmt.Printf("%d cores, %s, %s/%s, %s\n", runtime.NumCPU(), cpuModel(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	chosen := strings.Split(only, ",")
	for _, s := range sections {
		if only != "" && !slices.Contains(chosen, s.name) {
			continue
		}
		if err := s.run(context.Background(), c); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}
