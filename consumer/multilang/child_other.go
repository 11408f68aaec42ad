//go:build !unix

package multilang

import "os/exec"

// setApart does nothing: there are no process groups.
func setApart(*exec.Cmd) {}

// killAll kills a child.
func killAll(cmd *exec.Cmd) {
	// There is nothing to do about one that has ended already.
	_ = cmd.Process.Kill()
}
