package adaptertest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var redirects = []int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
	http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// redirect answers with a body and every header that could lead elsewhere.
func redirect(status int, location string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"Location", "Content-Location", "Link"} {
			w.Header().Set(name, location)
		}
		w.Header().Set("Refresh", "0; url="+location)
		body := `{"_links": {"self": {"href": "` + location + `"}}}`
		with(status, "application/json", body)(w, &http.Request{Body: http.NoBody})
	})
}

// eager is a client of the caller's own that would follow every redirect.
func eager() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
}

func checkRedirectToAnotherHost(t *testing.T, h Harness) {
	elsewhere := trap(t)
	locations := []string{
		elsewhere + "/?next=1", strings.Replace(elsewhere, "127.0.0.1", "localhost", 1),
		strings.TrimPrefix(elsewhere, "http:"), "/elsewhere", "?again",
	}
	for _, status := range redirects {
		for _, location := range locations {
			h.assertNotFollowed(t, nil, status, location)
			h.assertNotFollowed(t, eager(), status, location)
		}
	}
}

// assertNotFollowed makes every call once and sees that only the request of the call itself arrives.
func (h Harness) assertNotFollowed(t *testing.T, client *http.Client, status int, location string) {
	t.Helper()
	seen := &inbox{}
	options := h.options(t, seen.watch(redirect(status, location)))
	options.HTTPClient = client
	h.assertRedirectRefused(t, options, status, seen)
}

func (h Harness) assertRedirectRefused(t *testing.T, options *adapters.Options, status int, seen *inbox) {
	t.Helper()
	source, err := h.New(options)
	require.NoError(t, err)
	errs := h.everyCall(t, source, psu)
	for name, err := range errs {
		failure := h.assertFailure(t, err, adapters.ErrRedirect)
		assert.Equal(t, status, failure.Status, name)
	}
	assert.Len(t, seen.arrived(), len(errs), "%d: one call is one request", status)
}

func checkRedirectOfABody(t *testing.T, h Harness) {
	if !h.sendsBody(t) {
		t.Skip("does not apply: the adapter's requests have no body")
	}
	for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, location := range []string{trap(t), "/elsewhere", ""} {
			h.assertNotFollowed(t, nil, status, location)
			h.assertNotFollowed(t, eager(), status, location)
		}
	}
}

func checkRedirectToPlainHTTP(t *testing.T, h Harness) {
	root := tlstest.NewAuthority(t)
	plain := trap(t)
	config := &tls.Config{Certificates: []tls.Certificate{root.Issue(t, nil)}}
	for _, status := range redirects {
		seen := &inbox{}
		server := h.serveTLS(t, seen.watch(redirect(status, plain)), config)
		for _, client := range []*http.Client{
			adapters.NewHTTPClient(root.Trusted()),
			{Transport: &http.Transport{TLSClientConfig: root.Trusted()}, CheckRedirect: eager().CheckRedirect},
		} {
			t.Cleanup(client.CloseIdleConnections)
			h.assertRedirectRefused(t, &adapters.Options{BaseURL: server.address, HTTPClient: client}, status, seen)
		}
	}
}

// recorded notes the address of every request that a client sends, also of such as cannot arrive.
type recorded struct{ addresses []*url.URL }

func (r *recorded) RoundTrip(request *http.Request) (*http.Response, error) {
	r.addresses = append(r.addresses, request.URL)
	return http.DefaultTransport.RoundTrip(request)
}

// checkLinksAreText writes addresses in place of every text of every documented answer, one after the other.
func checkLinksAreText(t *testing.T, h Harness) {
	var answer atomic.Pointer[http.HandlerFunc]
	options := h.options(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) }))
	sent := &recorded{}
	options.HTTPClient = &http.Client{Transport: sent}
	source, err := h.New(options)
	require.NoError(t, err)
	calls, elsewhere := 0, trap(t)
	for _, example := range forms(t, h.documented()) {
		if example.Account == "" || example.Status == 0 {
			continue
		}
		for _, body := range linked(t, example.JSON, elsewhere) {
			serve := with(example.Status, "application/json", string(body))
			answer.Store(&serve)
			_, _ = source.Balances(t.Context(), example.Account, psu) // what it makes of the answer is another case's
			calls++
		}
	}
	require.NotZero(t, calls)
	require.Len(t, sent.addresses, calls, "one call is one request")
	for _, address := range sent.addresses {
		assert.True(t, strings.HasPrefix(address.String(), options.BaseURL), "not the bank's address")
	}
}

// linked returns body with each text replaced by addresses, and with links that no document has.
func linked(t *testing.T, body []byte, elsewhere string) [][]byte {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	others := []string{"http://169.254.169.254/latest/meta-data", "file:///etc/hosts", "/elsewhere"}
	bodies := [][]byte{}
	for i, v := range all {
		for _, address := range []string{elsewhere, others[i%len(others)]} {
			switch {
			case v.kind == '"':
				bodies = append(bodies, apply(body, edit{v.start, v.end, []byte(`"` + address + `"`)}))
			case v.kind == '{' && !bytes.HasPrefix(bytes.TrimSpace(body[v.start+1:]), []byte("}")):
				links := fmt.Sprintf(`"links-2": {"self": %q}, "$ref": %q, `, address, address)
				bodies = append(bodies, apply(body, edit{v.start + 1, v.start + 1, []byte(links)}))
			}
		}
	}
	return bodies
}

