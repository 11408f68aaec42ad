//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under test or a reference.
type process struct {
	cmd     *exec.Cmd
	addr    string        // host:port it listens on
	started time.Duration // from exec to the line that names the address
	// tls receives once, when the process serves TLS.
	tls chan tlsEndpoint
}

// tlsEndpoint is where a server speaks TLS, and the file of who vouches for it.
type tlsEndpoint struct{ addr, authority string }

// listeningTLS finds it in a line that comes after the address.
var listeningTLS = regexp.MustCompile(`https://(127\.0\.0\.1:\d+), authority (.+)$`)

// listening finds the address in a line that a server prints when it is ready.
var listening = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// startLeat starts a server with credentials, so that every signature is
// verified, on the data folder dir.
func startLeat(c config, dir string, env []string, args ...string) (*process, error) {
	creds := filepath.Join(c.dir, "credentials.json")
	if err := os.WriteFile(creds, []byte(credentialsFile), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(c.leat, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", dir, "--credentials", creds}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	return start(cmd)
}

// startReference starts this very binary in one of the roles of reference.go.
func startReference(role string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.Command(self, append([]string{"-role", role}, args...)...))
}

// start runs cmd and waits until it names its address on either output.
func start(cmd *exec.Cmd) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	began := time.Now()
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	p := &process{cmd: cmd, tls: make(chan tlsEndpoint, 1)}
	lines := bufio.NewScanner(r)
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			p.addr, p.started = m[1], time.Since(began)
			break
		}
	}
	if p.addr == "" {
		r.Close()
		cmd.Wait()
		return nil, fmt.Errorf("%s did not start:\n%s", cmd.Path, strings.Join(seen, "\n"))
	}
	go func() { // ends when the process does
		defer r.Close()
		for lines.Scan() {
			if m := listeningTLS.FindStringSubmatch(lines.Text()); m != nil {
				p.tls <- tlsEndpoint{m[1], m[2]}
			}
			if strings.Contains(lines.Text(), "ERROR") {
				fmt.Fprintln(os.Stderr, lines.Text())
			}
		}
	}()
	return p, nil
}

// stop ends the process as an operator would, and waits.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// kill ends the process without a chance to tidy up, and waits.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// cpu returns the CPU time the process has used, user and system.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	const ticksPerSecond = 100 // USER_HZ on every Linux that Go supports
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// memory returns a figure of /proc/PID/status in MiB, such as VmRSS.
func (p *process) memory(field string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// cpuModel names the machine's processor.
func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return "unknown processor"
}
