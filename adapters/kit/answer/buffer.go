package answer

import (
	"io"
	"sync"
)

const (
	firstRoom = 4 << 10
	maxPooled = 256 << 10 // larger buffers are left to the garbage collector
)

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// buffer holds the body of one answer.
type buffer struct{ data []byte }

// fill reads a body to its end, and fails with errTooLong beyond the limit. Room grows fourfold and at last to the limit,
// so that all of it together is less than twice the limit.
func (b *buffer) fill(body io.Reader, limit int64) error {
	for {
		if len(b.data) == cap(b.data) {
			b.grow(limit)
		}
		n, err := body.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if int64(len(b.data)) > limit {
			b.data = b.data[:limit]
			return errTooLong
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow leaves room for a byte more than the limit, with which a body of exactly the limit comes to its end.
func (b *buffer) grow(limit int64) {
	size := max(4*cap(b.data), firstRoom)
	if int64(size) > limit/2 && int64(cap(b.data)) <= limit {
		size = int(limit) + 1
	}
	grown := make([]byte, len(b.data), size)
	copy(grown, b.data)
	b.data = grown
}

// release gives the buffer up for other answers.
func (b *buffer) release() {
	if cap(b.data) <= maxPooled {
		b.data = b.data[:0]
		buffers.Put(b)
	}
}
