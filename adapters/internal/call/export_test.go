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
