package page_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
)

const (
	token = "correct-horse-battery-staple"
	fact  = "branch-bahrain" // the name of a connection
)

// paths are what the page answers to a GET, and whether it shows the fact.
var paths = map[string]bool{
	"/": true, "/?show=attention": true, "/connection?name=branch-bahrain": true, "/account?id=201": true,
	"/river/": true, "/login": false,
	"/healthz": false, "/static/page.css": false, "/static/chart.js": false, "/static/uPlot.iife.min.js": false,
	"/nothing": false,
}

// serve starts a page with the clock of the tests.
func serve(t *testing.T, options page.Options) string {
	t.Helper()
	options.Now = func() time.Time { return now }
	handler, err := page.New(options)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	server.Config = page.Server(handler)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// river stands for River's own page: it shows a fact and counts what reaches it.
func river(calls *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		_, _ = w.Write([]byte("jobs of " + fact))
	})
}

// fetch sends a request as change made it, follows no redirect and returns the answer with its body.
func fetch(t *testing.T, method, address, body string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(request)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

// has asserts that a page holds a text, and does not print the page.
func has(t *testing.T, page, text string, about ...any) {
	t.Helper()
	assert.True(t, strings.Contains(page, text), "%q is not there: %v", text, about)
}

// lacks asserts that a page does not hold a text, and does not print the page.
func lacks(t *testing.T, page, text string, about ...any) {
	t.Helper()
	assert.False(t, strings.Contains(page, text), "%q is there: %v", text, about)
}

func get(t *testing.T, address string) string {
	t.Helper()
	response, text := fetch(t, http.MethodGet, address, "", nil)
	require.Equal(t, http.StatusOK, response.StatusCode, address)
	return text
}

func bearer(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+value) }
}

func TestForeignHostsGetNothing(t *testing.T) {
	t.Parallel()
	calls := 0
	address := serve(t, page.Options{Facts: tenConnections(), Token: token, AllowedHosts: []string{"fleet.example"},
		River: river(&calls)})
	port := address[strings.LastIndex(address, ":"):]
	for host, allowed := range map[string]bool{
		"127.0.0.1" + port: true, "localhost" + port: true, "LOCALHOST": true, "[::1]" + port: true, "[::1]": true,
		"127.8.9.1":     true,
		"fleet.example": true, "FLEET.example:8443": true,
		"evil.example": false, "fleet.example.evil.example": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example": false,
		"xfleet.example":         false, "fleet.example.": false, "0.0.0.0" + port: false, "192.0.2.7" + port: false,
		"[::]" + port: false,
	} {
		for path, shows := range paths {
			response, text := fetch(t, http.MethodGet, address+path, "",
				func(r *http.Request) { r.Host = host; bearer(token)(r) })
			if !allowed {
				assert.Equal(t, http.StatusForbidden, response.StatusCode, "%s %s", host, path)
				lacks(t, text, fact, host, path)
			} else if shows {
				assert.Equal(t, http.StatusOK, response.StatusCode, "%s %s", host, path)
				has(t, text, fact, host, path)
			}
		}
	}
}

