package page

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

// Level says how urgent a state is. The page shows it by a symbol and a colour beside the words.
type Level string

// From nothing to do to something that has stopped.
const (
	LevelGood Level = "good"
	LevelIdle Level = "idle"
	LevelWarn Level = "warn"
	LevelBad  Level = "bad"
)

// Symbol is the shape that stands for the level.
func (l Level) Symbol() string {
	return map[Level]string{LevelGood: "●", LevelIdle: "○", LevelWarn: "▲", LevelBad: "■"}[l]
}

// Verdict is the state of a connection or an account in words, and what has to be done.
type Verdict struct {
	Level    Level
	Text     string
	Detail   string // what failed, in the fleet's words; may be empty
	Todo     string // empty if nothing has to be done
	Command  string // that does it, or follows it; may be empty
	Link     string // the bank's page for the consent, https only; may be empty
	LinkHost string
}

// soon is how long before its end a consent is shown as ending.
const soon = 7 * 24 * time.Hour

// sayings are the kinds of failure in words, and what to do about one that stopped something.
var sayings = map[adapters.Kind]struct{ what, todo string }{
	adapters.ErrInvalidArgument: {"Request refused as malformed",
		"Check the entry's credentials and accounts in the configuration"},
	adapters.ErrUnauthorized:    {"Credentials refused", "Renew the credentials in the configuration"},
	adapters.ErrForbidden:       {"Not allowed", "Ask the bank what credentials and consent cover"},
	adapters.ErrConsentRequired: {"Consent needed", "Let the account holder consent again"},
	adapters.ErrNotFound:        {"Unknown to the provider", "Check the account's id in the configuration"},
	adapters.ErrRateLimited:     {"Allowance used up", "Wait until the next call"},
	adapters.ErrUnavailable:     {"Bank not reachable", "Ask the provider whether the bank answers"},
	adapters.ErrProtocol:        {"Answer not as documented", "Report it to the provider with the request id"},
	adapters.ErrTooLarge:        {"Answer too large", "Report it to the provider with the request id"},
	adapters.ErrRedirect:        {"Redirected elsewhere", "Check the entry's base URL in the configuration"},
	adapters.ErrUnsupported:     {"Not offered by the provider", "Name other accounts in the configuration"},
	adapters.KindCanceled:       {"Interrupted", "Start the worker again"},
	adapters.KindDeadline:       {"No answer in time", "Ask the provider whether the bank answers"},
	adapters.KindOther:          {"Failed", "Look into the log of the worker"},
}

func kindName(kind adapters.Kind) string {
	if saying, ok := sayings[kind]; ok {
		return saying.what
	}
	return sayings[adapters.KindOther].what
}

// stopped is the verdict on what a kind of failure stopped.
func stopped(kind adapters.Kind, detail, connection string) Verdict {
	saying, ok := sayings[kind]
	if !ok {
		saying = sayings[adapters.KindOther]
	}
	return Verdict{
		Level: LevelBad, Text: "Stopped: " + lower(saying.what), Detail: detail, Todo: saying.todo + ", then",
		Command: "fleet add " + printable.Word(connection),
	}
}

// OfConnection says what a connection is like at a time.
func OfConnection(c fleet.ConnectionStatus, now time.Time) Verdict {
	switch c.State {
	case fleet.StateMissing:
		return Verdict{Level: LevelBad, Text: "Not in the configuration", Detail: c.Detail,
			Todo: "Write its entry under this name. If it has a new name: fleet add -renamed. To erase it with its history:", Command: "fleet forget -connection " + printable.Word(c.Name)}
	case fleet.StateConsentRequired:
		v := stopped(adapters.ErrConsentRequired, c.Detail, c.Name)
		v.Text = consentText(c.Consent)
		v.Link, v.LinkHost = consentLink(c.ConsentLink)
		return v
	case fleet.StateStopped:
		return stopped(c.Kind, c.Detail, c.Name)
	case fleet.StateActive:
		return ofActive(c, now)
	}
	return Verdict{Level: LevelWarn, Text: "Unknown state",
		Todo: "Use the fleet serve of the version that keeps this database"}
}

func ofActive(c fleet.ConnectionStatus, now time.Time) Verdict {
	switch {
	case c.Stopped > 0:
		return Verdict{Level: LevelBad, Text: counted(c.Stopped, "account") + " stopped", Detail: c.Detail,
			Todo: "See its accounts:", Command: "fleet status " + printable.Word(c.Name)}
	case late(c.NextAt, now):
		return overdue(c.Detail)
	case c.Failing > 0 || c.Kind != "":
		text := lower(kindName(c.Kind))
		if c.Failing > 0 {
			text = counted(c.Failing, "account") + " failing"
		}
		return Verdict{Level: LevelWarn, Text: upper(text), Detail: c.Detail}
	case isEnding(c.ConsentValidUntil, now):
		v := ending(c.ConsentValidUntil, now)
		v.Link, v.LinkHost = consentLink(c.ConsentLink)
		return v
	case c.Newest.IsZero():
		return Verdict{Level: LevelIdle, Text: "No balance yet"}
	}
	return Verdict{Level: LevelGood, Text: "Up to date"}
}

func isEnding(validUntil, now time.Time) bool {
	return !validUntil.IsZero() && validUntil.Before(now.Add(soon))
}

func ending(validUntil, now time.Time) Verdict {
	text := "Consent ends "
	if !validUntil.After(now) {
		text = "Consent ended "
	}
	return Verdict{Level: LevelWarn, Text: text + moment{validUntil, now}.Age(), Todo: "Let the account holder renew it"}
}

// OfAccount says what an account is like at a time.
func OfAccount(a fleet.AccountStatus, now time.Time) Verdict {
	switch {
	case a.State == adapters.AccountStateClosed:
		return Verdict{Level: LevelIdle, Text: "Closed at the bank"}
	case !a.UnlistedAt.IsZero():
		return Verdict{Level: LevelIdle, Text: "Gone from the list"}
	case a.Stopped:
		return stopped(a.Kind, a.Detail, a.Connection)
	case late(a.NextAt, now):
		return overdue(a.Detail)
	case a.Kind != "":
		return Verdict{Level: LevelWarn, Text: kindName(a.Kind), Detail: a.Detail}
	case a.State == adapters.AccountStateBlocked:
		return Verdict{Level: LevelWarn, Text: "Blocked at the bank"}
	case isEnding(a.ValidUntil, now):
		return ending(a.ValidUntil, now)
	case a.FetchedAt.IsZero():
		return Verdict{Level: LevelIdle, Text: "No balance yet"}
	}
	return Verdict{Level: LevelGood, Text: "Up to date"}
}

func late(next, now time.Time) bool { return !next.IsZero() && now.Sub(next) > fleet.OverdueAfter }

func overdue(detail string) Verdict {
	return Verdict{Level: LevelWarn, Text: "Overdue", Detail: detail, Todo: "See whether fleet work runs"}
}

func consentText(state adapters.ConsentState) string {
	switch state {
	case adapters.ErrConsentExpired:
		return "Consent has ended"
	case adapters.ErrConsentRevoked:
		return "Consent was revoked"
	case adapters.ErrConsentUnknown:
		return "Consent unknown to the provider"
	}
	return kindName(adapters.ErrConsentRequired)
}

// consentLink returns an address that a page may lead to, and its host; nothing for all that is not plainly https.
func consentLink(text string) (link, host string) {
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "https" || address.Hostname() == "" || address.User != nil || address.Opaque != "" {
		return "", ""
	}
	return address.String(), address.Host
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", digits(n), noun)
}

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
