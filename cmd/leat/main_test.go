package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// runLeat runs a command line in this process and returns what it did.
func runLeat(t *testing.T, args ...string) (code int, out, words string) {
	t.Helper()
	var outBuf, wordsBuf bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &outBuf, &wordsBuf)
	return code, outBuf.String(), wordsBuf.String()
}

func TestUsage(t *testing.T) {
	for _, args := range []string{
		"", "nonsense", "stream", "stream nonsense", "stream create", "stream create a b", "stream list extra",
		"stream scale a zero", "stream scale a 0", "stream list --nonsense", "put", "put s v --file f", "put s --follow",
		"tail", "tail s --from yesterday", "tail s --limit -1", "tail s --limit x", "stream list --endpoint nonsense",
		"stream list --endpoint ftp://host", "serve --clock sundial --admin", "serve --clock manual",
		"serve --fault PutRecrods:drop", "serve --fault PutRecords:throttle:p=2", "serve --fault nonsense",
	} {
		code, out, words := runLeat(t, strings.Fields(args)...)
		if code != exitUsage || out != "" || !strings.Contains(words, "leat: ") {
			t.Errorf("leat %s: exit %d, %q, %q", args, code, out, words)
		}
	}
}

func TestUnreachable(t *testing.T) {
	for _, args := range []string{
		"stream list", "stream create s", "stream describe s", "put s v", "put s", "tail s", "stream split s 0",
	} {
		code, out, words := runLeat(t, append(strings.Fields(args), "--endpoint", "http://127.0.0.1:1")...)
		if code != exitUnreachable || out != "" || !strings.Contains(words, "no answer from http://127.0.0.1:1: connection refused") {
			t.Errorf("leat %s: exit %d, %q, %q", args, code, out, words)
		}
	}
}

// TestEndpoint goes through the documented order, from the last resort up.
func TestEndpoint(t *testing.T) {
	check := func(want string, args ...string) {
		t.Helper()
		_, _, words := runLeat(t, append([]string{"stream", "list"}, args...)...)
		if !strings.Contains(words, "no answer from "+want+":") {
			t.Errorf("want %s: %q", want, words)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
	check("http://127.0.0.1:2")
	t.Setenv("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:3")
	check("http://127.0.0.1:3")
	t.Setenv("LEAT_ENDPOINT", "http://127.0.0.1:4")
	check("http://127.0.0.1:4")
	check("http://127.0.0.1:5", "--endpoint", "http://127.0.0.1:5")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("LEAT_LIMIT", "many")
	code, _, words := runLeat(t, "tail", "s")
	if code != exitUsage || !strings.Contains(words, `LEAT_LIMIT="many"`) {
		t.Errorf("exit %d, %q", code, words)
	}
	t.Setenv("LEAT_FAULT", "PutRecord:drop PutRecrods:drop")
	if code, _, words := runLeat(t, "serve"); code != exitUsage || !strings.Contains(words, `there is no operation "PutRecrods"`) {
		t.Errorf("LEAT_FAULT: exit %d, %q", code, words)
	}
	if code, _, _ = runLeat(t, "tail", "s", "--limit", "1", "--endpoint", "http://127.0.0.1:1"); code != exitUnreachable {
		t.Errorf("a flag does not win over its twin: exit %d", code)
	}
}

// TestHelpNamesTwins checks that no command's help is silent about the
// environment.
func TestHelpNamesTwins(t *testing.T) {
	for args, twin := range map[string]string{"serve": "LEAT_LISTEN", "stream create": "LEAT_SHARDS", "put": "LEAT_FOLLOW"} {
		code, out, _ := runLeat(t, append(strings.Fields(args), "--help")...)
		if code != exitDone || !strings.Contains(out, "[$"+twin+"]") {
			t.Errorf("leat %s --help: exit %d, %s", args, code, out)
		}
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := runLeat(t, "version")
	if code != exitDone || !strings.HasPrefix(out, "leat ") || !strings.Contains(out, " go1.") {
		t.Errorf("exit %d, %q", code, out)
	}
}
