package page_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
)

// The chart library is the one that its SHA256SUMS names.
func TestVendoredFilesAreTheirChecksums(t *testing.T) {
	t.Parallel()
	sums, err := os.ReadFile("uplot/SHA256SUMS")
	require.NoError(t, err)
	named := map[string]bool{"README.md": true, "SHA256SUMS": true}
	for line := range strings.Lines(string(sums)) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		require.True(t, ok)
		text, err := os.ReadFile(filepath.Join("uplot", name))
		require.NoError(t, err)
		sum := sha256.Sum256(text)
		assert.Equal(t, want, hex.EncodeToString(sum[:]),
			"uplot/%s; cure: uplot/README.md says how to take another version", name)
		named[name] = true
	}
	files, err := os.ReadDir("uplot")
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, named[file.Name()], "uplot/%s has no checksum", file.Name())
	}
}

var (
	linkNext = regexp.MustCompile(`href="([^"]*)" rel="next"`)
	linkName = regexp.MustCompile(`<th scope="row"[^>]*><a href="/(?:connection\?name|account\?id)=([^"]*)"`)
	figureOf = regexp.MustCompile(`<data class="amount" value="([^"]*)">(.*?)</data>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	history  = regexp.MustCompile(`(?s)<table class="history">.*?</table>`)
)

// walk follows the links to the next page and returns all pages.
func walk(t *testing.T, address, path string) (all []string) {
	t.Helper()
	for path != "" {
		text := get(t, address+path)
		all = append(all, text)
		require.Less(t, len(all), 1000)
		path = ""
		if match := linkNext.FindStringSubmatch(text); match != nil {
			path = html.UnescapeString(match[1])
		}
	}
	return all
}

func TestEveryConnectionAndAccountIsOnOnePage(t *testing.T) {
	t.Parallel()
	facts := &fake{}
	var names, ids []string
	for i := range 231 {
		c := fleet.ConnectionStatus{ID: int64(i), Name: fmt.Sprintf("tenant %03d/&+é", i), Provider: "eika",
			State: fleet.StateActive, Newest: now}
		facts.connections = append(facts.connections, c)
		names = append(names, c.Name)
		a := fleet.AccountStatus{ID: int64(1000 + i), Connection: "tenant 000/&+é", AccountID: fmt.Sprintf("%03d &/%%", i)}
		facts.accounts = append(facts.accounts, a)
		ids = append(ids, strconv.Itoa(1000+i))
	}
	address := serve(t, page.Options{Facts: facts})
	for path, want := range map[string][]string{"/": names, "/connection?name=tenant+000%2F%26%2B%C3%A9": ids} {
		var got []string
		for _, text := range walk(t, address, path) {
			for _, match := range linkName.FindAllStringSubmatch(text, -1) {
				name, err := unescape(match[1])
				require.NoError(t, err)
				got = append(got, name)
			}
		}
		assert.Equal(t, want, got)
	}
}

// Whatever the number of connections, a page reads a bounded part.
func TestAMillionConnections(t *testing.T) {
	t.Parallel()
	facts := &million{}
	address := serve(t, page.Options{Facts: facts, Left: left})
	has(t, get(t, address+"/"), "tenant-0000049")
	assert.LessOrEqual(t, facts.read.Swap(0), int64(51+50*5))
	text := get(t, address+"/?show=attention")
	has(t, text, "Nothing needs attention among the 2\u202f000 connections")
	assert.LessOrEqual(t, facts.read.Swap(0), int64(10*201))
	pages, found := 0, 0
	for path := "/?show=attention&after=tenant-0990000"; path != ""; pages++ {
		text = get(t, address+path)
		found += len(linkName.FindAllString(text, -1))
		path = ""
		if match := linkNext.FindStringSubmatch(text); match != nil {
			path = html.UnescapeString(match[1])
		}
	}
	assert.Equal(t, 2, found)
	assert.Equal(t, 5, pages)
}

// million has connections tenant-0000000 to tenant-0999999, two of them stopped, and counts what is read.
type million struct {
	fake
	read atomic.Int64
}

func (m *million) Connections(_ context.Context, after string, limit int) (all []fleet.ConnectionStatus, err error) {
	first := 0
	if after != "" {
		first, err = strconv.Atoi(strings.TrimPrefix(after, "tenant-"))
		first++
	}
	for i := first; i < min(first+limit, 1e6); i++ {
		c := fleet.ConnectionStatus{Name: fmt.Sprintf("tenant-%07d", i), State: fleet.StateActive, Newest: now}
		if i == 990201 || i == 999999 { // the first of a step, and the last of all
			c.State, c.Kind = fleet.StateStopped, adapters.ErrProtocol
		}
		all = append(all, c)
	}
	m.read.Add(int64(len(all)))
	return all, err
}

func (m *million) Accounts(_ context.Context, connection, _ string, limit int) ([]fleet.AccountStatus, error) {
	m.read.Add(int64(limit))
	return slices.Repeat([]fleet.AccountStatus{{ID: 1, Connection: connection}}, limit), nil
}

// Every stored amount stands in the tables once, to the last zero, however far the pages go back.
func TestHistoryIsWholeAndExact(t *testing.T) {
	t.Parallel()
	facts := tenConnections()
	address := serve(t, page.Options{Facts: facts})
	for _, id := range []int64{101, 202, 300} { // two, three and no digits after the point
		var got, want []string
		for _, text := range walk(t, address, fmt.Sprintf("/account?id=%d&days=366", id)) {
			for _, match := range figureOf.FindAllStringSubmatch(history.FindString(text), -1) {
				assert.Equal(t, match[1], tags.ReplaceAllString(match[2], ""), "what is seen and what is stored")
				got = append(got, match[1])
			}
		}
		for _, s := range facts.history(id) {
			want = append(want, s.Amount.String())
		}
		slices.Sort(got)
		slices.Sort(want)
		assert.Equal(t, len(want), len(got))
		assert.True(t, slices.Equal(want, got), "each balance once")
	}
}

// chart is the data that the page gives the script.
type chart struct {
	Currency string
	Times    []float64
	Labels   []string
	Lines    []struct {
		Name string
		At   []*float64
		Text []string
	}
	Ticks []struct {
		At   float64
		Text string
	}
}

var chartData = regexp.MustCompile(`(?s)<script type="application/json" id="charts">(.*?)</script>`)

func chartsOf(t *testing.T, text string) (all []chart) {
	t.Helper()
	match := chartData.FindStringSubmatch(text)
	require.NotNil(t, match, "the page has no chart")
	require.NoError(t, json.Unmarshal([]byte(match[1]), &all))
	return all
}

// history of an account out of lists of amounts, one list for each call.
func stored(t *testing.T, calls ...[]string) (all []fleet.Stored) {
	t.Helper()
	for i, call := range calls {
		for _, text := range call {
			currency, text, _ := strings.Cut(text, " ")
			kind, text, _ := strings.Cut(text, " ")
			amount, err := adapters.ParseAmount(text)
			require.NoError(t, err)
			at := now.Add(time.Duration(i-len(calls)) * time.Hour)
			all = append(all, fleet.Stored{CallID: int64(i + 1), FetchedAt: at, Balance: adapters.Balance{
				Currency: currency, Type: adapters.ParseBalanceType(kind), ProviderType: kind, Amount: amount, ReceivedAt: at}})
		}
	}
	return all
}

func pageOf(t *testing.T, all []fleet.Stored) string {
	t.Helper()
	facts := &fake{accounts: []fleet.AccountStatus{{ID: 1, AccountID: "a"}}, stored: map[int64][]fleet.Stored{1: all}}
	return get(t, serve(t, page.Options{Facts: facts})+"/account?id=1")
}

// Positions keep the order of the exact amounts, and the marks of the axis are where their texts say.
func TestChartsArePositionsOfExactAmounts(t *testing.T) {
	t.Parallel()
	for name, amounts := range map[string][]string{
		"cents on a large sum": {"99999999999999999999999999999999999.01", "99999999999999999999999999999999999.02",
			"99999999999999999999999999999999999.05"},
		"through zero": {"-12.50", "0.00", "1234.5", "-0.01", "7"},
		"tiny":         {"0.00000000000000000000000000000000001", "0.00000000000000000000000000000000003"},
		"huge":         {"-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
		"three digits": {"1.250", "1.251", "1.249"},
		"whole":        {"1200000", "1250000", "990000"},
	} {
		var calls [][]string
		for _, amount := range amounts {
			calls = append(calls, []string{"EUR closingBooked " + amount})
		}
		all := chartsOf(t, pageOf(t, stored(t, calls...)))
		require.Len(t, all, 1, name)
		line := all[0].Lines[0]
		assert.Equal(t, amounts, line.Text, name)
		low, high := rat(t, slices.MinFunc(amounts, compare(t))), rat(t, slices.MaxFunc(amounts, compare(t)))
		near := func(at float64, value *big.Rat) {
			t.Helper()
			span := new(big.Rat).Sub(high, low)
			want, _ := new(big.Rat).Quo(new(big.Rat).Sub(value, low), span).Float64()
			assert.InDelta(t, want, at, 1e-12, name)
		}
		for i, at := range line.At {
			require.NotNil(t, at, name)
			near(*at, rat(t, amounts[i]))
		}
		ticks := all[0].Ticks
		assert.GreaterOrEqual(t, len(ticks), 2, name)
		assert.LessOrEqual(t, len(ticks), 7, name)
		for _, tick := range ticks {
			assert.True(t, tick.At >= 0 && tick.At <= 1, name)
			near(tick.At, rat(t, strings.ReplaceAll(tick.Text, "\u202f", "")))
		}
	}
}

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	value, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	return value
}

func compare(t *testing.T) func(a, b string) int {
	return func(a, b string) int { return rat(t, a).Cmp(rat(t, b)) }
}

func TestChartsOfOddHistories(t *testing.T) {
	t.Parallel()
	t.Run("one amount only", func(t *testing.T) {
		t.Parallel()
		all := chartsOf(t, pageOf(t, stored(t, []string{"EUR closingBooked 5.00"}, []string{"EUR closingBooked 5.00"})))
		assert.InDelta(t, 0.5, *all[0].Lines[0].At[0], 0)
		require.Len(t, all[0].Ticks, 1)
		assert.Equal(t, "5", all[0].Ticks[0].Text)
	})
	t.Run("absent is no zero", func(t *testing.T) {
		t.Parallel()
		all := chartsOf(t, pageOf(t, stored(t, []string{"EUR closingBooked 5.00", "EUR expected 6.00"},
			[]string{"EUR closingBooked 7.00"})))
		require.Len(t, all[0].Lines, 2)
		assert.Nil(t, all[0].Lines[1].At[1])
		assert.Empty(t, all[0].Lines[1].Text[1])
	})
	t.Run("alike and unknown types", func(t *testing.T) {
		t.Parallel()
		all := chartsOf(t, pageOf(t, stored(t, []string{"EUR closingBooked 1", "EUR closingBooked 2", "EUR CLBD 3",
			"EUR odd 4", "SEK odd 5"})))
		require.Len(t, all, 2)
		var names []string
		for _, line := range all[0].Lines {
			names = append(names, line.Name)
		}
		assert.Equal(t, []string{"Closing booked (closingBooked)", "Closing booked (closingBooked) 2",
			"Closing booked (CLBD)", "Unknown (odd)"}, names)
	})
	t.Run("more lines than a chart takes", func(t *testing.T) {
		t.Parallel()
		var call []string
		for i := range 6 {
			for j := range 10 {
				call = append(call, fmt.Sprintf("XY%c odd%d %d", 'A'+i, j, 1000*i+j))
			}
		}
		text := pageOf(t, stored(t, call))
		all := chartsOf(t, text)
		require.Len(t, all, 4)
		for _, c := range all {
			assert.Len(t, c.Lines, 8)
		}
		has(t, text, "28 more lines found no room")
		assert.Len(t, figureOf.FindAllString(history.FindString(text), -1), 60, "the table has all")
	})
	t.Run("clocks that disagree", func(t *testing.T) {
		t.Parallel()
		all := stored(t, []string{"EUR closingBooked 1"}, []string{"EUR closingBooked 2"}, []string{"EUR closingBooked 3"})
		all[1].FetchedAt, all[2].FetchedAt = all[2].FetchedAt, all[1].FetchedAt
		c := chartsOf(t, pageOf(t, all))[0]
		assert.True(t, slices.IsSorted(c.Times))
		assert.Equal(t, []string{"1", "3", "2"}, c.Lines[0].Text)
	})
	t.Run("more balances than a page takes", func(t *testing.T) {
		t.Parallel()
		facts := &endless{}
		text := get(t, serve(t, page.Options{Facts: facts})+"/account?id=1")
		c := chartsOf(t, text)[0]
		assert.Len(t, c.Times, 12000)
		assert.Equal(t, "99999", c.Lines[0].Text[len(c.Times)-1], "the newest are there")
		has(t, text, "The newest are shown")
		assert.Len(t, figureOf.FindAllString(history.FindString(text), -1), 200)
	})
}

// endless has an account whose balance was fetched every second.
type endless struct{ fake }

func (e *endless) Account(context.Context, int64) (fleet.AccountStatus, error) {
	return fleet.AccountStatus{ID: 1, AccountID: "a"}, nil
}

func (e *endless) History(context.Context, int64, time.Time, time.Time) iter.Seq2[fleet.Stored, error] {
	return func(yield func(fleet.Stored, error) bool) {
		for i := range 100000 {
			amount, err := adapters.ParseAmount(strconv.Itoa(i))
			at := now.Add(time.Duration(i-100000) * time.Second)
			if !yield(fleet.Stored{CallID: int64(i + 1), FetchedAt: at,
				Balance: adapters.Balance{Type: adapters.BalanceTypeExpected, Currency: "EUR", Amount: amount}}, err) {
				return
			}
		}
	}
}

// What a connection and an account show of their state, and what there is to do.
func TestStatesSayWhatToDo(t *testing.T) {
	t.Parallel()
	facts := tenConnections()
	address := serve(t, page.Options{Facts: facts, Left: left})
	for path, want := range map[string][]string{
		"/connection?name=family": {"Consent has ended", "Let the account holder consent again, then",
			"fleet add family", "consent.example"},
		"/connection?name=shop":      {"Stopped: credentials refused", "the access token is not accepted", "fleet add shop"},
		"/connection?name=left-over": {"Not in the configuration", "fleet forget -connection left-over", "No accounts yet."},
		"/connection?name=holding":   {"Consent ends in 3 days", "Calls with unknown outcome", "count as spent"},
		"/connection?name=studio":    {"1 account failing", "Allowance used up", "2 h ago", "Consent ended 3 days ago"},
		"/connection?name=bakery":    {"Up to date", "Closed at the bank", `value="` + exact(facts, 100) + `"`},
		"/account?id=200": {"Stopped: answer not as documented", "amount: not a decimal amount",
			"fleet add branch-bahrain"},
		"/account?id=800": {"No balance yet", "in 12 min", "No balance was fetched in this period.",
			"No failures."},
		"/account?id=1000": {"429", "ACCESS_EXCEEDED", "8b0c2b5e-6d0f-4a53-9f2b-7f1d2f3f9b51", "not included",
			"2026-11-30 22:04 UTC"},
		"/": {"16 accounts", "1 stopped", "1 failing", "20 min ago",
			`datetime="2026-11-30T20:21:07Z"`, "2 to 4"},
	} {
		text := get(t, address+path)
		for _, each := range want {
			has(t, text, each, path)
		}
	}
	empty := get(t, serve(t, page.Options{Facts: &fake{}})+"/")
	has(t, empty, "No connections yet.")
	has(t, empty, "fleet add NAME")
	facts.summary.Problems = []string{"the database takes no writes: it is full"}
	has(t, get(t, address+"/"), "the database takes no writes: it is full")
}

// Every kind of failure has words of its own.
func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	said := map[string]adapters.Kind{}
	for _, kind := range []adapters.Kind{adapters.ErrInvalidArgument, adapters.ErrUnauthorized, adapters.ErrForbidden,
		adapters.ErrConsentRequired,
		adapters.ErrNotFound, adapters.ErrRateLimited, adapters.ErrUnavailable, adapters.ErrProtocol, adapters.ErrTooLarge,
		adapters.ErrRedirect,
		adapters.ErrUnsupported, adapters.KindCanceled, adapters.KindDeadline, adapters.KindOther} {
		facts := &fake{connections: []fleet.ConnectionStatus{{Name: "it's; one", State: fleet.StateStopped, Kind: kind}}}
		text := get(t, serve(t, page.Options{Facts: facts})+"/")
		match := regexp.MustCompile(`Stopped: ([^<]+)<`).FindStringSubmatch(text)
		require.NotNil(t, match, string(kind))
		assert.Empty(t, said[match[1]], "%s and %s", kind, said[match[1]])
		said[match[1]] = kind
		has(t, html.UnescapeString(text), `fleet add 'it'\''s; one'`, "a command that can be copied")
	}
}

// exact is the first amount of an account's last call.
func exact(facts *fake, id int64) string {
	all := facts.history(id)
	return all[len(all)-2].Amount.String()
}

func unescape(text string) (string, error) { return url.QueryUnescape(html.UnescapeString(text)) }
