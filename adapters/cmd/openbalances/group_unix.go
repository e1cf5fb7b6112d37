//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// endWithChildren lets the end of a command's context end all that the command has started.
func endWithChildren(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
