package adapters

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/wire"
)

// What a log may show. Everything else, the path first of all, can hold an account id, a secret or personal data.
var (
	loggedHeaders = []string{
		"Accept", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Retry-After",
	}
	loggedParameters = []string{"scope", "withBalance"}
)

const maxLogged = 128 // bytes of one value

// LogTransport returns a transport that writes one debug record for each request to logger and is otherwise base, or
// http.DefaultTransport if base is nil. A nil logger stands for slog.Default at the time of the call. It is meant for
// Options.HTTPClient while somebody looks for a fault. A record holds method, host, status, the time until the answer's
// headers, and of headers and query parameters those that are known to be harmless; never the path, a body, or the name
// of anything else.
func LogTransport(base http.RoundTripper, logger *slog.Logger) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	if logger == nil {
		logger = slog.Default()
	}
	return &logTransport{base, logger}
}

type logTransport struct {
	base   http.RoundTripper
	logger *slog.Logger
}

func (l *logTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if !l.logger.Enabled(ctx, slog.LevelDebug) {
		return l.base.RoundTrip(request)
	}
	headers := append(slices.Clone(loggedHeaders), wire.RequestID(request))
	asked := []any{
		slog.String("method", request.Method), slog.String("host", request.URL.Host),
		group("query", request.URL.Query(), loggedParameters), group("request", url.Values(request.Header), headers),
	}
	begun := time.Now()
	response, err := l.base.RoundTrip(request)
	asked = append(asked, slog.Duration("duration", time.Since(begun)))
	switch {
	case err == nil && response != nil:
		l.logger.DebugContext(ctx, "answered", append(asked, slog.Int("status", response.StatusCode),
			group("response", url.Values(response.Header), headers))...)
	case ctx.Err() != nil:
		l.logger.DebugContext(ctx, "given up", asked...)
	default:
		l.logger.DebugContext(ctx, "not answered", asked...)
	}
	return response, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (l *logTransport) CloseIdleConnections() {
	if closer, ok := l.base.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// group returns the allowed ones of the values that are there.
func group(name string, values url.Values, allowed []string) slog.Attr {
	var shown []any
	for _, key := range allowed {
		if sent, ok := values[key]; ok {
			text := strings.Join(sent, ", ")
			shown = append(shown, slog.String(key, text[:min(len(text), maxLogged)]))
		}
	}
	return slog.Group(name, shown...)
}
