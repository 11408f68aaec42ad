package consumer

import (
	"os"
	"strings"
	"testing"
)

// TestReadme makes sure that README's smallest consumer is the one of Example,
// which runs: line by line, but for what an example needs besides.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var block string
	for _, text := range strings.Split(string(readme), "```go\n") {
		if text, _, _ = strings.Cut(text, "```"); strings.Contains(text, "consumer.New(") {
			block = text
		}
	}
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) < 5 || len(lines) > 25 {
		t.Fatalf("README's consumer has %d lines", len(lines))
	}
	rest := string(example)
	for _, line := range lines {
		_, after, found := strings.Cut(rest, "\t"+strings.TrimSpace(line)+"\n")
		if !found {
			t.Errorf("README has a line that the example has not, or not there: %s", line)
			continue
		}
		rest = after
	}
}
