// Package page is a page to look at: the connections of a fleet, how old their balances are, what failed and what has
// to be done, and the history of each account as a chart and as a table.
//
// [New] makes the http.Handler and [Server] the server for it. Everything is rendered by the server, and scripts draw
// the chart only. Amounts are shown with the scale that is stored. The numbers that the chart gets are positions
// between 0 and 1; every figure beside it is a text of the server's. All times are UTC.
//
// # Who gets in
//
// Every request needs a Host that is a loopback name or in Options.AllowedHosts, so that no page of another site can
// reach this one by a name of its own. Requests other than GET and HEAD pass [http.CrossOriginProtection]. With
// Options.Token, every request needs the token, in the header Authorization: Bearer TOKEN or typed into a form, which
// sets a cookie. Without one, only loopback addresses are answered. The cookie is sent over https, or to loopback
// names; elsewhere put TLS before the page. Only /healthz, /login, the style sheets and the scripts need no token, and
// none of them holds a fact. A proxy has to pass the Host on.
package page

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

// Facts is what the page reads; *fleet.Database has it.
type Facts interface {
	Summary(ctx context.Context) (fleet.Summary, error)
	Connections(ctx context.Context, after string, limit int) ([]fleet.ConnectionStatus, error)
	Connection(ctx context.Context, name string) (fleet.ConnectionStatus, error)
	Accounts(ctx context.Context, connection, after string, limit int) ([]fleet.AccountStatus, error)
	Account(ctx context.Context, id int64) (fleet.AccountStatus, error)
	History(ctx context.Context, id int64, from, until time.Time) iter.Seq2[fleet.Stored, error]
	Failures(ctx context.Context, id int64, limit int) ([]fleet.Failure, error)
	ConnectionFailures(ctx context.Context, id int64, limit int) ([]fleet.Failure, error)
}

var _ Facts = (*fleet.Database)(nil)

// Options are what the caller chooses.
type Options struct {
	Facts Facts // required
	// Left tells what is left of an account's allowance; nil: the page does not show it.
	Left func(ctx context.Context, account int64) (accessguard.Left, error)
	// AllowedHosts are names, without port, under which the page is reached besides localhost, 127.0.0.1 and ::1. They
	// require a Token.
	AllowedHosts []string
	// Token is what every request has to have, at least 16 characters; empty: only loopback addresses are answered.
	Token adapters.Secret
	// River is River's own page, made for the prefix /river. It shows job arguments and changes jobs, and requires a
	// Token.
	River http.Handler
	// Logger gets the failures of reading; nil: slog.Default().
	Logger *slog.Logger
	// Now replaces the clock.
	Now func() time.Time
}

const (
	// minToken is the length of the shortest token that is taken.
	minToken = 16
	// readTime bounds the reading for one page. It is less than the time that Server has for writing it.
	readTime = 20 * time.Second
	rowsMax  = 50 // connections or accounts on a page
)

// handler serves our own pages.
type handler struct {
	Options
}

// New returns the page. It does no I/O. The handler is safe for concurrent use.
func New(options Options) (http.Handler, error) {
	switch {
	case options.Facts == nil:
		return nil, errors.New("page: Facts is missing")
	case options.Token != "" && len(options.Token) < minToken:
		return nil, errors.New("page: the token is shorter than 16 characters")
	case options.Token == "" && len(options.AllowedHosts) > 0:
		return nil, errors.New("page: other hosts than loopback require a token")
	case options.Token == "" && options.River != nil:
		return nil, errors.New("page: River's own page requires a token")
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	h := &handler{options}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.read(h.overview))
	mux.HandleFunc("GET /connection", h.read(h.connection))
	mux.HandleFunc("GET /account", h.read(h.account))
	mux.HandleFunc("GET /static/{file}", serveStatic)
	mux.HandleFunc("GET /healthz", h.health)
	mux.HandleFunc("GET /login", h.loginForm)
	mux.HandleFunc("POST /login", h.login)
	mux.HandleFunc("POST /logout", h.logout)
	if options.River != nil {
		mux.Handle(riverPrefix+"/", options.River)
	}
	return h.guard(mux), nil
}

// Server returns a server for a handler of New, with bounds for times and headers. The caller listens, and shuts it
// down.
func Server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: readTime + 10*time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// health says in a word whether the page can read its facts.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTime)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := h.Facts.Connections(ctx, "", 1); err != nil {
		h.failed(ctx, "health", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("database\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// read wraps what makes a page's content: it bounds the time, renders, and turns errors into pages.
func (h *handler) read(content func(context.Context, *http.Request) (string, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readTime)
		defer cancel()
		name, data, err := content(ctx, r)
		var refused refusal
		switch {
		case err == nil:
			h.render(w, r, http.StatusOK, name, data)
		case errors.As(err, &refused):
			h.message(w, r, refused.status, refused.title, refused.text)
		case errors.Is(err, fleet.ErrNotFound):
			h.message(w, r, http.StatusNotFound, "Not found", "The fleet does not keep this. It may have been forgotten.")
		case errors.Is(err, context.DeadlineExceeded):
			h.failed(ctx, name, err)
			h.message(w, r, http.StatusServiceUnavailable, "Too slow", "The database did not answer in time.")
		default:
			h.failed(ctx, name, err)
			h.message(w, r, http.StatusServiceUnavailable, "The database cannot be read",
				"The log of this program says why. fleet status may say more.")
		}
	}
}

// failed logs an error without what it may quote from the request.
func (h *handler) failed(ctx context.Context, what string, err error) {
	h.Logger.ErrorContext(ctx, "page: cannot read", "what", what, "error", err)
}

// refusal is a request that no page answers.
type refusal struct {
	status      int
	title, text string
}

func (r refusal) Error() string { return strings.ToLower(r.title) }

var badAddress = refusal{http.StatusBadRequest, "Bad address", "The address has a part that cannot be read."}
