//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package accessguard

import (
	"errors"
	"os"
	"syscall"
)

const (
	lockSuffix = ""
	lockFlags  = os.O_RDWR
)

// tryLock takes the exclusive lock on a file, unless another holder has it.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}
