package page_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// theBrowser names a Chromium: make page sets it.
const theBrowser = "OPENBALANCES_CHROMIUM"

// browserTime bounds all that one test does with its browser. A page takes about a second.
const browserTime = 5 * time.Minute

// chromium is a headless Chromium, driven through the pipe of its DevTools protocol: no port, no further module.
type chromium struct {
	t       *testing.T
	in      *os.File
	answers chan answer
	id      int
	session string
}

type answer struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startChromium starts a browser with an empty profile, which ends with the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path := os.Getenv(theBrowser)
	if path == "" {
		t.Skip("needs Chromium; run: make page")
	}
	ctx, cancel := context.WithTimeout(t.Context(), browserTime)
	t.Cleanup(cancel)
	profile, err := os.MkdirTemp("", "chromium")
	require.NoError(t, err)
	t.Cleanup(func() { // its last processes end a little after it, and write until then
		assert.Eventually(t, func() bool { return os.RemoveAll(profile) == nil }, time.Minute, 50*time.Millisecond)
	})
	arguments := []string{"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run",
		"--disable-gpu",
		"--disable-dev-shm-usage", "--disable-background-networking", "--force-device-scale-factor=1", "--lang=en",
		"about:blank"}
	if os.Getuid() == 0 {
		arguments = append([]string{"--no-sandbox"}, arguments...)
	}
	theirIn, in, err := os.Pipe()
	require.NoError(t, err)
	out, theirOut, err := os.Pipe()
	require.NoError(t, err)
	command := exec.CommandContext(ctx, path, arguments...)
	command.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4, as the protocol has it
	command.Env = append(os.Environ(), "HOME="+profile)
	require.NoError(t, command.Start())
	require.NoError(t, theirIn.Close())
	require.NoError(t, theirOut.Close())
	c := &chromium{t: t, in: in, answers: make(chan answer, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(c.answers)
		for lines := bufio.NewReader(out); ; {
			text, err := lines.ReadBytes(0)
			if err != nil {
				return
			}
			var a answer
			if json.Unmarshal(text[:len(text)-1], &a) == nil {
				c.answers <- a
			}
		}
	}()
	t.Cleanup(func() {
		go func() {
			for range c.answers { // so that the reader ends
			}
		}()
		_ = in.Close() // a browser whose pipe ends ends itself
		_ = command.Wait()
		<-read
		_ = out.Close()
	})
	var target struct{ TargetID, SessionID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	c.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		c.call(domain+".enable", nil, nil)
	}
	return c
}

// call sends a command and reads its result; events before that are looked at for complaints.
func (c *chromium) call(method string, params map[string]any, result any) {
	c.t.Helper()
	c.id++
	command := map[string]any{"id": c.id, "method": method, "params": params}
	if params == nil {
		command["params"] = map[string]any{}
	}
	if c.session != "" {
		command["sessionId"] = c.session
	}
	text, err := json.Marshal(command)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, 0))
	require.NoError(c.t, err)
	a := c.until(func(a answer) bool { return a.ID == c.id })
	require.Nil(c.t, a.Error, "%s", method)
	if result != nil {
		require.NoError(c.t, json.Unmarshal(a.Result, result))
	}
}

// until reads up to an answer or event. Any error that the page's console shows fails the test: what the content
// security policy blocks is one.
func (c *chromium) until(wanted func(answer) bool) answer {
	c.t.Helper()
	for a := range c.answers {
		if a.Method == "Runtime.exceptionThrown" || a.Method == "Log.entryAdded" &&
			strings.Contains(string(a.Params), `"level":"error"`) {
			c.t.Errorf("the browser complains: %s", a.Params)
		}
		if wanted(a) {
			return a
		}
	}
	c.t.Fatal("Chromium has ended")
	return answer{}
}

// open loads an address, and waits until it and its scripts have run.
func (c *chromium) open(address string) {
	c.t.Helper()
	var navigated struct{ ErrorText string }
	c.call("Page.navigate", map[string]any{"url": address}, &navigated)
	require.Empty(c.t, navigated.ErrorText)
	c.until(func(a answer) bool { return a.Method == "Page.loadEventFired" })
}

// screen sets the size of the window and the colours that the user prefers.
func (c *chromium) screen(width, height int, scheme string) {
	c.t.Helper()
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1,
		"mobile": width < 500}, nil)
	c.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme",
		"value": scheme}}}, nil)
}

// ask evaluates an expression, waiting for a promise, and reads its value.
func (c *chromium) ask(expression string, value any) {
	c.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	require.Empty(c.t, string(got.ExceptionDetails), "%s", expression)
	require.NoError(c.t, json.Unmarshal(got.Result.Value, value), "%s", expression)
}

func (c *chromium) text(expression string) (text string) {
	c.t.Helper()
	c.ask(expression, &text)
	return text
}

// move moves the mouse.
func (c *chromium) move(x, y float64) {
	c.t.Helper()
	c.call("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": x, "y": y}, nil)
}

// press presses and releases a key.
func (c *chromium) press(key string, code int) {
	c.t.Helper()
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		c.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key,
			"windowsVirtualKeyCode": code}, nil)
	}
}

// shoot writes a picture of the whole page.
func (c *chromium) shoot(folder, name string) {
	c.t.Helper()
	var picture struct{ Data string }
	c.call("Page.captureScreenshot", map[string]any{}, &picture)
	data, err := base64.StdEncoding.DecodeString(picture.Data)
	require.NoError(c.t, err)
	require.NotEmpty(c.t, data)
	require.NoError(c.t, os.WriteFile(filepath.Join(folder, name+".png"), data, 0o600))
}
