package accessguard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	filePause = 5 * time.Millisecond
	maxLinks  = 40
)

// FileStore is a [Store] for the processes of one machine. Make it with [File].
type FileStore struct {
	path  string // as the caller named it
	turns turns

	mutex   sync.Mutex
	waiting []*update // for the next one who writes the file
}

// update is a change of one record, which whoever has the turn makes together with those that wait.
type update struct {
	key      string
	now      time.Time
	change   func(Record) Record
	isDone   bool // the rest is set
	err      error
	panicked any
}

// File returns a store that keeps its records in the file at path, which survives restarts and crashes. Processes take
// turns by a lock that ends with its holder. On Unix it is flock on the file itself, which network file systems may not
// honour, on Windows a lock on path.lock, and on other systems every update fails. The folder has to be there; the files
// are for their owner only. A link is followed. A file that was not written by a FileStore is [ErrDamaged], and one of a later
// version [ErrVersion]; both are left as they are.
//
// Every counted call writes the file twice, calls at the same time together, so it suits some thousands of accounts.
func File(path string) *FileStore { return &FileStore{path: path, turns: newTurns(1, filePause)} }

// Update implements [Store].
func (s *FileStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	path, own := resolve(s.path), &update{key: key, now: now, change: change}
	var panicked any
	s.wait(own)
	err := s.turns.take(ctx, func(context.Context) (bool, error) {
		if own.isDone {
			panicked = own.panicked
			return true, own.err
		}
		all := s.take()
		done, err := updateFile(path, all)
		if !done && (err == nil || passing(err)) {
			s.wait(all...)
			return false, err
		}
		for _, c := range all {
			c.isDone, c.err = true, err
		}
		panicked = own.panicked
		return done, err
	})
	s.leave(own)
	if panicked != nil {
		panic(panicked)
	}
	return err
}

func (s *FileStore) wait(all ...*update) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.waiting = append(s.waiting, all...)
}

func (s *FileStore) take() []*update {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	all := s.waiting
	s.waiting = nil
	return all
}

// leave takes back an update that nobody has begun with.
func (s *FileStore) leave(own *update) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(c *update) bool { return c == own })
}

// apply changes the record, and reports whether it is another one now. A panic is for the goroutine whose change it is.
func (c *update) apply(records map[string]Record) bool {
	defer func() { c.panicked = recover() }()
	record := c.change(records[c.key])
	if record.Equal(records[c.key]) {
		return false
	}
	records[c.key] = record
	return true
}

// updateFile reports whether the records are what the changes made of them; false without error means that another process
// has or had the lock. A lock on a file that no longer has its name is none: the file has been replaced or removed.
func updateFile(path string, changes []*update) (bool, error) {
	lock, err := openLock(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = lock.Close() }() // ends the lock
	if locked, err := tryLock(lock); !locked || !isNamed(lock) {
		return false, err
	}
	records, err := read(path)
	if err != nil {
		return false, err
	}
	changed := false
	for _, c := range changes {
		changed = c.apply(records) || changed
	}
	switch {
	case !changed:
		return true, nil
	case !isNamed(lock):
		return false, nil
	}
	prune(records, changes[0].now)
	return true, write(path, records)
}

// openLock opens the file that is locked. On Unix that is the file itself, because somebody may tidy away what lies
// beside it; an open file of Windows can be neither removed nor replaced, so there it is another one.
func openLock(path string) (*os.File, error) {
	found, err := regular(path + lockSuffix)
	if err == nil && !found && lockSuffix == "" {
		err = create(path)
	}
	if err != nil {
		return nil, err
	}
	return os.OpenFile(path+lockSuffix, lockFlags, 0o600)
}

func isNamed(file *os.File) bool {
	held, _ := file.Stat()
	named, _ := os.Lstat(file.Name())
	return os.SameFile(held, named)
}

// create makes a file without records, unless it is there. Nobody sees an unfinished one.
func create(path string) error {
	folder, err := os.MkdirTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	first := filepath.Join(folder, "first")
	if err := write(first, map[string]Record{}); err != nil {
		return err
	}
	if err := os.Link(first, path); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(first, path) // the file system has no links
}

// resolve follows links, so that every name of a file leads to one lock. Nothing need be there.
func resolve(path string) string {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			folder, _ := filepath.Split(path)
			target = folder + target // not cleaned: a folder before .. may be a link
		}
		path = target
	}
	return path
}

// regular reports whether a file is there; its error says that it is something else, such as a pipe, which might block.
func regular(path string) (bool, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: no regular file", ErrDamaged)
	}
	return err == nil, err
}

// The file is the version, a space, the SHA-256 of the records in hexadecimal, a line feed, and the records.

func read(path string) (map[string]Record, error) {
	records := map[string]Record{}
	if found, err := regular(path); !found {
		return records, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rest, err := unversioned(string(text))
	if err != nil {
		return nil, err
	}
	sum, body, _ := strings.Cut(rest, "\n")
	if sum != checksum(body) {
		return nil, fmt.Errorf("%w: checksum of the file", ErrDamaged)
	}
	return records, decode(body, &records)
}

// write replaces the file as a whole: a crash leaves the old one or the new one.
func write(path string, records map[string]Record) error {
	body, err := json.Marshal(records)
	if err != nil {
		return err
	}
	_ = os.Remove(path + ".new") // a crash may have left it
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(versioned(checksum(string(body)) + "\n" + string(body)))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil || runtime.GOOS == "windows" { // which cannot flush a folder
		return err
	}
	folder, err := os.Open(filepath.Dir(path)) // flushed, so that the new name lasts
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