func checkBaseURLs(t *testing.T, h Harness) {
	for _, address := range []string{
		"http://bank.example", "HTTP://bank.example", "http://127.0.0.1.bank.example", "http://localhost.bank.example",
		"http://0.0.0.0", "http://192.0.2.1", "http://[2001:db8::1]", "ftp://127.0.0.1", "file:///etc", "javascript:0",
		"//bank.example", "bank.example", "bank.example:443", "/path", "https:", "https://", "https:///path",
		"https:bank.example", "https://:443", "https://user@bank.example", "https://user:hidden@bank.example",
		"https://bank.example?hidden=1", "https://bank.example/?", "https://bank.example/hidden#x",
		"https://bank.example/hidden#", "https://bank example", "https://bank.example\r\n", " https://bank.example",
		"https://[::1", "%",
	} {
		_, err := h.New(&adapters.Options{BaseURL: address})
		if !assert.ErrorIs(t, err, adapters.ErrInvalidArgument, "%q", address) {
			continue
		}
		for _, part := range []string{"bank", "hidden", "user@"} {
			assert.NotContains(t, strings.TrimPrefix(err.Error(), h.Provider), part)
		}
	}
	_, err := h.New(&adapters.Options{})
	if h.Document.NeedsBaseURL() {
		assert.ErrorContains(t, err, "baseURL", "all servers of the document are templates")
	} else {
		assert.NoError(t, err)
	}
	for _, address := range []string{
		"https://bank.example", "https://bank.example:8443/a/prefix/", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1",
	} {
		_, err := h.New(&adapters.Options{BaseURL: address})
		assert.NoError(t, err, address)
	}
}

// checkAccountIDs asks for accounts whose ids have to be refused before anything is sent.
func checkAccountIDs(ids ...string) check {
	return func(t *testing.T, h Harness) {
		source := h.open(t, silent(t))
		for _, id := range ids {
			_, err := source.Balances(t.Context(), id, psu)
			h.assertIDRefused(t, id, err)
			if batches(t, source) {
				_, err := source.BatchBalances(t.Context(), []string{h.account(t), id}, psu)
				h.assertIDRefused(t, id, err)
			}
		}
	}
}

func (h Harness) assertIDRefused(t *testing.T, id string, err error) {
	t.Helper()
	h.assertFailure(t, err, adapters.ErrInvalidArgument)
	if len(id) > len("..") {
		assert.NotContains(t, err.Error(), id)
	}
}

// checkOddAccountIDs sees that an id is refused or arrives as it is.
func checkOddAccountIDs(t *testing.T, h Harness) {
	checkAccountIDs("../1234", "1234/..", "1234/./5", `1234\..\5`, "..;/1234", "%2e%2e", "1234%2F..%2F5", "%252e%252e", " 1234", "1234 ",
		"12\r\n34", "12\x0034", "12\x7f34", "1234\u00e5", "12\u202e34", "1234\xff", strings.Repeat("1", 10<<10))(t, h)
	for _, mark := range "-._~!$&'()*+,=:@/?#%;\\ \"<>[]^`{|}" {
		id := h.account(t) + string(mark) + "9"
		asked := h.asked(t, func(source adapters.Source) { _, _ = source.Balances(t.Context(), id, psu) })
		assert.Equal(t, []string{id}, asked)
	}
}

// asked returns the ids that the request of one call asks for, and fails unless there is exactly one request.
func (h Harness) asked(t *testing.T, ask func(adapters.Source)) []string {
	t.Helper()
	var got [][]string
	ask(h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, ids, err := h.Document.Asked(r)
		assert.NoError(t, err)
		got = append(got, ids)
		with(http.StatusNotFound, "application/json", "{}")(w, r)
	})))
	if !assert.Len(t, got, 1, "one call is one request") {
		return nil
	}
	return got[0]
}

// batchNamesNone tells whether the operation for several accounts is about all of them, so that its requests name none.
func (h Harness) batchNamesNone() bool {
	return slices.ContainsFunc(h.documented(), func(e specs.Example) bool { return len(e.Accounts) > 0 && !e.Named })
}

func checkBatchIDs(t *testing.T, h Harness) {
	source := h.open(t, silent(t))
	if !batches(t, source) {
		t.Skip("does not apply: the adapter has no call for several accounts")
	}
	many := []string{}
	for i := range 500 {
		many = append(many, fmt.Sprintf("%s-%d", h.account(t), i))
	}
	for _, ids := range [][]string{nil, {}, {"a", ""}, {"a", "b", "a"}, many, many[:adapters.MaxBatch+1]} {
		_, err := source.BatchBalances(t.Context(), ids, psu)
		h.assertFailure(t, err, adapters.ErrInvalidArgument)
	}
	for _, ids := range [][]string{{"a"}, {"a&account_id=b", "c=d", "e+f", "g,h"}, many[:adapters.MaxBatch]} {
		asked := h.asked(t, func(source adapters.Source) { _, _ = source.BatchBalances(t.Context(), ids, psu) })
		assert.True(t, slices.Equal(ids, asked) || asked == nil && h.batchNamesNone(), "asked for %v", asked)
	}
}
