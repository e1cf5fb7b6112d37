package answer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// module is the path of this module.
var module, _, _ = strings.Cut(reflect.TypeFor[Error]().PkgPath(), "/adapters/")

// plain are the packages whose errors show a host at most, and those of this module whose errors show nothing.
var plain = []string{
	"net", "crypto/tls", "crypto/x509", "compress/flate", "syscall", "os", "internal/poll", "context",
	module + "/adapters", module + "/adapters/kit/answer", module + "/specs/traffic",
}

// bare returns a cause without the errors whose text may show the request's address: those of net/url, and all that are
// made by other modules, by fmt or by errors. What they wrap stays.
func bare(err error) error {
	switch cause := err.(type) {
	case nil:
		return nil
	case *url.Error:
		return bare(cause.Err)
	case *net.OpError:
		inner := *cause
		inner.Err = bare(cause.Err)
		return &inner
	}
	if shown(err) {
		return err
	}
	var within []error
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		within = []error{wrapper.Unwrap()}
	case interface{ Unwrap() []error }:
		within = wrapper.Unwrap()
	}
	hidden := hidden{func() error { return err }, nil}
	for _, inner := range within {
		hidden.within = append(hidden.within, bare(inner))
	}
	return hidden
}

func shown(err error) bool {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return slices.Contains(plain, t.PkgPath()) || err == io.EOF || err == io.ErrUnexpectedEOF || err == context.Canceled
}

// hidden is an error whose text is withheld. It is what it was for errors.Is, and for who asks whether it is a timeout.
type hidden struct {
	err    func() error // fmt shows the address of a function only
	within []error
}

func (h hidden) Error() string                  { return "cause withheld, its text may show the request" }
func (h hidden) Unwrap() []error                { return h.within }
func (h hidden) Is(target error) bool           { return errors.Is(h.err(), target) }
func (h hidden) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, h.Error()) }
func (h hidden) MarshalText() ([]byte, error)   { return []byte(h.Error()), nil }
func (h hidden) Temporary() bool                { return false }

// Timeout implements [net.Error].
func (h hidden) Timeout() bool {
	var network net.Error
	return errors.As(h.err(), &network) && network.Timeout()
}
