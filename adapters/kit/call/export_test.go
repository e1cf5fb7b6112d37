package call

import "reflect"

var (
	ContentProblem   = contentProblem
	RetryAfter       = retryAfter
	StatusKind       = statusKind
	TransportProblem = transportProblem

	Interrupted = (*Connection).interrupted
	Unread      = (*Connection).unread
	Unsent      = (*Connection).unsent
)

// Forget lets the next operation with these parameters learn its sample anew.
func Forget[P any]() { samples.Delete(reflect.TypeFor[P]()) }

// Sampled says whether requests are made from a sample.
func (o *Operation[P]) Sampled() bool { return o.sample != nil }