func TestWithoutTokenOnlyLoopbackNamesAndAddresses(t *testing.T) {
	t.Parallel()
	address := serve(t, page.Options{Facts: tenConnections()})
	has(t, get(t, address+"/"), fact)
	response, text := fetch(t, http.MethodGet, address+"/", "", func(r *http.Request) { r.Host = "evil.example" })
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	lacks(t, text, fact)

	// A peer elsewhere can write any Host; there is none in a test, so the handler is asked as the server would ask it.
	handler, err := page.New(page.Options{Facts: tenConnections(), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	for peer, want := range map[string]int{"127.0.0.1:4": 200, "[::1]:4": 200, "[::ffff:127.0.0.1]:4": 200,
		"192.0.2.7:4": 403, "[2001:db8::7]:4": 403, "@": 403} {
		request := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
		request.RemoteAddr = peer
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		assert.Equal(t, want, recorder.Code, peer)
		assert.Equal(t, want == 200, strings.Contains(recorder.Body.String(), fact), peer)
	}
}

func TestForeignOriginsChangeNothing(t *testing.T) {
	t.Parallel()
	calls := 0
	address := serve(t, page.Options{Facts: tenConnections(), Token: token, River: river(&calls)})
	send := func(method, path string, header map[string]string) int {
		response, _ := fetch(t, method, address+path, "token="+token, func(r *http.Request) {
			bearer(token)(r)
			for name, value := range header {
				r.Header.Set(name, value)
			}
		})
		return response.StatusCode
	}
	foreign := []map[string]string{
		{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
		{"Sec-Fetch-Site": "same-site"},
		{"Origin": address, "Sec-Fetch-Site": "cross-site"}, {"Origin": "http://localhost:1"},
	}
	for _, header := range foreign {
		for _, path := range []string{"/login", "/logout", "/river/api/jobs/cancel", "/"} {
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
				assert.Equal(t, http.StatusForbidden, send(method, path, header), "%s %s %v", method, path, header)
			}
		}
	}
	assert.Zero(t, calls, "requests that reached River's page")
	for _, header := range []map[string]string{{"Origin": address}, {"Sec-Fetch-Site": "same-origin"}, {}} {
		assert.Equal(t, http.StatusSeeOther, send(http.MethodPost, "/login", header), "%v", header)
		assert.Equal(t, http.StatusOK, send(http.MethodPost, "/river/api/jobs/cancel", header), "%v", header)
		assert.Equal(t, http.StatusMethodNotAllowed, send(http.MethodPost, "/", header), "%v", header)
	}
	assert.Equal(t, 3, calls)
}

func TestNothingWithoutTheToken(t *testing.T) {
	t.Parallel()
	calls := 0
	address := serve(t, page.Options{Facts: tenConnections(), Token: token, River: river(&calls)})
	for name, change := range map[string]func(*http.Request){
		"none": nil, "wrong": bearer("wrong-horse-battery-staple"), "empty": bearer(""), "longer": bearer(token + "x"),
		"shorter": bearer(token[:len(token)-1]), "basic": func(r *http.Request) { r.SetBasicAuth("", token) },
		"cookie":               func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "fleet", Value: token}) },
		"empty cookie":         func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "fleet"}) },
		"token in the address": func(r *http.Request) { r.URL.RawQuery += "&token=" + token },
		"wrong one hides right": func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer wrong",
				"Bearer " + token}
		},
	} {
		for path, shows := range paths {
			response, text := fetch(t, http.MethodGet, address+path, "", change)
			lacks(t, text, fact, name, path)
			lacks(t, text, token, name, path)
			if shows {
				assert.Equal(t, http.StatusUnauthorized, response.StatusCode, "%s %s", name, path)
				assert.Equal(t, "Bearer", response.Header.Get("WWW-Authenticate"), "%s %s", name, path)
			}
		}
		response, _ := fetch(t, http.MethodPost, address+"/river/api", "", change)
		assert.Equal(t, http.StatusUnauthorized, response.StatusCode, name)
	}
	assert.Zero(t, calls, "requests that reached River's page")
	response, text := fetch(t, http.MethodGet, address+"/healthz", "", nil)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "ok\n", text)
}

func TestLogInAndOut(t *testing.T) {
	t.Parallel()
	address := serve(t, page.Options{Facts: tenConnections(), Token: token, AllowedHosts: []string{"fleet.example"}})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar}
	post := func(path string, values url.Values) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path,
			strings.NewReader(values.Encode()))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	status, text := post("/login", url.Values{"token": {"wrong"}})
	assert.Equal(t, http.StatusUnauthorized, status)
	lacks(t, text, fact)
	has(t, text, "This is not the token.")
	status, text = post("/login", url.Values{"token": {token}})
	assert.Equal(t, http.StatusOK, status)
	has(t, text, fact)
	status, text = post("/logout", nil)
	assert.Equal(t, http.StatusOK, status)
	lacks(t, text, fact)

	for host, secure := range map[string]bool{"127.0.0.1:1": false, "localhost": false, "fleet.example": true} {
		response, _ := fetch(t, http.MethodPost, address+"/login", "token="+token, func(r *http.Request) { r.Host = host })
		require.Len(t, response.Cookies(), 1, host)
		cookie := response.Cookies()[0]
		assert.True(t, cookie.HttpOnly, host)
		assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite, host)
		assert.Equal(t, secure, cookie.Secure, host)
		assert.NotContains(t, cookie.Value, token, host)

		other := serve(t, page.Options{Facts: tenConnections(), Token: "another-token-of-length"})
		response, _ = fetch(t, http.MethodGet, other+"/", "", func(r *http.Request) { r.AddCookie(cookie) })
		assert.Equal(t, http.StatusUnauthorized, response.StatusCode, "a cookie of another token")
	}
	response, _ := fetch(t, http.MethodPost, address+"/login", "token="+token+"&more="+strings.Repeat("x", 1<<20), nil)
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode, "a form of a megabyte is not read")
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	calls := 0
	address := serve(t, page.Options{Facts: tenConnections(), Token: token, River: river(&calls)})
	for path := range paths {
		for _, change := range []func(*http.Request){bearer(token), nil, func(r *http.Request) { r.Host = "evil.example" }} {
			response, _ := fetch(t, http.MethodGet, address+path, "", change)
			header := response.Header
			assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
			assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), path)
			assert.Equal(t, "no-store", header.Get("Cache-Control"), path)
			assert.Equal(t, "same-origin", header.Get("Cross-Origin-Resource-Policy"), path)
			policy := header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self';", "base-uri 'none'",
				"frame-ancestors 'none'"} {
				has(t, policy, part, path)
			}
			lacks(t, policy, "unsafe-eval", path)
			assert.Equal(t, path == "/river/", strings.Contains(policy, "unsafe-inline"), path)
		}
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	facts := tenConnections()
	address := serve(t, page.Options{Facts: facts, Left: left})
	for i := range facts.connections {
		facts.connections[i].Detail = hostile
	}
	for i := range facts.failures {
		for j := range facts.failures[i] {
			f := &facts.failures[i][j]
			f.Code, f.RequestID, f.Detail, f.Operation = hostile, hostile, hostile, hostile
		}
	}
	facts.stored = map[int64][]fleet.Stored{1000: stored(t, []string{"EUR odd 1.00"})}
	facts.stored[1000][0].ProviderType = hostile
	assert.Equal(t, "Unknown ("+hostile+")", chartsOf(t, get(t, address+"/account?id=1000"))[0].Lines[0].Name)
	id := int64(0)
	for _, a := range facts.accounts {
		if a.Name == hostile {
			id = a.ID
		}
	}
	require.NotZero(t, id)
	for _, path := range []string{"/", "/?show=attention", "/?after=" + url.QueryEscape(hostile),
		"/connection?name=" + url.QueryEscape(hostile),
		fmt.Sprintf("/account?id=%d", id), "/connection?name=studio", "/account?id=1000"} {
		text := get(t, address+path)
		lacks(t, text, "<script>document", path)
		lacks(t, text, "<img", path)
		lacks(t, text, `href="javascript:`, path)
		has(t, text, "&lt;/script&gt;", path)
		lacks(t, chartData.ReplaceAllString(text, ""), "' onmouseover='x", path) // a quote ends nothing in the data
	}
}

