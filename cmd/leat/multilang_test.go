package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMultilangProperties sees files refused that no worker can be made of,
// with everything that is wrong with them.
func TestMultilangProperties(t *testing.T) {
	const whole = "executableName = cat\napplicationName = app\nstreamName = orders\n"
	for name, c := range map[string]struct {
		text string
		code int
		want []string
	}{
		"missing names":         {"streamName = orders\n", exitUsage, []string{"applicationName", "executableName"}},
		"values unread":         {whole + "maxRecords = many\nclientVersionConfig = 2\n", exitUsage, []string{"maxRecords", "clientVersionConfig"}},
		"values beyond a range": {whole + "maxRecords = 100000\nfailoverTimeMillis = 60\n", exitUsage, []string{"MaxRecords of 100000", "Failover of 60ms"}},
		"no properties":         {`a = \u12` + "\n", exitFailed, []string{"line 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app.properties")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, words := runLeat(t, "multilang", "--properties-file", file)
			if code != c.code {
				t.Errorf("exit %d: %s", code, words)
			}
			for _, want := range c.want {
				if !strings.Contains(words, want) {
					t.Errorf("%q does not name %s", words, want)
				}
			}
		})
	}
}
