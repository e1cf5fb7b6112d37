package call

var (
	ContentProblem   = contentProblem
	RetryAfter       = retryAfter
	StatusKind       = statusKind
	TransportProblem = transportProblem

	Interrupted = (*Connection).interrupted
	Unread      = (*Connection).unread
	Unsent      = (*Connection).unsent
)

// Sampled says whether requests are made from a sample.
func (o *Operation[P]) Sampled() bool { return o.sample != nil }
