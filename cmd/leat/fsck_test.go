package main

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/storage/disklog"
)

// TestVerdict counts problems as people do.
func TestVerdict(t *testing.T) {
	fatal, mild := disklog.Problem{Fatal: true}, disklog.Problem{}
	for _, c := range []struct {
		problems []disklog.Problem
		want     string
	}{
		{[]disklog.Problem{mild}, "1 problem; the server starts"},
		{[]disklog.Problem{mild, mild}, "2 problems; the server starts"},
		{[]disklog.Problem{fatal}, "1 problem, and the server does not start;"},
		{[]disklog.Problem{fatal, mild, fatal}, "3 problems, and the server does not start because of 2;"},
	} {
		if got := verdict(&disklog.FsckReport{Problems: c.problems}); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %q", c.problems, got)
		}
	}
}
