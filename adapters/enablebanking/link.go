package enablebanking

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/enablebanking"
)

var (
	banks = call.List("GET /aspsps", api.NewGetBanksRequest)
	begin = call.Post("POST /auth", func(server string, _ *none, media string, body io.Reader) (*http.Request, error) {
		return api.NewBeginSessionRequestWithBody(server, media, body)
	})
)

// Bank is a bank that Enable Banking reaches. Its name and country together are its key.
type Bank struct {
	Name     string   `json:"name"`
	Country  string   `json:"country"` // ISO 3166-1, two letters
	PSUTypes []string `json:"psuTypes"`
	// MaxConsent is how long a session may last at most.
	MaxConsent time.Duration `json:"-"`
	// Methods are the names of the ways to agree, where there are several.
	Methods []string `json:"methods,omitempty"`
	// RequiredPSUHeaders is for [Session].
	RequiredPSUHeaders []string `json:"requiredPsuHeaders,omitempty"`
	// Beta is the provider's word for a bank that is still being tried.
	Beta bool `json:"beta,omitempty"`
}

// Banks returns the banks of a country that have account information, without those that cannot be read. No bank is asked.
// The list of a large country needs a higher Options.MaxBodyBytes, such as 16 MiB.
func (c *Client) Banks(ctx context.Context, country string) ([]Bank, error) {
	service := "AIS"
	request := banks.With(&api.GetBanksParams{Country: &country, Service: &service})
	return call.Ask(ctx, c.endpoint, "list banks", request, func(body bankList) ([]Bank, error) {
		if body.ASPSPs == nil {
			return nil, call.Missing("aspsps")
		}
		all := []Bank{}
		for i := range body.ASPSPs {
			if bank, err := toBank(body.ASPSPs[i].Value); err == nil && body.ASPSPs[i].Problem() == nil {
				all = append(all, bank)
			}
		}
		return all, nil
	})
}

// bankList is [api.Banks], of which one broken bank spoils no other.
type bankList struct {
	ASPSPs []call.Element[api.Bank] `json:"aspsps"`
}

const longestConsent = 10 * 366 * 24 * 60 * 60 // seconds; more is a mistake

func toBank(bank api.Bank) (Bank, error) {
	switch {
	case bank.Name == "":
		return Bank{}, call.Missing("name")
	case bank.Country == "":
		return Bank{}, call.Missing("country")
	case bank.MaximumConsentValidity <= 0 || bank.MaximumConsentValidity > longestConsent:
		return Bank{}, call.Broken("maximum_consent_validity", "no time that a consent can last")
	}
	mapped := Bank{
		Name: bank.Name, Country: bank.Country, PSUTypes: bank.PSUTypes, Beta: bank.Beta,
		MaxConsent: time.Duration(bank.MaximumConsentValidity) * time.Second, RequiredPSUHeaders: bank.RequiredPSUHeaders,
	}
	for _, method := range bank.AuthMethods {
		if name := call.Text(method.Name); name != "" {
			mapped.Methods = append(mapped.Methods, name)
		}
	}
	return mapped, nil
}

// Agreement is what the user is asked to agree to.
type Agreement struct {
	Bank, Country string
	PSUType       string    // personal or business
	Method        string    // one of the bank's Methods; empty where it has one
	ValidUntil    time.Time // at most the bank's MaxConsent from now
	RedirectURL   string    // registered for the application
	State         string    // comes back with the redirect, and is to be compared
}

// Begin begins a session and returns the https address at which the user agrees. The redirect brings the code for
// [Client.Authorize].
func (c *Client) Begin(ctx context.Context, asked Agreement) (string, error) {
	body := call.JSON(api.SessionRequest{
		Access:      api.RequestedAccess{ValidUntil: asked.ValidUntil.UTC().Format(time.RFC3339)},
		Aspsp:       api.ASPSP{Name: asked.Bank, Country: asked.Country},
		AuthMethod:  call.Optional(asked.Method),
		PSUType:     asked.PSUType,
		RedirectURL: asked.RedirectURL,
		State:       asked.State,
	})
	return call.Ask(ctx, c.endpoint, "begin session", begin.Send(nil, body), func(body api.BegunSession) (string, error) {
		address, err := url.Parse(body.URL)
		if body.URL == "" {
			return "", call.Missing("url")
		}
		if err != nil || address.Scheme != "https" || address.Host == "" || address.User != nil {
			return "", call.Broken("url", "no https address")
		}
		return body.URL, nil
	})
}
