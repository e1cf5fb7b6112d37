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
)

// FileStore is a [Store] for the processes of one machine. Make it with [File].
type FileStore struct {
	path string
	turn chan struct{} // held by the goroutine that works on the file
}

// File returns a store that keeps its records in the file at path, which survives restarts and crashes. Processes take
// turns by a lock on path.lock that ends with its holder; on Unix it is flock, which network file systems may not
// honour, and on other systems than Unix and Windows every update fails. The folder has to be there; both files are
// for their owner only. A file that was not written by a FileStore is [ErrDamaged] and is left as it is.
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
	lock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // ends the lock
	records, err := s.read()
	if err != nil {
		return err
	}
	record := change(records[key])
	if record.Equal(records[key]) {
		return nil
	}
	records[key] = record
	dropExpired(records, now)
	return s.write(records)
}

// lock waits until no other process works on the file.
func (s *FileStore) lock(ctx context.Context) (*os.File, error) {
	file, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lockTimeout, errors.New("access guard: the file stays locked"))
	defer cancel()
	for {
		locked, err := tryLock(file)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if locked {
			return file, nil
		}
		select {
		case <-time.After(rand.N(lockPause)):
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), file.Close())
		}
	}
}

// The file is the SHA-256 of the records in hexadecimal, a line feed, and the records.

func (s *FileStore) read() (map[string]Record, error) {
	records := map[string]Record{}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return records, nil
	}
	if err != nil {
		return nil, err
	}
	sum, body, _ := bytes.Cut(text, []byte("\n"))
	if string(sum) != checksum(body) {
		return nil, fmt.Errorf("%w: checksum of the file", ErrDamaged)
	}
	if err := json.Unmarshal(body, &records); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return records, nil
}

// write replaces the file as a whole: a crash leaves the old one or the new one.
func (s *FileStore) write(records map[string]Record) error {
	body, err := json.Marshal(records)
	if err != nil {
		return err
	}
	written := s.path + ".new"
	if err := os.Remove(written); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeSynced(written, []byte(checksum(body)+"\n"+string(body))); err != nil {
		return err
	}
	if err := os.Rename(written, s.path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.path))
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
