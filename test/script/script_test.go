package script

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in the sessions")

// bin is the folder with the binary under test.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "leat-script")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "github.com/leat-io/leat/cmd/leat")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build leat: %v\n%s", err, out)
		return 1
	}
	bin = dir
	return m.Run()
}

func TestSessions(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Values[serverKey{}] = &server{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"serve":  serve,
			"stop":   stop,
			"crash":  crash,
			"exits":  exits,
			"append": appendText,
			"damage": damage,
			"lines":  lines,
		},
	})
}

// server is the one server of a session.
type server struct {
	process *exec.Cmd // nil while there is none
	addr    string    // where the last one listened
	rest    chan []byte
}

type serverKey struct{}

var (
	listening = regexp.MustCompile(`endpoint +http://(127\.0\.0\.1:\d+)`)
	secure    = regexp.MustCompile(`with TLS +https://(127\.0\.0\.1:\d+)`)
	allSaid   = regexp.MustCompile(`^  data +`) // behind both
)

// inherited are the variables that a server gets from its session.
var inherited = []string{
	"PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LEAT_DURABILITY", "LEAT_LIMITS", "LEAT_STATE_DELAY",
	"LEAT_CREDENTIALS", "LEAT_ACCOUNT", "LEAT_REGION", "LEAT_MEMORY",
}

// serve [FLAG...] starts leat serve in the background, on the data folder data
// and the address of the server before, if there was one. It returns when the
// server has said where it is, which LEAT_ENDPOINT, ADDR and TLS_ADDR then say
// too.
//
// An address that nobody listens on may be given to any connection of this
// machine for as long as that lasts, so it is asked for again.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if neg || s.process != nil {
		ts.Fatalf("usage: serve [FLAG...], once until stop or crash")
	}
	for deadline := time.Now().Add(time.Minute); !s.start(ts, args); {
		said := s.end(os.Kill)
		s.process = nil
		if !bytes.Contains(said, []byte("address already in use")) || time.Now().After(deadline) {
			ts.Fatalf("the server did not start:\n%s", said)
		}
	}
	ts.Setenv("LEAT_ENDPOINT", "http://"+s.addr)
	ts.Setenv("ADDR", s.addr)
}

// start starts the process and reports whether it serves.
func (s *server) start(ts *testscript.TestScript, args []string) (up bool) {
	addr := s.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	cmd := exec.Command(filepath.Join(bin, "leat"), append([]string{"serve", "--listen", addr, "--data", ts.MkAbs("data")}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range inherited {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	words, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(words)
	var said bytes.Buffer
	for !up && lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			s.addr = m[1]
		}
		if m := secure.FindStringSubmatch(lines.Text()); m != nil {
			ts.Setenv("TLS_ADDR", m[1])
		}
		up = allSaid.MatchString(lines.Text())
	}
	rest := make(chan []byte, 1)
	s.process, s.rest = cmd, rest
	go func() { // ends with the process
		for lines.Scan() {
			fmt.Fprintln(&said, lines.Text())
		}
		rest <- said.Bytes()
	}()
	ts.Defer(func() {
		if s.process == cmd {
			s.end(os.Kill)
		}
	})
	return up
}

// end ends the process with the signal and returns what it said.
func (s *server) end(signal os.Signal) []byte {
	s.process.Process.Signal(signal)
	said := <-s.rest
	s.process.Wait()
	return said
}

// stop ends the server as an operator would, and fails unless it ends well.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if neg || len(args) > 0 || s.process == nil {
		ts.Fatalf("usage: stop, after serve")
	}
	said := s.end(os.Interrupt)
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		ts.Fatalf("the server ended with %d:\n%s", code, said)
	}
	s.process = nil
}

// crash kills the server without a chance to tidy up.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if neg || len(args) > 0 || s.process == nil {
		ts.Fatalf("usage: crash, after serve")
	}
	s.end(os.Kill)
	s.process = nil
}

// exits CODE PROGRAM [ARG...] runs a program that must end with this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// append FILE TEXT... adds lines to a file.
func appendText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: append FILE TEXT...")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	ts.Check(err)
	for _, line := range args[1:] {
		_, err := fmt.Fprintln(f, line)
		ts.Check(err)
	}
	ts.Check(f.Close())
}

// lines FILE N waits until a file has N lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	deadline := time.After(time.Minute)
	for {
		content, _ := os.ReadFile(ts.MkAbs(args[0]))
		if bytes.Count(content, []byte("\n")) >= want {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			ts.Fatalf("%s still is %q", args[0], content)
		}
	}
}

// damage FILE OFFSET changes one byte of the only file that matches.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage FILE OFFSET")
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("%d files match %s", len(files), args[0])
	}
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	content, err := os.ReadFile(files[0])
	ts.Check(err)
	content[at] ^= 0x40
	ts.Check(os.WriteFile(files[0], content, 0o600))
}
