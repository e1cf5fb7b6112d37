package adaptertest

import (
	"context"
	"crypto"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planted is what a bank could repeat in any text: an IBAN, an amount, a token and an address.
const planted = "NO9386011117947 4242.42 eyJhbGciOi.leak https://leak.example/x"

// hidden are the texts that no error may show.
func (h Harness) hidden(t *testing.T) []string {
	t.Helper()
	user, _ := psu.Context()
	texts := append(strings.Fields(planted), "://", "127.0.0.1", basePath, h.account(t))
	texts = append(texts, user.IPAddress.String(), user.DeviceID, user.GeoLocation)
	return append(texts, h.Secrets...)
}

func checkErrorsHide(t *testing.T, h Harness) {
	hidden := h.hidden(t)
	for name, provoke := range map[string]func(*testing.T, func(error)){
		"refusals": h.provokeRefusals, "broken bodies": h.provokeBrokenBodies,
		"transport": h.provokeTransport, "arguments": h.provokeArguments,
	} {
		t.Run(name, func(t *testing.T) {
			provoked := 0
			provoke(t, func(err error) {
				if err != nil {
					provoked++
					assertSilent(t, err, hidden)
					assert.False(t, errors.As(err, new(*url.Error)), "a cause that holds the request's address")
				}
			})
			assert.NotZero(t, provoked)
		})
	}
}

// assertSilent prints an error in the ways that differ from each other; a test of [adapters.Error] has all others.
func assertSilent(t *testing.T, err error, hidden []string) {
	t.Helper()
	encoded, _ := json.Marshal(err)
	text := fmt.Sprintf("%v %+v %#v %d %s", err, err, err, []error{err}, encoded)
	for _, secret := range hidden {
		assert.False(t, strings.Contains(text, secret), "shows %q: %s", secret, text)
	}
}

// statuses are one of each class that could matter, and those that the document names.
func (h Harness) statuses() []int {
	all := []int{200, 201, 307, 400, 401, 403, 404, 429, 451, 500, 503, 599}
	for _, example := range h.documented() {
		all = append(all, example.Status)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(status int) bool { return status == 0 })
}

// provokeRefusals answers with every documented body under every status, with the planted text behind all its texts,
// and under its own status also as it is and with the planted text in their place. With go test -short there is no other
// status.
func (h Harness) provokeRefusals(t *testing.T, see func(error)) {
	s := h.stage(t)
	for _, example := range forms(t, h.documented()) {
		if example.Status == 0 || len(example.JSON) == 0 {
			continue
		}
		for _, status := range h.statuses() {
			if testing.Short() && status != example.Status {
				continue
			}
			bodies := [][]byte{plant(t, example.JSON, " "+planted, true)}
			if status == example.Status {
				bodies = append(bodies, example.JSON, plant(t, example.JSON, planted, false), []byte(planted))
			}
			for _, body := range bodies {
				_, err := s.play(t, refusal(status, body))
				see(err)
			}
		}
	}
}

// refusal plants the text into the headers too.
func refusal(status int, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Location", "Retry-After", "WWW-Authenticate", "X-Request-ID", "Content-Language"} {
			w.Header().Set(name, planted)
		}
		with(status, "application/json", string(body))(w, r)
	}
}

// plant writes a text into every text of body, behind what is there or in its place.
func plant(t *testing.T, body []byte, text string, behind bool) []byte {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	encoded, err := json.Marshal(text)
	require.NoError(t, err)
	edits := []edit{}
	for _, v := range all {
		switch {
		case v.kind == '"' && behind:
			edits = append(edits, edit{v.end - 1, v.end, encoded[1:]})
		case v.kind == '"':
			edits = append(edits, edit{v.start, v.end, encoded})
		}
	}
	return apply(body, edits...)
}

