package accessguard

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

const (
	lockSuffix = ".lock"
	lockFlags  = os.O_CREATE | os.O_RDWR

	exclusivelyAndAtOnce = 2 | 1
	errorLockViolation   = syscall.Errno(33)
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// tryLock takes the exclusive lock on a file, unless another holder has it.
func tryLock(file *os.File) (bool, error) {
	ok, _, err := lockFileEx.Call(file.Fd(), exclusivelyAndAtOnce, 0, 1, 0, uintptr(unsafe.Pointer(new(syscall.Overlapped))))
	if ok == 0 && !errors.Is(err, errorLockViolation) {
		return false, err
	}
	return ok != 0, nil
}
