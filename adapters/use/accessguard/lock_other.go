//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd && !windows

package accessguard

import (
	"errors"
	"os"
)

const (
	lockSuffix = ""
	lockFlags  = os.O_RDWR
)

func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }
