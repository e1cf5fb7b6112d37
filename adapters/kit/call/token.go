package call

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

const (
	refreshTimeout = 30 * time.Second
	expiryMargin   = time.Minute
	longestLife    = 24 * time.Hour
)

// Token is an access token as a provider hands it out. ExpiresIn is its lifetime in seconds.
type Token struct {
	Text      string
	Type      *string
	ExpiresIn *int64
}

// Tokens returns a source that fetches one token for all who need it and keeps it until a minute before its end, or
// half its life if that is less, but for a day at most. A token without a stated lifetime serves those who waited for
// it and nobody else. A failure is not kept. A caller who leaves does not stop the fetch for the others.
func Tokens[T any](e *Endpoint, request func() Request, toToken func(T) (Token, error)) adapters.TokenSource {
	cache := &tokens{now: e.now, fetch: func(ctx context.Context) (token Token, err error) {
		own := request()
		own.operation = getToken
		err = exchange(ctx, e, own, func(body T, _ *exchanged) error {
			got, err := toToken(body)
			if err == nil {
				err = got.check()
			}
			token = got
			return err
		})
		if err != nil {
			return Token{}, err
		}
		return token, nil
	}}
	return cache.get
}

func (t Token) check() error {
	if problem := check.Header(t.Text); problem != "" {
		return Broken("access_token", problem)
	}
	if t.Type != nil && !strings.EqualFold(*t.Type, "bearer") {
		return Broken("token_type", "not bearer")
	}
	return nil
}

// life is how long the token may be handed out.
func (t Token) life() time.Duration {
	if t.ExpiresIn == nil || *t.ExpiresIn <= 0 {
		return 0
	}
	life := time.Duration(min(*t.ExpiresIn, int64(longestLife/time.Second))) * time.Second
	return life - min(expiryMargin, life/2)
}

// tokens is a token and its renewal.
type tokens struct {
	now   func() time.Time
	fetch func(context.Context) (Token, error)

	mutex   sync.Mutex
	text    string
	end     time.Time
	renewal *renewal // nil if none is under way
}

type renewal struct {
	done chan struct{} // closed once text and err are set
	text string
	err  error
}

func (s *tokens) get(ctx context.Context) (string, error) {
	text, renewal := s.current(ctx)
	if renewal == nil {
		return text, nil
	}
	select {
	case <-renewal.done:
		return renewal.text, renewal.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// current returns the token, or the renewal to wait for.
func (s *tokens) current(ctx context.Context) (string, *renewal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.now().Before(s.end) {
		return s.text, nil
	}
	if s.renewal == nil {
		s.renewal = &renewal{done: make(chan struct{})}
		go s.renew(uncounted(context.WithoutCancel(ctx)), s.renewal)
	}
	return "", s.renewal
}

func (s *tokens) renew(ctx context.Context, r *renewal) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	begun := s.now()
	token, err := s.fetch(ctx)
	r.text, r.err = token.Text, err
	s.mutex.Lock()
	if err == nil {
		s.text, s.end = token.Text, begun.Add(token.life())
	}
	s.renewal = nil
	s.mutex.Unlock()
	close(r.done)
}
