package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxy counts what reaches the sandbox.
type proxy struct {
	mutex sync.Mutex
	calls map[string]int // by path
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	p.calls[r.URL.Path]++
	p.mutex.Unlock()
	sandboxes().ServeHTTP(w, r)
}

// since returns the calls since the last time.
func (p *proxy) since() map[string]int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	found := p.calls
	p.calls = map[string]int{}
	return found
}

// Seven mornings of a cron job that runs five times: it fetches its tokens, makes at most four calls for an account and day,
// tells once that the consent ends, and says when the fifth call may be made.
func TestSevenMornings(t *testing.T) {
	t.Parallel()
	const account, runs = "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0002", 5
	const path, tokenPath = "/neonomics/ics/v3/accounts/" + account + "/balances", "/neonomics/auth/realms/sandbox/protocol/openid-connect/token"
	counting := &proxy{calls: map[string]int{}}
	first := time.Date(2026, 12, 1, 6, 0, 0, 0, time.UTC)
	folder := configtest.Folder(t, map[string]string{"config.json": `{"connections":[{"name":"cash","provider":"neonomics","baseURL":"` +
		serve(t, counting) + `/neonomics","accounts":["` + account + `"],"consentValidUntil":"2026-12-17",
		"credentials":{"clientId":"c","clientSecret":"env:` + tokenVariable + `","realm":"sandbox",
		"sessionId":"7b1d2c1e-0a55-4a0e-8a39-5d0ad2c1f6b1","deviceId":"sandbox-device"}}]}`})
	told, store := filepath.Join(folder, "told"), filepath.Join(folder, "access.json")
	machine := openbalances.Machine{Env: map[string]string{
		"OPENBALANCES_CONFIG": filepath.Join(folder, "config.json"), "XDG_STATE_HOME": filepath.Join(folder, "state"),
	}}
	for day := range 7 {
		for run := range runs {
			now := first.AddDate(0, 0, day).Add(time.Duration(run) * 10 * time.Minute)
			machine.Now = func() time.Time { return now }
			var stdout, stderr bytes.Buffer
			exit := machine.Run(t.Context(), []string{"get", "-quiet", "-guard", store, "-notify", "cat >> " + told}, &stdout, &stderr)
			place := fmt.Sprintf("day %d, run %d", day+1, run+1)
			want := ""
			if run == runs-1 {
				want = "failed: cash neonomics " + account + ": neonomics: get balances: rate_limited: access guard: no unattended call left, " +
					"nothing was sent; not before " + now.Add(24*time.Hour-40*time.Minute).Format(time.RFC3339) + "\n"
			}
			if left := 17 - day - 1; left < 14 { // the consent ends at the end of the 17th
				want += fmt.Sprintf("warning: cash neonomics: the consent ends on 2026-12-18T00:00:00Z, in %d days; cure: let the PSU renew it\n", left)
			}
			require.Equal(t, want, stderr.String(), place)
			assert.Equal(t, map[bool]int{false: 0, true: 1}[run == runs-1], exit, place)
			assert.Equal(t, run < runs-1, strings.Contains(stdout.String(), "-310.25"), place)
		}
		calls := counting.since()
		assert.Equal(t, map[string]int{path: runs - 1, tokenPath: runs - 1}, calls, "day %d", day+1)
	}
	text, err := os.ReadFile(told)
	require.NoError(t, err)
	assert.Equal(t, "cash neonomics: the consent ends on 2026-12-18T00:00:00Z, in 13 days; cure: let the PSU renew it\n", string(text))
}
