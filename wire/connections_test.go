package wire_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/wire"
)

var connections = flag.Int("connections", 2000, "how many idle connections TestManyConnections holds")

// aloneVariable makes the test binary a server and nothing else.
const aloneVariable = "LEAT_WIRE_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(aloneVariable) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := serveAlone(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveAlone serves until standard input ends, as it does when the parent is
// gone. The address is the one line that it prints.
func serveAlone() error {
	s, err := wire.Listen("127.0.0.1:0", door(wire.Options{}), nil)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	fmt.Println(s.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return <-served
}

// startAlone starts such a process, so that each end of a connection counts
// against the descriptors of its own, and ends it with the test.
func startAlone(t *testing.T) (addr string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), aloneVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server's process: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server's process gave no address: %v", err)
	}
	return strings.TrimSpace(line)
}

// TestManyConnections holds many connections at once, each of which is answered
// when it is new and again when all the others are there.
func TestManyConnections(t *testing.T) {
	addr := startAlone(t)
	conns := make([]net.Conn, *connections)
	ask := func(i int) {
		conn := conns[i]
		extend(t, conn)
		if got := bodyOf(t, exchange(t, conn, head("Content-Length: 2")+"{}")); got != missingToken {
			t.Fatalf("connection %d: %s", i, got)
		}
	}
	for i := range conns {
		conns[i] = dial(t, addr)
		ask(i)
	}
	for i := range conns {
		ask(i)
	}
}
