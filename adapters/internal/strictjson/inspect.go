package strictjson

import (
	"bytes"
	"errors"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// What an answer may have at most. Real ones have a fraction of it; the limits bound time and memory of the decoding.
const (
	maxDepth    = 64
	maxMembers  = 256    // of one object
	maxElements = 10_000 // of all arrays together
)

// ErrTooMany is the error for a text with more elements or members than any answer needs.
var ErrTooMany = errors.New("more elements than an answer can have")

var (
	errDepth = errors.New("nested too deeply")
	errCase  = errors.New("two names differ in case only")
)

// inspector walks a text once, before it is decoded, and looks only at its structure: whether it is JSON at all is the
// decoder's question.
type inspector struct {
	data     []byte
	frames   []frame
	names    [][]byte // of the open objects, innermost last
	elements int
	wantName bool
}

// frame is one open object or array.
type frame struct {
	object bool
	first  int // index of its first name
}

var inspectors = sync.Pool{New: func() any { return new(inspector) }}

func inspect(data []byte) error {
	in := inspectors.Get().(*inspector)
	defer inspectors.Put(in)
	*in = inspector{data: data, frames: in.frames[:0], names: in.names[:0]}
	defer in.forget()
	for i := 0; i < len(data); i++ {
		var err error
		switch data[i] {
		case '"':
			i, err = in.text(i)
		case '{', '[':
			err = in.open(data[i] == '{')
		case '}', ']':
			in.close()
		case ',':
			err = in.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forget lets go of the text.
func (in *inspector) forget() {
	in.data = nil
	clear(in.names[:cap(in.names)])
}

// text looks at the string that starts at i and returns the index of its closing quote.
func (in *inspector) text(i int) (int, error) {
	end, escaped := i+1, false
	for ; end < len(in.data) && in.data[end] != '"'; end++ {
		if in.data[end] == '\\' {
			escaped = true
			end++
		}
	}
	if !in.wantName || end >= len(in.data) {
		return end, nil
	}
	in.wantName = false
	name := in.data[i+1 : end]
	if escaped {
		name, _ = jsontext.AppendUnquote(nil, in.data[i:end+1])
	}
	return end, in.name(name)
}

func (in *inspector) name(name []byte) error {
	siblings := in.names[in.frames[len(in.frames)-1].first:]
	if len(siblings) >= maxMembers {
		return ErrTooMany
	}
	for _, sibling := range siblings {
		if bytes.EqualFold(sibling, name) && !bytes.Equal(sibling, name) {
			return errCase
		}
	}
	in.names = append(in.names, name)
	return nil
}

func (in *inspector) open(object bool) error {
	if len(in.frames) >= maxDepth {
		return errDepth
	}
	in.frames = append(in.frames, frame{object, len(in.names)})
	in.wantName = object
	return nil
}

func (in *inspector) close() {
	if top := len(in.frames) - 1; top >= 0 {
		in.names = in.names[:in.frames[top].first]
		in.frames = in.frames[:top]
	}
	in.wantName = false
}

func (in *inspector) next() error {
	in.wantName = len(in.frames) > 0 && in.frames[len(in.frames)-1].object
	if !in.wantName {
		in.elements++
	}
	if in.elements > maxElements {
		return ErrTooMany
	}
	return nil
}
