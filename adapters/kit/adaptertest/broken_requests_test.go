package adaptertest_test

import (
	"context"
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
	{name: "takes any base URL", accepts: "baseURL: neither", caught: "base-url-unusable"},
	{name: "takes base URLs with more than host and path", accepts: "baseURL: more", caught: "base-url-unusable"},
	{name: "takes credentials that cannot be sent", accepts: "credentials", caught: "credential-unsendable credential-empty credential-with-scheme parameters-nil credential-outside-ascii errors-disclose-nothing"},
	{name: "ignores the base URL's path for several accounts", plant: building(func(request *http.Request) {
		if request.URL.RawQuery != "" {
			request.URL.Path = "/v2/balances"
		}
	}), caught: "members-unmapped batch/batch batch-ids no-retry no-retry-unattended parameters-nil redirect redirect-to-http declared requests/batch"},
	{name: "takes any account id", plant: func(c *client) {
		c.check = func(_ string, psu adapters.PSU) error { return psu.Validate() }
	}, caught: "account-id-dots account-id-unusable batch-ids errors-disclose-nothing"},
	{name: "takes dots for an account id", plant: func(c *client) {
		c.check = func(id string, psu adapters.PSU) error {
			if strings.Trim(id, ".") == "" && id != "" {
				return psu.Validate()
			}
			return checkArguments(id, psu)
		}
	}, caught: "account-id-dots"},
	{name: "escapes account ids twice", plant: building(func(request *http.Request) {
		if id := path.Base(path.Dir(request.URL.Path)); request.URL.RawQuery == "" && url.PathEscape(id) != id {
			request.URL.Path = path.Dir(path.Dir(request.URL.Path)) + "/" + url.PathEscape(id) + "/balances"
			request.URL.RawPath = ""
		}
	}), caught: "account-id-unusable"},
	{name: "trims account ids", plant: func(c *client) {
		c.check = func(id string, psu adapters.PSU) error { return checkArguments(strings.TrimSpace(id), psu) }
	}, caught: "account-id-unusable errors-disclose-nothing"},
	{name: "writes account ids into a query as they are", plant: building(func(request *http.Request) {
		request.URL.RawQuery, _ = url.PathUnescape(request.URL.RawQuery)
	}), caught: "batch-ids"},
	{name: "asks for ten accounts at most", plant: building(func(request *http.Request) {
		if query := request.URL.Query(); len(query["account_id"]) > 10 {
			query["account_id"] = query["account_id"][:10]
			request.URL.RawQuery = query.Encode()
		}
	}), caught: "batch-ids"},
	{name: "takes a PSU that is neither present nor absent", plant: func(c *client) {
		c.check = func(id string, psu adapters.PSU) error {
			if psu == (adapters.PSU{}) {
				psu = adapters.Unattended()
			}
			return checkArguments(id, psu)
		}
	}, caught: "psu-addresses"},
	{name: "takes any PSU", plant: func(c *client) {
		c.check = func(id string, _ adapters.PSU) error { return adapters.ValidateAccountID(id) }
	}, caught: "credential-unsendable psu-addresses credential-outside-ascii errors-disclose-nothing"},
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
	{name: "uses one request id for all calls", plant: building(func(request *http.Request) {
		request.Header.Set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
	}), caught: "callers-second-try"},
}

// building changes every request before its context is looked at.
func building(change func(*http.Request)) func(*client) {
	return func(c *client) {
		build := c.build
		c.build = func(ctx context.Context, path string, psu adapters.PSU) (*http.Request, error) {
			request, err := build(ctx, path, psu)
			if err == nil {
				change(request)
			}
			return request, err
		}
	}
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
