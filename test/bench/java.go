//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// javaSources are the programs around the Java libraries, and what pins these.
const javaSources = "test/bench/java"

// javaTimeout is more than a Java program takes, of which the KCL's takes a
// minute before it reads anything.
const javaTimeout = 10 * time.Minute

// java is the Java libraries and the programs around them, ready to run.
type java struct{ classPath string }

// prepareJava fetches and compiles what java/pom.xml names. It returns nil, and
// says so, where there is no Java or no Maven.
func prepareJava(ctx context.Context, c config) (*java, error) {
	for _, tool := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Printf("\n(%s is not installed: nothing is measured beside the Java library.)\n", tool)
			return nil, nil
		}
	}
	lib, classes := filepath.Join(c.dir, "java", "lib"), filepath.Join(c.dir, "java", "classes")
	sources, err := filepath.Glob(filepath.Join(javaSources, "*.java"))
	if err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"mvn", "--file", filepath.Join(javaSources, "pom.xml"), "--quiet", "--batch-mode", "--no-transfer-progress", "--strict-checksums",
			"dependency:copy-dependencies", "-DoutputDirectory=" + lib, "-DincludeScope=runtime"},
		append([]string{"javac", "-proc:none", "-nowarn", "-XDsuppressNotes", "-cp", lib + "/*", "-d", classes}, sources...),
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", args[0], err, out)
		}
	}
	return &java{classPath: classes + ":" + lib + "/*"}, nil
}

// cost is what a library took to carry records.
type cost struct {
	records, failed int64
	cpu, wall       time.Duration
}

// String returns the cells for records a second and CPU for each.
func (c cost) String() string {
	return fmt.Sprintf("%.0f k | %.2f µs", float64(c.records)/c.wall.Seconds()/1e3, float64(c.cpu.Nanoseconds())/1e3/float64(max(c.records, 1)))
}

// costs are those from the program's start, and those once it was warm.
type costs struct{ cold, warm cost }

// run runs a program, and returns what it says it took.
func (j *java) run(ctx context.Context, program string, args ...string) (costs, error) {
	ctx, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "java", append([]string{"-cp", j.classPath, program}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return costs{}, fmt.Errorf("%s: %w\n%s", program, err, said.String())
	}
	results := make(map[string]cost)
	for line := range strings.Lines(said.String()) {
		var (
			what      string
			c         cost
			cpu, wall int64
		)
		if _, err := fmt.Sscanf(line, "RESULT %s %d %d %d %d", &what, &c.records, &c.failed, &cpu, &wall); err != nil {
			continue // something else that it says
		}
		c.cpu, c.wall = time.Duration(cpu)*time.Millisecond, time.Duration(wall)*time.Millisecond
		results[what] = c
	}
	if len(results) != 2 {
		return costs{}, errors.New(program + " said:\n" + said.String())
	}
	return costs{cold: results["cold"], warm: results["warm"]}, nil
}
