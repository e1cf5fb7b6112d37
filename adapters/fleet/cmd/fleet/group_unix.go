//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// endWithChildren lets the end of a program's context end all that the program has started. Signals of a terminal reach the
// program no more.
func endWithChildren(program *exec.Cmd) {
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	program.Cancel = func() error { return syscall.Kill(-program.Process.Pid, syscall.SIGKILL) }
}