func TestConsentLinksAreHTTPSOnly(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://consent.example/renew?a=1&b=2": `href="https://consent.example/renew?a=1&amp;b=2" rel="noreferrer noopener"`,
		"HTTPS://consent.example/":              `href="https://consent.example/" rel="noreferrer noopener"`,
		"http://consent.example/":               "",
		"https://user@consent.example/":         "",
		"https://":                              "",
		"https:consent.example":                 "",
		"//consent.example":                     "",
		" https://consent.example/":             "",
		"https://consent.example/\n":            "",
		"javascript:alert(1)":                   "",
		"data:text/html,x":                      "",
	} {
		facts := tenConnections()
		for i := range facts.connections {
			facts.connections[i].ConsentLink = link
		}
		address := serve(t, page.Options{Facts: facts})
		for _, path := range []string{"/", "/connection?name=family"} {
			text := get(t, address+path)
			assert.Equal(t, want != "", strings.Contains(text, "consent page</a>"), "%q %s", link, path)
			has(t, text, want, link, path)
		}
	}
}

func TestHeadersOfARequestAreBounded(t *testing.T) {
	t.Parallel()
	address := serve(t, page.Options{Facts: tenConnections()})
	response, _ := fetch(t, http.MethodGet, address+"/", "", func(r *http.Request) {
		r.Header.Set("X",
			strings.Repeat("x", 64<<10))
	})
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
	server := page.Server(nil)
	for name, limit := range map[string]time.Duration{"header": server.ReadHeaderTimeout, "read": server.ReadTimeout,
		"write": server.WriteTimeout, "idle": server.IdleTimeout} {
		assert.Positive(t, limit, name)
	}
}

func TestOptionsThatCannotBeSafe(t *testing.T) {
	t.Parallel()
	facts := tenConnections()
	for name, options := range map[string]page.Options{
		"no facts": {}, "short token": {Facts: facts, Token: "short"},
		"other hosts without token":  {Facts: facts, AllowedHosts: []string{"fleet.example"}},
		"River's page without token": {Facts: facts, River: http.NotFoundHandler()},
	} {
		_, err := page.New(options)
		assert.Error(t, err, name)
	}
}

func TestFailuresOfReadingSayLittle(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	facts := tenConnections()
	facts.err = errors.New("cannot open /secret/place")
	address := serve(t, page.Options{Facts: facts, Token: token, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for path, want := range map[string]int{"/": 503, "/connection?name=bakery": 503, "/account?id=101": 503,
		"/account?id=x": 400, "/healthz": 503,
		"/account?id=1&days=0": 400, "/account?id=1&days=99999": 400, "/account?id=1&to=yesterday": 400,
		"/account?id=99999999999999999999": 400} {
		response, text := fetch(t, http.MethodGet, address+path, "", bearer(token))
		assert.Equal(t, want, response.StatusCode, path)
		lacks(t, text, "/secret/place", path)
		if path == "/healthz" {
			assert.Equal(t, "database\n", text)
		}
	}
	has(t, log.String(), "/secret/place")
	lacks(t, log.String(), token)
	facts.err = nil
	for _, path := range []string{"/connection?name=nobody", "/account?id=77"} {
		response, _ := fetch(t, http.MethodGet, address+path, "", bearer(token))
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
}
