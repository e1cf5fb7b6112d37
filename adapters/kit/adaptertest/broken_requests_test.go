package adaptertest_test

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

// requestFaults are about what is sent, and where.
var requestFaults = []fault{
	{name: "follows redirects with the credentials", plant: follows(func(request *http.Request) {}), caught: "redirect redirect-to-http"},
	{name: "follows redirects without the credentials", plant: follows(func(request *http.Request) {
		request.Header.Del("Authorization")
		request.Header.Del("Consent-ID")
	}), caught: "redirect redirect-to-http"},
	{name: "follows links in answers", plant: bodies(func(body *accountBody) {
		if strings.HasPrefix(body.IBAN, "http://127.0.0.1") {
			if response, err := http.Get(body.IBAN); err == nil {
				_ = response.Body.Close()
			}
		}
	}), caught: "links-not-followed"},
	{name: "takes any base URL", accepts: "baseURL", caught: "base-url-unusable"},
	{name: "takes base URLs with more than host and path", accepts: "baseURL: has more", caught: "base-url-unusable"},
	{name: "takes credentials that cannot be sent", accepts: "credentials", caught: "credential-unsendable credential-empty credential-with-scheme parameters-nil credential-outside-ascii"},
	{name: "ignores the base URL's path for several accounts", plant: building(func(request *http.Request) {
		if request.URL.RawQuery != "" {
			request.URL.Path = "/v2/balances"
		}
	}), caught: "batch/batch batch-ids members-unmapped no-retry no-retry-unattended parameters-nil redirect redirect-to-http declared requests/batch"},
	{name: "takes any account id", plant: showing(func(id string, psu adapters.PSU) (string, adapters.PSU) {
		if adapters.ValidateAccountID(id) != nil {
			id = "acc-1001"
		}
		return id, psu
	}), caught: "account-id-dots account-id-unusable batch-ids errors-disclose-nothing"},
	{name: "takes dots for an account id", plant: showing(func(id string, psu adapters.PSU) (string, adapters.PSU) {
		if strings.Trim(id, ".") == "" && id != "" {
			id = "acc-1001"
		}
		return id, psu
	}), caught: "account-id-dots"},
	{name: "escapes account ids twice", plant: building(func(request *http.Request) {
		if id := path.Base(path.Dir(request.URL.Path)); request.URL.RawQuery == "" && url.PathEscape(id) != id {
			request.URL.Path = path.Dir(path.Dir(request.URL.Path)) + "/" + url.PathEscape(id) + "/balances"
			request.URL.RawPath = ""
		}
	}), caught: "account-id-unusable"},
	{name: "trims account ids", plant: showing(func(id string, psu adapters.PSU) (string, adapters.PSU) {
		return strings.TrimSpace(id), psu
	}), caught: "account-id-unusable errors-disclose-nothing"},
	{name: "writes account ids into a query as they are", plant: building(func(request *http.Request) {
		request.URL.RawQuery, _ = url.PathUnescape(request.URL.RawQuery)
	}), caught: "batch-ids"},
	{name: "asks for ten accounts at most", plant: building(func(request *http.Request) {
		if query := request.URL.Query(); len(query["account_id"]) > 10 {
			query["account_id"] = query["account_id"][:10]
			request.URL.RawQuery = query.Encode()
		}
	}), caught: "batch-ids"},
	{name: "takes a PSU that is neither present nor absent", plant: showing(func(id string, psu adapters.PSU) (string, adapters.PSU) {
		if psu == (adapters.PSU{}) {
			psu = adapters.Unattended()
		}
		return id, psu
	}), caught: "psu-addresses"},
	{name: "takes any PSU", plant: showing(func(id string, _ adapters.PSU) (string, adapters.PSU) {
		return id, adapters.Unattended()
	}), caught: "credential-unsendable psu-addresses credential-outside-ascii errors-disclose-nothing"},
	{name: "does not say that the PSU is present", plant: building(func(request *http.Request) {
		request.Header.Del("PSU-IP-Address")
	}), caught: "requests/attended requests/batch"},
	{name: "makes up a PSU", plant: building(func(request *http.Request) {
		if request.Header.Get("PSU-IP-Address") == "" {
			request.Header.Set("PSU-IP-Address", "192.0.2.1")
		}
	}), caught: "psu-addresses requests/unattended"},
	{name: "sends headers that nobody has documented", plant: building(func(request *http.Request) {
		request.Header.Set("X-Agent", "examplebank")
	}), caught: "requests/attended requests/batch requests/unattended"},
	{name: "sends no consent for several accounts", plant: building(func(request *http.Request) {
		if request.URL.RawQuery != "" {
			request.Header.Del("Consent-ID")
		}
	}), caught: "batch/batch parameters-nil requests/batch"},
	{name: "sends the token in the address for several accounts", plant: building(func(request *http.Request) {
		if request.URL.RawQuery != "" {
			request.URL.RawQuery += "&access_token=token-1234"
		}
	}), caught: "batch/batch parameters-nil requests/batch"},
	{name: "keeps to itself that a token is dead", plant: func(c *client) {
		c.tokens = func(string, func()) func() { return func() {} }
	}, caught: "token-refused"},
	{name: "takes every token for dead", plant: func(c *client) {
		c.tokens = func(_ string, dead func()) func() { dead(); return func() {} }
	}, caught: "token-refused"},
	{name: "uses one request id for all calls", plant: building(func(request *http.Request) {
		request.Header.Set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
	}), caught: "callers-second-try", perhaps: "answers-late"},
}

// showing replaces what is checked before anything is sent.
func showing(shown func(id string, psu adapters.PSU) (string, adapters.PSU)) func(*client) {
	return func(c *client) { c.shown = shown }
}

// building changes every request before it is sent.
func building(change func(*http.Request)) func(*client) {
	return func(c *client) { c.build = change }
}

// follows sends a request again to where a redirect leads, changed for it.
func follows(change func(*http.Request)) func(*client) {
	return func(c *client) {
		send := c.send
		c.send = func(request *http.Request) (*http.Response, error) {
			response, err := send(request)
			if err != nil || response.StatusCode/100 != 3 {
				return response, err
			}
			location, err := response.Location()
			if err != nil {
				return response, nil
			}
			_ = response.Body.Close()
			next := request.Clone(request.Context())
			next.URL, next.Host = location, ""
			change(next)
			return send(next)
		}
	}
}
