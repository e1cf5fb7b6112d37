package specs

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// Info says which document and which generator made a provider's client.
type Info struct {
	Provider   string   `json:"provider"`
	Title      string   `json:"title"`
	Version    string   `json:"version"`    // of the document
	Read       string   `json:"read"`       // the day the documentation page was read, YYYY-MM-DD
	APIVersion string   `json:"apiVersion"` // of the provider's API, in its own words
	SHA256     string   `json:"sha256"`     // of the document's text, in lower-case hexadecimal
	Generator  string   `json:"generator"`  // name and version
	Operations []string `json:"operations"` // method and path

	Unattended Access `json:"unattendedAccess,omitempty"` // empty if no limit is known
}

// Access is how often a provider may be called without the PSU.
type Access []Allowance

// Allowance is what some calls share, as x-unattended-access of a document states it.
type Allowance struct {
	Of     []Call  `json:"of"`
	Per    Per     `json:"per"`    // what has an allowance of its own
	Limits []Limit `json:"limits"` // all hold at once; none where the calls spend nothing
}

// Call is a way to call a provider.
type Call string

// The calls of an adapter: the methods of its Source, and Details.
const (
	CallBalances    Call = "balances"
	CallBatch       Call = "batch" // counts like balances unless it is named
	CallAccounts    Call = "accounts"
	CallAllBalances Call = "allBalances" // counts like accounts unless it is named
	CallDetails     Call = "details"     // what some adapters can ask of one account besides; counts like balances unless it is named
)

// Per is what a provider counts calls by.
type Per string

// What a provider may count by. PerAccount, a batch is a call of each account in it, and a list one of each account
// that it names.
const (
	PerAccount Per = "account"
	PerConsent Per = "consent"
)

// Limit is how many calls are allowed in any window.
type Limit struct {
	Calls  int
	Window time.Duration
}

// MarshalJSON writes the limit as a document does.
func (l Limit) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"calls":%d,"hours":%g}`, l.Calls, l.Window.Hours()), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Limit) UnmarshalJSON(text []byte) error {
	var limit struct {
		Calls int     `json:"calls"`
		Hours float64 `json:"hours"`
	}
	if err := json.Unmarshal(text, &limit); err != nil {
		return err
	}
	*l = Limit{limit.Calls, time.Duration(math.Round(limit.Hours * float64(time.Hour)))}
	return nil
}

// Of returns the allowance of a call, and whether there is one.
func (a Access) Of(call Call) (Allowance, bool) {
	i := slices.IndexFunc(a, func(allowance Allowance) bool { return slices.Contains(allowance.Of, call) })
	switch {
	case i >= 0:
		return a[i], true
	case call == CallBatch, call == CallDetails:
		return a.Of(CallBalances)
	case call == CallAllBalances:
		return a.Of(CallAccounts)
	}
	return Allowance{}, false
}

// Describe returns the Info of a provider's document, and whether there is one.
func Describe(provider string) (Info, bool) {
	i := slices.IndexFunc(infos, func(info Info) bool { return info.Provider == provider })
	if i < 0 {
		return Info{}, false
	}
	return infos[i], true
}
