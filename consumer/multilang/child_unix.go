//go:build unix

package multilang

import (
	"os/exec"
	"syscall"
)

// setApart puts a child in a process group of its own, so that a Ctrl-C at the
// terminal reaches this process alone, which then ends the child in good order.
func setApart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killAll kills a child and the processes that it has started.
func killAll(cmd *exec.Cmd) {
	// The group is gone when the child is; there is nothing to do about an error.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