// provokeBrokenBodies plants the text in place of every value and into every name of every good answer, or
// of a few with go test -short.
func (h Harness) provokeBrokenBodies(t *testing.T, see func(error)) {
	bank := h.teller(t)
	for i, example := range h.goodExamples() {
		if testing.Short() && i == thorough {
			break
		}
		all, err := values(example.JSON)
		require.NoError(t, err)
		for _, v := range all {
			edits := []edit{
				{v.start, v.end, []byte(`"` + planted + `"`)}, {v.start, v.end, []byte(`["` + planted + `"]`)},
				{v.start, v.end, []byte(`{"` + planted + `": 1, "` + planted + `": 1}`)}, {v.start, v.end, []byte(planted)},
			}
			if v.member {
				edits = append(edits, edit{v.name, v.nameEnd, []byte(`"` + planted + `"`)})
			}
			for _, e := range edits {
				_, err := bank.ask(t, example.Account, apply(example.JSON, e))
				see(err)
			}
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (h Harness) provokeTransport(t *testing.T, see func(error)) {
	ask := func(source adapters.Source) {
		for _, err := range h.everyCall(t, source, psu) {
			see(err)
		}
	}
	body := func(text string) io.ReadCloser {
		return io.NopCloser(io.MultiReader(strings.NewReader("{"), failing(text)))
	}
	for _, transport := range []roundTrip{
		func(*http.Request) (*http.Response, error) { return nil, errors.New(planted) },
		func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("%s %v", r.URL, r.Header) },
		func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {"application/json"}}
			return &http.Response{StatusCode: http.StatusOK, Header: header, Body: body(planted), Request: r}, nil
		},
	} {
		ask(h.connect(t, &adapters.Options{BaseURL: "https://leak.example", HTTPClient: &http.Client{Transport: transport}}))
	}
	ask(h.connect(t, &adapters.Options{BaseURL: "http://127.0.0.1:1"}))
	server := h.serveTLS(t, silent(t), &tls.Config{Certificates: []tls.Certificate{tlstest.NewAuthority(t).Issue(t, nil)}})
	ask(h.connect(t, &adapters.Options{BaseURL: server.address}))
	for _, answer := range []string{
		"", planted, "HTTP/1.1 " + planted + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + planted + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: " + planted + "\r\n\r\n",
	} {
		ask(h.raw(t, says(answer)))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New(planted))
	_, err := h.open(t, silent(t)).Balances(ctx, h.account(t), psu)
	see(err)
}

// failing is a reader that fails with the text.
func failing(text string) io.Reader {
	reader, writer := io.Pipe()
	_ = writer.CloseWithError(errors.New(text))
	return reader
}

func (h Harness) provokeArguments(t *testing.T, see func(error)) {
	source := h.open(t, silent(t))
	for _, id := range []string{planted + " ", h.account(t) + "/..", h.account(t) + " "} {
		_, err := source.Balances(t.Context(), id, psu)
		see(err)
	}
	for _, field := range psuTexts() {
		_, err := source.Balances(t.Context(), h.account(t), withText(field, planted+"\n"))
		see(err)
	}
	_, err := h.New(&adapters.Options{BaseURL: "https://leak.example/" + planted + "?"})
	see(err)
	if h.Credentials == nil {
		return
	}
	for name, text := range h.credentialTexts(t) {
		for _, bad := range []string{text + "\n", "Bearer " + text, planted + "\u00e5"} {
			source, err := h.spoiled(t, silent(t), name, bad)
			if see(err); err == nil {
				_, err = source.Balances(t.Context(), h.account(t), psu)
				see(err)
			}
		}
	}
}

// checkValuesHide prints what a caller holds: the adapter, with a client certificate, and its credentials.
func checkValuesHide(t *testing.T, h Harness) {
	certificate := tlstest.NewAuthority(t).Issue(t, nil)
	hidden := slices.Concat(h.Secrets, secrettest.Key(t, certificate.PrivateKey.(crypto.Signer)))
	if h.Credentials != nil {
		hidden = append(hidden, secretsOf(t, h.Credentials.Value)...)
		secrettest.AssertHides(t, h.Credentials.Value, hidden...)
	}
	options := h.options(t, silent(t))
	options.HTTPClient = adapters.NewHTTPClient(&tls.Config{Certificates: []tls.Certificate{certificate}})
	source, err := h.New(options)
	require.NoError(t, err)
	secrettest.AssertHides(t, source, hidden...)
}

// secretsOf are the texts and keys of an adapter's Credentials.
func secretsOf(t *testing.T, credentials any) (all []string) {
	t.Helper()
	for _, c := range call.Credentials(reflect.ValueOf(credentials)) {
		switch value := c.Field.Interface().(type) {
		case adapters.Secret:
			if value != "" {
				all = append(all, secrettest.Spellings([]byte(value))...)
			}
		case crypto.Signer:
			all = append(all, secrettest.Key(t, value)...)
		}
	}
	return all
}
