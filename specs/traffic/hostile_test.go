package traffic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// secrets are values that must not be shown, whatever they are sent as.
var secrets = []string{
	"NO9386011117947", "93860111179", "4711.0815", "-431.07", "eyJhbGciOiJSUzI1NiJ9", "3fc1c4f3-d8ac-4a4b-a4c9-a0a1b2c3d4e5",
	"a:8DbPteGnytmMbKXdnWTReeRB6cYW", "kari.nordmann@example.com", "Kari Nordmann", "S3CR3T", "100004000000000000000002",
}

// assertSecret looks for secrets in every form of the deviations.
func assertSecret(t *testing.T, all []traffic.Deviation, err error) {
	t.Helper()
	text, failed := json.Marshal(all)
	require.NoError(t, failed)
	forms := fmt.Sprintf("%v %+v %#v %s %q %v %+v", all, all, all, text, all, err, err)
	for _, d := range all {
		forms += d.String()
	}
	for _, secret := range secrets {
		assert.NotContains(t, forms, secret)
	}
}

func TestAnswersAreRedacted(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		e := firstAnswer(t, doc, doc.Examples()[0].Operation)
		for _, secret := range secrets {
			t.Run(provider+"/"+secret, func(t *testing.T) {
				t.Parallel()
				quoted, err := json.Marshal(secret)
				require.NoError(t, err)
				for _, body := range []string{
					string(quoted),
					string(e.JSON) + secret,
					strings.ReplaceAll(string(e.JSON), ": ", ": "+string(quoted)+", "+string(quoted)+": "),
					strings.Replace(string(e.JSON), "{", "{"+string(quoted)+": 1,", 1),
					"{" + string(quoted) + ": {" + string(quoted) + ":",
					"{" + string(quoted) + ":1," + string(quoted) + ":2}",
					`[{"amount":` + string(quoted) + `,"currency":` + string(quoted) + `,"type":` + string(quoted) + `}]`,
				} {
					all := observedBody(t, doc, e.Operation, body)
					require.NotEmpty(t, all)
					assertSecret(t, all, nil)
				}
			})
		}
	}
}

func TestHeadersAreRedacted(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	found := 0
	for _, secret := range secrets {
		for _, name := range []string{"X-Request-ID", "X-Left", "Content-Type", "Content-Encoding"} {
			answer := replyOf(t, doc, "getBalance", http.StatusOK, good)
			answer.header.Set(name, secret)
			all := observed(t, doc, "getBalance", answer, traffic.Options{})
			found += len(all)
			assertSecret(t, all, nil)
		}
	}
	assert.Greater(t, found, 3*len(secrets))
}

func TestRequestsAreRedacted(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	answer := replyOf(t, doc, "getBalance", http.StatusOK, good)
	const banks = `{"banks":[{"accountId":["SECRET"]}],"SECRET":1}`
	for _, secret := range secrets {
		for _, change := range []func(*http.Request){
			func(r *http.Request) { r.Header["X-Request-Id"] = []string{secret, secret} },
			func(r *http.Request) { r.Header.Set("Authorization", secret) },
			func(r *http.Request) { r.URL.RawQuery = url.Values{secret: {"1"}, "limit": {secret + "x"}}.Encode() },
			func(r *http.Request) { r.URL.Path += "/" + secret },
			func(r *http.Request) { r.URL.Path = "/" + secret },
			func(r *http.Request) { r.Method = "PUT"; setBody(r, secret) },
			func(r *http.Request) { *r = *post(t, doc, r); setBody(r, strings.ReplaceAll(banks, "SECRET", secret)) },
		} {
			for _, strict := range []bool{false, true} {
				l := watch(t, doc, answer, traffic.Options{Strict: strict})
				req := sample(t, doc, l.url, "getBalance", secret)
				change(req)
				resp, err := l.client.Transport.RoundTrip(req)
				assert.Equal(t, strict, err != nil)
				if err == nil {
					require.NoError(t, resp.Body.Close())
				}
				all := l.deviations()
				require.NotEmpty(t, all)
				assertSecret(t, all, err)
			}
		}
	}
}

// post is a request of postBalance to the server of another request.
func post(t *testing.T, doc *contract.Document, other *http.Request) *http.Request {
	t.Helper()
	return sample(t, doc, "http://"+other.URL.Host+"/base", "postBalance")
}

const mebibyte = 1 << 20

// filled repeats a part between a start and an end, as often as fits into a mebibyte. %d in it counts.
func filled(start, part, end string) string {
	if !strings.Contains(part, "%d") {
		return strings.TrimSuffix(start+strings.Repeat(part, (mebibyte-len(start)-len(end))/len(part)), ",") + end
	}
	before, after, _ := strings.Cut(part, "%d")
	text := []byte(start)
	for i := 0; len(text)+len(part)+len(end)+8 < mebibyte; i++ {
		text = append(strconv.AppendInt(append(text, before...), int64(i), 10), after...)
	}
	return strings.TrimSuffix(string(text), ",") + end
}

// hostile are bodies made to be expensive: some for the shape of one provider's answer, the others for any.
var hostile = []struct{ provider, name, body string }{
	{"", "empty objects", filled(`[`, `{},`, `]`)},
	{"", "unknown members", filled(`{`, `"a%d":1,`, `}`)},
	{"", "long number", filled(`{"balance":{"level":`, `9`, `}}`)},
	{"", "long exponent", filled(`{"balance":{"level":1e`, `9`, `}}`)},
	{"", "long amount", filled(`{"balance":{"amount":"`, `9`, `"}}`)},
	{"", "long pointer", filled(`{"balance":{"`, `~/`, `":1}}`)},
	{"", "deep lists", filled(``, `[`, ``)},
	{"", "duplicate names", filled(`{"a":1,`, `"a%d":1,`, `"a":1}`)},
	{"", "invalid UTF-8", filled(`{"a":"`, "\xff", `"}`)},
	{"", "lone surrogates", filled(`["`, `\ud800`, `"]`)},
	{"eika", "empty balances", filled(`{"balances":[`, `{},`, `]}`)},
	{"eika", "links", filled(`{"_links":{`, `"%d":{},`, `}}`)},
	{"neonomics", "balances", filled(`[`, `{"amount":"1","currency":"NOK","type":"X"},`, `]`)},
	{"onesingleview", "any values", filled(`{"success":true,"errors":[`, `1,`, `]}`)},
	{"onesingleview", "banks", filled(`{"success":true,"payload":[`, `{"data":{"balance":[{}]}},`, `]}`)},
	{"onesingleview", "unknown members", filled(`{`, `"a%d":1,`, `}`)},
	{"tokenio", "other balances", filled(`{"balance":{"otherBalances":[`, `{},`, `]}}`)},
}

// A body of a mebibyte takes less than a third of a second on one slow core, whatever it holds. What takes the square of its
// length would outlast the whole run.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	docs[""] = toy(t)
	for _, tc := range hostile {
		t.Run(tc.provider+"/"+tc.name, func(t *testing.T) {
			t.Parallel()
			doc := docs[tc.provider]
			assert.LessOrEqual(t, len(observedBody(t, doc, doc.Examples()[0].Operation, tc.body)), 21)
		})
	}
}
