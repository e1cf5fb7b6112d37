package accessguard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

const (
	lockTimeout = 10 * time.Second
	lockPause   = 5 * time.Millisecond
	maxLinks    = 40
)

// FileStore is a [Store] for the processes of one machine. Make it with [File].
type FileStore struct {
	path string        // as the caller named it
	turn chan struct{} // held by the goroutine that works on the file
}

// File returns a store that keeps its records in the file at path, which survives restarts and crashes. Processes take
// turns by a lock on path.lock that ends with its holder; on Unix it is flock, which network file systems may not
// honour, and on other systems than Unix and Windows every update fails. The folder has to be there; both files are
// for their owner only. A link is followed. A file that was not written by a FileStore is [ErrDamaged], and one of a later
// version [ErrVersion]; both are left as they are.
//
// Every counted call writes the file twice, so it suits some thousands of accounts.
func File(path string) *FileStore {
	return &FileStore{path: path, turn: make(chan struct{}, 1)}
}

// Update implements [Store].
func (s *FileStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	path, err := resolve(s.path)
	for done := false; err == nil && !done; {
		done, err = attempt(ctx, path, key, now, change)
	}
	return err
}

// attempt reports whether the record is what change made of it; false without error means that somebody has removed the
// lock file meanwhile.
func attempt(ctx context.Context, path, key string, now time.Time, change func(Record) Record) (bool, error) {
	lock, err := lock(ctx, path+".lock")
	if err != nil {
		return false, err
	}
	defer func() { _ = lock.Close() }() // ends the lock
	records, err := read(path)
	if err != nil {
		return false, err
	}
	record := change(records[key])
	if record.Equal(records[key]) {
		return true, nil
	}
	records[key] = record
	dropExpired(records, now)
	if held, err := isAt(path+".lock", lock); !held || err != nil {
		return false, err
	}
	return true, write(path, records)
}

// resolve follows links, so that every name of a file leads to one lock. Nothing need be there.
func resolve(path string) (string, error) {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil
		}
		if !filepath.IsAbs(target) {
			folder, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return "", fmt.Errorf("%w: too many links", ErrDamaged)
}

// lock waits until no other process works on the file.
func lock(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockTimeout, errors.New("access guard: the file stays locked"))
	defer cancel()
	for {
		file, err := openLocked(path)
		if file != nil || err != nil {
			return file, err
		}
		select {
		case <-time.After(rand.N(lockPause)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// openLocked returns nil if another holder has the lock, or if the locked file is not the one at path any more.
func openLocked(path string) (*os.File, error) {
	if _, err := regular(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(file)
	if locked {
		locked, err = isAt(path, file)
	}
	if locked && err == nil {
		return file, nil
	}
	return nil, errors.Join(err, file.Close())
}

// isAt reports whether an open file is the one at path.
func isAt(path string, file *os.File) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, named), nil
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
	found, err := regular(path)
	if !found {
		return map[string]Record{}, err
	}
	text, err := os.ReadFile(path)
	if err == nil {
		text, err = unversioned(text)
	}
	if err != nil {
		return nil, err
	}
	sum, body, _ := bytes.Cut(text, []byte("\n"))
	if string(sum) != checksum(body) {
		return nil, fmt.Errorf("%w: checksum of the file", ErrDamaged)
	}
	var records map[string]Record
	if err := json.Unmarshal(body, &records); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for _, record := range records {
		if record.Expires().IsZero() {
			return nil, fmt.Errorf("%w: an empty record", ErrDamaged)
		}
	}
	if records == nil {
		return nil, fmt.Errorf("%w: no records", ErrDamaged)
	}
	return records, nil
}

// write replaces the file as a whole: a crash leaves the old one or the new one.
func write(path string, records map[string]Record) error {
	body, err := json.Marshal(records)
	if err != nil {
		return err
	}
	written := path + ".new"
	if err := os.Remove(written); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(written, versioned([]byte(checksum(body)+"\n"+string(body)))); err != nil {
		return err
	}
	if err := os.Rename(written, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
