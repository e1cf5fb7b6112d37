package traffic

import (
	"bytes"
	"io"
	"sync"
)

// recorder keeps a copy of a body that passes by, as long as that is not larger than the limit. It is safe for
// concurrent use: a body may be closed while it is read.
type recorder struct {
	limit  int64
	length int64 // as declared; -1 if unknown

	mu    sync.Mutex
	data  []byte
	state state
}

// state is how much of a body has passed.
type state int

const (
	unread state = iota // some of it
	whole
	failed // as much as could be read, which whoever read it knows
	large  // more than the limit
	taken  // whatever comes is not kept
)

// newRecorder takes the length that a message declares, where 0 can mean unknown.
func newRecorder(limit, length int64) *recorder {
	r := &recorder{limit: limit, length: length}
	switch {
	case length == 0:
		r.length = -1
	case length > limit:
		r.state = large
	}
	return r
}

// read notes what one Read of the body returned.
func (r *recorder) read(part []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.state != unread:
		return
	case int64(len(r.data))+int64(len(part)) > r.limit:
		r.state, r.data = large, nil
		return
	}
	r.data = append(r.data, part...)
	switch {
	case err == io.EOF, r.length == int64(len(r.data)):
		r.state = whole
	case err != nil:
		r.state = failed
	}
}

// finish notes that the body has come to its end.
func (r *recorder) finish() { r.read(nil, io.EOF) }

// take ends the recording and returns the copy.
func (r *recorder) take() (data []byte, passed state) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, passed = r.data, r.state
	r.data, r.state = nil, taken
	return data, passed
}

// tee is a body that a recorder copies. ended is called once: before the reader learns of the end or the failure of the
// body, or after it has been closed.
type tee struct {
	io.ReadCloser
	copy  *recorder
	ended func()
	once  sync.Once
}

func (t *tee) Read(buffer []byte) (int, error) {
	n, err := t.ReadCloser.Read(buffer)
	t.copy.read(buffer[:n], err)
	if err != nil {
		t.once.Do(t.ended)
	}
	return n, err
}

func (t *tee) Close() error {
	err := t.ReadCloser.Close()
	t.once.Do(t.ended)
	return err
}

// prefetch records the beginning of a body, up to the limit, and returns the body as it was.
func prefetch(body io.ReadCloser, r *recorder) io.ReadCloser {
	var head bytes.Buffer
	_, err := head.ReadFrom(io.LimitReader(body, r.limit+1))
	rest := io.Reader(body)
	if err != nil {
		rest = failure{err}
	} else if int64(head.Len()) <= r.limit {
		err = io.EOF
	}
	r.read(head.Bytes(), err)
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&head, rest), body}
}

// failure is a reader that fails.
type failure struct{ err error }

func (f failure) Read([]byte) (int, error) { return 0, f.err }
