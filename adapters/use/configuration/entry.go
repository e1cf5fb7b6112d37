package configuration

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Entry is one connection as the configuration has it. Because it may hold credentials, fmt, log/slog and the encoders show a
// mask of it; [Edit] writes it.
type Entry struct {
	Name        string            `json:"name" jsonschema:"what the output calls the connection; no two have the same"`
	Provider    string            `json:"provider" jsonschema:"openbalances providers lists them"`
	BaseURL     string            `json:"baseURL,omitempty" jsonschema:"instead of the provider's production address: https, or http for loopback hosts"`
	Accounts    []string          `json:"accounts,omitempty" jsonschema:"the ids to ask for; without them, all that the provider lists"`
	Credentials map[string]string `json:"credentials" jsonschema:"the value itself, env:NAME, or file:PATH as seen from the configuration's folder"`
	PSU         *PSU              `json:"psu,omitempty" jsonschema:"what the PSU's own request told; absent: nobody is present"`
	TLS         *TLS              `json:"tls,omitempty" jsonschema:"PEM files, as seen from the configuration's folder"`
	// Session is the JSON of an enablebanking.Session.
	Session json.RawMessage `json:"session,omitempty" jsonschema:"what openbalances enablebanking link has kept of the PSU's consent"`
	// ConsentValidUntil is a day, which is included, or a time.
	ConsentValidUntil string `json:"consentValidUntil,omitempty" jsonschema:"when the consent ends, where the provider does not state it: a day, which is included, or a time (RFC 3339)"`
	Fleet             bool   `json:"fleet,omitempty" jsonschema:"a fleet keeps this connection current; openbalances get does not ask for it"`
}

// PSU is what an entry tells of the PSU's own request, as in [adapters.PSUContext].
type PSU struct {
	IPAddress      string `json:"ipAddress" jsonschema:"the PSU's public address"`
	IPPort         uint16 `json:"ipPort,omitempty"`
	UserAgent      string `json:"userAgent,omitempty"`
	Referer        string `json:"referer,omitempty"`
	Accept         string `json:"accept,omitempty"`
	AcceptCharset  string `json:"acceptCharset,omitempty"`
	AcceptEncoding string `json:"acceptEncoding,omitempty"`
	AcceptLanguage string `json:"acceptLanguage,omitempty"`
	HTTPMethod     string `json:"httpMethod,omitempty"`
	DeviceID       string `json:"deviceId,omitempty"`
	GeoLocation    string `json:"geoLocation,omitempty" jsonschema:"GEO:<latitude>;<longitude>"`
}

// Format writes a mask, whatever the verb.
func (Entry) Format(state fmt.State, verb rune) { adapters.Masked{}.Format(state, verb) }

// MarshalText returns a mask.
func (Entry) MarshalText() ([]byte, error) { return adapters.Masked{}.MarshalText() }

// MarshalBinary returns a mask.
func (Entry) MarshalBinary() ([]byte, error) { return adapters.Masked{}.MarshalBinary() }

func (e Entry) accountProblems() []string {
	if e.Accounts != nil && len(e.Accounts) == 0 {
		return []string{"accounts: missing"}
	}
	var problems []string
	seen := make(map[string]bool, len(e.Accounts))
	for i, id := range e.Accounts {
		if problem := check.ID(id); problem != "" {
			problems = append(problems, fmt.Sprintf("accounts[%d]: %s", i, problem))
		} else if seen[id] {
			problems = append(problems, fmt.Sprintf("accounts[%d]: occurs twice", i))
		}
		seen[id] = true
	}
	return problems
}

// consentEnd is the first moment at which the consent is over, zero if that is not configured. A day is part of the consent.
func (e Entry) consentEnd() (time.Time, []string) {
	if e.ConsentValidUntil == "" {
		return time.Time{}, nil
	}
	if day, err := adapters.ParseDate(e.ConsentValidUntil); err == nil {
		return time.Date(day.Year, day.Month, day.Day+1, 0, 0, 0, 0, time.UTC), nil
	}
	until, err := time.Parse(time.RFC3339, e.ConsentValidUntil)
	if err != nil {
		return time.Time{}, []string{"consentValidUntil: neither a day, 2027-01-31, nor a time, 2027-01-31T12:00:00Z"}
	}
	return until.UTC(), nil
}

// takeSession adds the session that was kept, and its id unless one is configured.
func (p Provider) takeSession(session json.RawMessage, given credentials) []string {
	if session != nil {
		given[sessionCredential] = adapters.Secret(session)
	}
	var kept struct{ ID string }
	switch text := given[sessionCredential]; {
	case text == "":
		return nil
	case !p.takes(sessionCredential):
		return []string{"session: not taken by " + p.Name}
	case json.Unmarshal([]byte(text), &kept) != nil || kept.ID == "":
		return []string{"session: not what enablebanking link has written"}
	}
	if given["sessionId"] == "" {
		given["sessionId"] = adapters.Secret(kept.ID)
	}
	return nil
}

func (e *PSU) psu() (adapters.PSU, []string) {
	if e == nil {
		return adapters.Unattended(), nil
	}
	if e.IPAddress == "" {
		return adapters.PSU{}, []string{"psu.ipAddress: missing"}
	}
	address, err := netip.ParseAddr(e.IPAddress)
	if err != nil {
		return adapters.PSU{}, []string{"psu.ipAddress: not an IP address"}
	}
	psu := adapters.Attended(adapters.PSUContext{
		IPAddress: address, IPPort: e.IPPort, UserAgent: e.UserAgent, Referer: e.Referer, Accept: e.Accept,
		AcceptCharset: e.AcceptCharset, AcceptEncoding: e.AcceptEncoding, AcceptLanguage: e.AcceptLanguage,
		HTTPMethod: e.HTTPMethod, DeviceID: e.DeviceID, GeoLocation: e.GeoLocation,
	})
	if err := psu.Validate(); err != nil {
		return psu, []string{detail(err)}
	}
	return psu, nil
}
