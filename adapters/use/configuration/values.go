package configuration

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
)

const (
	maxCredential = 64 << 10
	pemBegin      = "-----BEGIN "
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// values reads what a configuration refers to.
type values struct {
	folder string // of the configuration
	getenv func(string) string
	isOpen atomic.Bool // somebody else can read one of the files with secrets
}

// resolve follows env:NAME and file:PATH; everything else is the value itself. Its errors name the variable but
// never show a value or path.
func (v *values) resolve(text string) (string, error) {
	value := text
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		if !variableName.MatchString(name) {
			return "", errors.New("env: is not followed by a variable's name")
		}
		if value = v.getenv(name); value == "" {
			return "", fmt.Errorf("environment variable %s is not set or empty", name)
		}
	}
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		data, err := v.secretFile(path)
		if err != nil {
			return "", err
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	if value == "" {
		return "", errors.New("empty")
	}
	return value, nil
}

// resolvePEM returns value if it is the text of a certificate or a key, whole or not, and otherwise the content of the file
// that it names.
func (v *values) resolvePEM(value string, isSecret bool) (string, error) {
	const longestName = 255 // of a file
	isBase64 := strings.HasPrefix(value, "MII") && len(value) > longestName
	if strings.Contains(value, pemBegin) || strings.ContainsAny(value, "\n\x00") || isBase64 {
		return value, nil
	}
	read := v.file
	if isSecret {
		read = v.secretFile
	}
	data, err := read(value)
	return string(data), err
}

// resolveProfile returns the JSON of a bank's profile: the value if it begins like an object, and otherwise the content of
// the file that it names. A profile is no secret.
func (v *values) resolveProfile(text string) (string, error) {
	value, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		var err error
		if value, err = v.resolve(text); err != nil || strings.HasPrefix(strings.TrimSpace(value), "{") {
			return value, err
		}
	}
	data, err := v.file(value)
	return string(data), err
}

// file returns the content of a file that the configuration names.
func (v *values) file(path string) ([]byte, error) { return readFile(v.within(path), maxCredential) }

// secretFile is file, and remembers whether others can read it.
func (v *values) secretFile(path string) ([]byte, error) {
	if othersRead(v.within(path)) {
		v.isOpen.Store(true)
	}
	return v.file(path)
}

// within returns path as seen from the configuration's folder.
func (v *values) within(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(v.folder, path)
}

// othersRead reports whether a regular file is open to others than its owner. Windows does not tell.
func othersRead(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o044 != 0 && runtime.GOOS != "windows"
}

// readFile returns the content of a regular file of at most limit bytes. Its errors do not hold the path.
func readFile(path string, limit int64) ([]byte, error) {
	data, err := readRegular(path, limit+1)
	switch {
	case errors.Is(err, errIrregular):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case errors.Is(err, fs.ErrPermission):
		return nil, errors.New("no permission to read the file")
	case err != nil:
		return nil, errors.New("the file cannot be read")
	}
	return data, tooLarge(data, limit)
}

func tooLarge(data []byte, limit int64) error {
	if int64(len(data)) > limit {
		return fmt.Errorf("the file is larger than %d KiB", limit>>10)
	}
	return nil
}

var errIrregular = errors.New("not a regular file")

// readRegular opens nothing that could let it wait, such as a FIFO.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, errIrregular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, limit))
}
