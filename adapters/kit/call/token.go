package call

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const (
	refreshTimeout = 30 * time.Second
	expiryMargin   = time.Minute
	longestLife    = 24 * time.Hour
	// Of the tokens that are told to be dead, so many are replaced at once, and one more in each pause after them. A
	// provider that accepts no token thus costs no second request for each call.
	replacedAtOnce = 4
	replacingPause = time.Minute
)

// Token is an access token in the form of RFC 6749, section 5.1. An answer's other members are not read.
type Token struct {
	Text      string  `json:"access_token"`
	Type      *string `json:"token_type"` // absent: bearer
	ExpiresIn Seconds `json:"expires_in"`
}

// Seconds is a number of seconds as it was sent: a JSON number, or a text that is one.
type Seconds string

// UnmarshalJSON implements [json.Unmarshaler]. Null and an empty text state nothing.
func (s *Seconds) UnmarshalJSON(sent []byte) error {
	if json.Unmarshal(sent, (*string)(s)) != nil {
		*s = Seconds(sent)
	}
	return nil
}

var decimalNumber = regexp.MustCompile(`^[+-]?[0-9]{1,64}(\.[0-9]{0,64})?([eE][+-]?[0-9]{1,9})?$`)

// Tokens returns a source that fetches one token for all who need it and keeps it until a minute before its end, or
// half its life if that is less, but for a day at most. A token without a stated lifetime, or with none, serves those who
// waited for it and nobody else. A failure is not kept. A caller who leaves does not stop the fetch for the others, and a
// panic in it reaches each of them. A token that is told to be dead is replaced with the next call; after four of these,
// one is replaced each minute, and the others are handed out until then.
func Tokens[T any](e *Endpoint, request func() Request, toToken func(T) (Token, error)) adapters.TokenSource {
	cache := &tokens{now: e.now, fetch: func(ctx context.Context) (token Token, err error) {
		own := request()
		own.operation = getToken
		err = exchange(ctx, e, own, func(body T, _ *exchanged) (err error) {
			if token, err = toToken(body); err == nil {
				err = token.check()
			}
			return err
		})
		return token, err
	}}
	return cache.get
}

func (t Token) check() error {
	problem := textProblem(t.Text)
	switch {
	case problem != "":
		return Broken("access_token", problem)
	case Text(t.Type) != "" && !strings.EqualFold(*t.Type, "bearer"):
		return Broken("token_type", "not bearer")
	case t.ExpiresIn != "" && !decimalNumber.MatchString(string(t.ExpiresIn)):
		return Broken("expires_in", "not a number")
	}
	return nil
}

// life is how long the token may be handed out.
func (t Token) life() time.Duration {
	seconds, _ := strconv.ParseFloat(string(t.ExpiresIn), 64) // infinite beyond a float64
	life := time.Duration(max(0, min(seconds, longestLife.Seconds())) * float64(time.Second))
	return life - min(expiryMargin, life/2)
}

// tokens is a token and its renewal.
type tokens struct {
	now   func() time.Time
	fetch func(context.Context) (Token, error)

	mutex    sync.Mutex
	current  *issued
	renewal  *renewal  // nil if none is under way
	replaced time.Time // the dead tokens that were replaced, one pause after the other, end here
}

// issued is a token that was fetched.
type issued struct {
	text  string
	begun time.Time // when it was asked for
	life  time.Duration
	dead  bool
}

// isUsable asks both clocks: the monotonic one stands still while a machine sleeps, and the other one may be set back.
func (t *issued) isUsable(now time.Time) bool {
	age := now.Round(0).Sub(t.begun.Round(0))
	return age >= 0 && max(age, now.Sub(t.begun)) < t.life
}

type renewal struct {
	done     chan struct{} // closed once the rest is set
	token    *issued
	err      error
	panicked any
}

func (s *tokens) get(ctx context.Context) (string, error) {
	token, renewal := s.usable(ctx)
	if renewal != nil {
		select {
		case <-renewal.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if renewal.panicked != nil {
			panic(renewal.panicked)
		}
		if renewal.err != nil {
			return "", renewal.err
		}
		token = renewal.token
	}
	adapters.OnDeadToken(ctx, func() { s.forget(token) })
	return token.text, nil
}

// usable returns the token, or the renewal to wait for.
func (s *tokens) usable(ctx context.Context) (*issued, *renewal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current != nil && s.current.isUsable(s.now()) {
		return s.current, nil
	}
	if s.renewal == nil {
		s.renewal = &renewal{done: make(chan struct{}), err: errNoToken}
		go s.renew(uncounted(context.WithoutCancel(ctx)), s.renewal)
	}
	return nil, s.renewal
}

var errNoToken = &adapters.Error{
	Kind: adapters.KindOther, Origin: adapters.OriginLocal, Operation: getToken, Detail: "the goroutine that fetches the token has ended",
}

// renew ends the renewal whatever happens, also if a transport or the caller's hook panics or ends the goroutine.
func (s *tokens) renew(ctx context.Context, r *renewal) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	defer func() {
		r.panicked = recover()
		s.mutex.Lock()
		defer s.mutex.Unlock()
		if r.err == nil {
			s.current = r.token
		}
		s.renewal = nil
		close(r.done)
	}()
	begun := s.now()
	token, err := s.fetch(ctx)
	r.token, r.err = &issued{text: token.Text, begun: begun, life: token.life()}, err
}

// forget ends a dead token, unless a newer one has taken its place: at once, or when its turn comes.
func (s *tokens) forget(token *issued) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if token != s.current || token.dead {
		return
	}
	now := s.now().Round(0)
	if s.replaced.Before(now) || s.replaced.Sub(now) > (replacedAtOnce+1)*replacingPause {
		s.replaced = now
	}
	wait := s.replaced.Sub(now) - (replacedAtOnce-1)*replacingPause
	if s.replaced = s.replaced.Add(replacingPause); wait <= 0 {
		s.current = nil
		return
	}
	token.dead, token.life = true, min(token.life, now.Sub(token.begun)+wait)
}
