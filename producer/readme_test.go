package producer_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadme makes sure that README's smallest producer is the one of Example,
// which runs: the same lines, after those that an example needs besides.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split(string(readme), "```go\n") {
		block, _, _ := strings.Cut(text, "```")
		if !strings.Contains(block, "producer.New(") {
			continue
		}
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n\t") + "\n"
		if n := strings.Count(indented, "\n"); n > 25 || !strings.Contains(string(example), indented) {
			t.Errorf("README's producer has %d lines, and is not that of Example:\n%s", n, indented)
		}
		return
	}
	t.Error("README has no producer")
}
