package adaptertest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	bankVariable = "ADAPTERTEST_ENDLESS_BANK" // tells the process of its own where the server is
	oneGiB       = 1 << 30
)

// allowance is the limit and 1 MiB, and three times that with the race detector: in its build growing buffers take their
// room twice, and sync.Pool forgets some of what it is given.
func allowance() uint64 {
	const plain = adapters.DefaultMaxBodyBytes + 1<<20
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 3 * plain
	}
	return plain
}

// memory reads 1 GiB in a process that does nothing else, and counts all memory that is taken for it, used up or not;
// what is live at any moment is less.
func (h Harness) memory(t *testing.T) {
	if bank := os.Getenv(bankVariable); bank != "" {
		h.readEndlessBodies(t, bank)
		return
	}
	if testing.Short() {
		t.Skip("reads 4 GiB in a process of its own; cure: make proofs")
	}
	server := httptest.NewServer(endlessBank())
	t.Cleanup(server.Close)
	self := strings.ReplaceAll("^"+regexp.QuoteMeta(t.Name())+"$", "/", "$/^")
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+self, "-test.v")
	command.Env = append(os.Environ(), bankVariable+"="+server.URL)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "--- PASS: "+t.Name(), "the process did not run this test")
	t.Logf("%s", output)
}

// endlessBank sends 1 GiB of blanks: as such, with its length announced, packed, and as an error.
func endlessBank() http.Handler {
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	send := func(name, value string, status int, part []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set(name, value)
			w.WriteHeader(status)
			for range oneGiB / len(blanks) {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/plain/", send("Trailer", "X-End", http.StatusOK, blanks))
	mux.Handle("/announced/", send("Content-Length", strconv.Itoa(oneGiB), http.StatusOK, blanks))
	mux.Handle("/packed/", send("Content-Encoding", "gzip", http.StatusOK, zipped(blanks)))
	mux.Handle("/refused/", send("Retry-After", "60", http.StatusTooManyRequests, blanks))
	return mux
}

func (h Harness) readEndlessBodies(t *testing.T, bank string) {
	debug.SetGCPercent(-1) // this process only
	for form, kind := range map[string]adapters.Kind{
		"plain": adapters.ErrTooLarge, "announced": adapters.ErrTooLarge, "packed": adapters.ErrTooLarge,
		"refused": adapters.ErrRateLimited,
	} {
		source := h.connect(t, &adapters.Options{BaseURL: bank + "/" + form})
		runtime.GC()
		before := allocated()
		_, err := source.Balances(t.Context(), h.account(t), adapters.Unattended())
		taken := allocated() - before
		t.Logf("%s: %d KiB", form, taken>>10)
		assert.ErrorIs(t, err, kind, form)
		assert.LessOrEqual(t, taken, allowance(), "%s; cure: make room for the body once, or grow in few steps", form)
	}
}
