package main_test

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
)

const terminalMode = fs.ModeDevice | fs.ModeCharDevice

// screen is a terminal, or something else with a name, that remembers what is written.
type screen struct {
	mode  fs.FileMode
	mutex sync.Mutex
	text  strings.Builder
	seen  sync.Once
	wrote chan struct{} // closed by the first progress
}

func (s *screen) Stat() (fs.FileInfo, error) {
	return fstest.MapFS{"screen": {Mode: s.mode}}.Stat("screen")
}

func (s *screen) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.wrote != nil && strings.HasPrefix(string(text), "\rasked") {
		s.seen.Do(func() { close(s.wrote) })
	}
	return s.text.Write(text)
}

func (s *screen) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

func TestProgressIsRewrittenInPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		terminal := &screen{mode: terminalMode}
		ask, end, hide := openbalances.Progress(terminal)
		ask(120)
		time.Sleep(999 * time.Millisecond)
		synctest.Wait()
		assert.Empty(t, terminal.String(), "nothing before a second has passed")
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, "\rasked 120, 0 answered, 0 failed", terminal.String())
		for range 118 {
			end(nil)
		}
		end(errors.New("x"))
		end(errors.New("x"))
		time.Sleep(200 * time.Millisecond)
		hide()
		assert.Equal(t, "\rasked 120, 0 answered, 0 failed\rasked 120, 118 answered, 2 failed\r"+strings.Repeat(" ", 33)+"\r",
			terminal.String())
	})
}

func TestProgressIsForTerminalsThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for mode, wait := range map[fs.FileMode]time.Duration{
			0: time.Hour, fs.ModeNamedPipe: time.Hour, fs.ModeDevice: time.Hour, fs.ModeDevice | fs.ModeCharDevice: time.Second / 2,
		} {
			output := &screen{mode: mode}
			_, _, hide := openbalances.Progress(output)
			time.Sleep(wait)
			hide()
			assert.Empty(t, output.String(), "%v", mode)
		}
	})
}

// The bank answers only when progress has been shown, so that the run is never too fast for it.
func TestGetShowsProgress(t *testing.T) {
	t.Parallel()
	terminal := &screen{mode: terminalMode, wrote: make(chan struct{})}
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-terminal.wrote:
		case <-time.After(time.Minute):
		}
		bank{"a": one}.ServeHTTP(w, r)
	}))
	var stdout strings.Builder
	exit := openbalances.Run(t.Context(), arguments(t, oneConnection(server, "a", "gone"), "get"), &stdout, terminal)
	assert.Equal(t, 1, exit)
	assert.Regexp(t, `^(\rasked \d, \d answered, \d failed)+\r {29}\rfailed: home neonomics gone: neonomics: get balances: `+
		`not_found \(HTTP 404\)\n1 balance from 1 account, 1 failed\n$`, terminal.String())
	assert.NotContains(t, stdout.String(), "\r")
}
