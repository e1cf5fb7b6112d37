package page_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
)

// shown are pages of the fleet of ten connections, by name.
var shown = map[string]string{
	"overview": "/", "attention": "/?show=attention", "hostile": "/connection?name=" + url.QueryEscape(hostile),
	"connection": "/connection?name=bakery", "stopped": "/connection?name=branch-bahrain",
	"missing": "/connection?name=left-over",
	"account": "/account?id=101&days=7", "dinar": "/account?id=202&days=90", "yen": "/account?id=300&days=365",
	"limited": "/account?id=1000", "new": "/account?id=800", "login": "/login",
}

// axe checks a page by rules of accessibility; make page names its script.
const axe = "OPENBALANCES_AXE"

// At every width and in both colours, no page moves sideways, complains or breaks a rule. The pictures go to the folder
// that OPENBALANCES_SHOTS names.
func TestPagesInChromium(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	address := serve(t, page.Options{Facts: tenConnections(), Left: left})
	rules := ""
	if path := os.Getenv(axe); path != "" {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		rules = string(text)
	}
	grounds := map[string]bool{}
	for name, path := range shown {
		for _, width := range []int{1280, 390} {
			for _, scheme := range []string{"light", "dark"} {
				place := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				c.screen(width, 900, scheme)
				c.open(address + path)
				var wide int
				c.ask("document.documentElement.scrollWidth", &wide)
				assert.LessOrEqual(t, wide, width, "%s moves sideways", place)
				assert.True(t, strings.HasSuffix(c.text("document.title"), " · fleet"), place)
				grounds[c.text("getComputedStyle(document.body).backgroundColor")] = true
				if folder := os.Getenv("OPENBALANCES_SHOTS"); folder != "" {
					c.shoot(folder, place)
				}
				if rules != "" && (width > 1000) == (scheme == "light") { // each width and each colour once
					c.obeys(rules, place)
				}
			}
		}
	}
	assert.Len(t, grounds, 2, "light and dark")
	if rules == "" {
		t.Log("without axe-core; run: make page")
	}
}

// obeys runs axe-core.
func (c *chromium) obeys(rules, place string) {
	c.t.Helper()
	c.call("Runtime.evaluate", map[string]any{"expression": rules}, nil)
	var broken []struct{ ID, Help, Nodes string }
	c.ask(`axe.run().then((found) => found.violations.map((v) => ({ID: v.id, Help: v.help,
		Nodes: v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join("\n")})))`, &broken)
	for _, b := range broken {
		assert.Fail(c.t, place+": "+b.ID+": "+b.Help, b.Nodes)
	}
}

// readout is what the chart says beside itself.
const readout = `[...document.querySelectorAll(".readout > *")].map((e) => e.textContent).join("|")`

// settled waits until the browser has drawn, and then evaluates what follows.
const settled = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => `

// The chart shows the texts of the server, for the mouse and for the keyboard.
func TestChartInChromium(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	facts := tenConnections()
	address := serve(t, page.Options{Facts: facts})
	c.screen(1280, 1200, "light")
	for _, id := range []int64{101, 202, 300} {
		c.open(fmt.Sprintf("%s/account?id=%d&days=7", address, id))
		all := facts.history(id)
		calls := 28                      // in seven days
		wants := func(back int) string { // the amounts of a call, counted from the last
			first := all[len(all)-2-2*back]
			second := all[len(all)-1-2*back]
			return fmt.Sprintf("%s UTC|Closing booked %s %s|Interim available %s %s",
				first.FetchedAt.Format("2006-01-02 15:04:05"),
				first.Amount, first.Currency, second.Amount, second.Currency)
		}
		assert.Equal(t, wants(0), c.text(readout), "before anything is pointed at")

		var plot struct{ X, Y, Width, Height float64 }
		c.ask(`document.querySelector(".u-over").getBoundingClientRect().toJSON()`, &plot)
		require.Greater(t, plot.Width, 500.0)
		for _, back := range []int{calls - 1, 14, 5, 0} {
			x := plot.X + plot.Width*float64(calls-1-back)/float64(calls-1)
			c.move(min(max(x, plot.X+1), plot.X+plot.Width-1), plot.Y+plot.Height/2)
			assert.Equal(t, wants(back), c.text(readout), "pointed at")
		}
		c.ask(`document.querySelector(".plot").focus() ?? true`, new(bool))
		c.press("ArrowLeft", 37)
		c.press("ArrowLeft", 37)
		assert.Equal(t, wants(2), c.text(readout), "two to the left")
		c.press("Home", 36)
		assert.Equal(t, wants(calls-1), c.text(readout))
		c.press("ArrowLeft", 37)
		assert.Equal(t, wants(calls-1), c.text(readout), "there is nothing before")
		c.press("ArrowRight", 39)
		assert.Equal(t, wants(calls-2), c.text(readout))
		c.press("End", 35)
		assert.Equal(t, wants(0), c.text(readout))

		const inked = `((c) => [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data]
			.some((v, i) => i % 4 === 3 && v > 0))(document.querySelector("canvas"))`
		var drawn bool
		c.ask(inked, &drawn)
		assert.True(t, drawn, "the chart is blank")
	}
	c.screen(700, 1200, "light")
	var width float64
	c.ask(settled+`document.querySelector(".uplot").getBoundingClientRect().width)`, &width)
	assert.Less(t, width, 700.0, "the chart follows the window")
	c.screen(700, 1200, "dark")
	assert.Equal(t, "1", c.text(settled+`String(document.querySelectorAll(".uplot").length))`),
		"and the colours, without another chart")

	facts.stored = map[int64][]fleet.Stored{300: stored(t, []string{"EUR closingBooked 5.00", "EUR expected 0.00"},
		[]string{"EUR closingBooked -7.00"})}
	c.open(address + "/account?id=300")
	assert.Equal(t, "2026-11-30 19:41:07 UTC|Closing booked -7.00 EUR|Expected none", c.text(readout),
		"absent is not zero")
	c.ask(`document.querySelector(".plot").focus() ?? true`, new(bool))
	c.press("ArrowLeft", 37)
	assert.Equal(t, "2026-11-30 18:41:07 UTC|Closing booked 5.00 EUR|Expected 0.00 EUR", c.text(readout))
}

// All but the chart is there without scripts.
func TestWithoutScriptsInChromium(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	address := serve(t, page.Options{Facts: tenConnections(), Left: left})
	with := map[string]string{}
	const seen = `[...document.querySelectorAll("main h1, main h2, main dl, main table, main nav")]
		.map((e) => e.innerText).join("\n")`
	for name, path := range shown {
		c.open(address + path)
		with[name] = c.text(seen)
	}
	c.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	for name, path := range shown {
		c.open(address + path)
		assert.Equal(t, with[name], c.text(seen), name)
	}
	c.open(address + shown["account"])
	assert.Equal(t, "0", c.text(`String([...document.querySelectorAll("figure")].filter((e) => e.offsetParent).length)`),
		"no empty chart")
	assert.Contains(t, c.text(`document.querySelector("main").innerText`), "The chart needs scripts.")
}

// Hostile names change no page, and a keyboard alone gets everywhere.
func TestKeyboardAndHostileTextsInChromium(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	address := serve(t, page.Options{Facts: tenConnections(), Token: token})
	c.open(address + "/login")
	assert.Equal(t, "Log in", c.text(`document.querySelector("h1").textContent`))
	c.ask(`document.querySelector("#token").focus() ?? true`, new(bool))
	c.call("Input.insertText", map[string]any{"text": token}, nil)
	c.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": "Enter", "code": "Enter",
		"windowsVirtualKeyCode": 13, "text": "\r"}, nil)
	c.until(func(a answer) bool { return a.Method == "Page.loadEventFired" })
	assert.Equal(t, "Overview", c.text(`document.querySelector("h1").textContent`))
	assert.Empty(t, c.text(`document.cookie`), "scripts do not see the cookie")

	assert.Equal(t, hostile, c.text(`document.querySelector("tbody th bdi").textContent`))
	assert.Equal(t, "0", c.text(`String(document.querySelectorAll("main script, main img, [onmouseover]").length)`))
	assert.Equal(t, "Overview · fleet", c.text("document.title"))

	c.press("Tab", 9)
	assert.Equal(t, "Skip to the content", c.text("document.activeElement.textContent"))
	var top float64
	c.ask("document.activeElement.getBoundingClientRect().top", &top)
	assert.GreaterOrEqual(t, top, 0.0, "the focus is visible")
	reached := map[string]bool{}
	for range 60 {
		c.press("Tab", 9)
		var on struct {
			Text, Outline string
		}
		if c.text("document.activeElement.tagName") == "BODY" {
			break // the end of the page
		}
		c.ask(`((e) => ({text: e.id || e.textContent, outline: getComputedStyle(e).outlineStyle}))(document.activeElement)`, &on)
		reached[on.Text] = true
		if on.Text != "main" {
			assert.NotEqual(t, "none", on.Outline, "the focus on %q is not visible", on.Text)
		}
	}
	for _, name := range []string{"Overview", "Log out", "Needs attention", "name", "Open", hostile, "bakery",
		"Open the bank’s consent page", "studio"} {
		assert.True(t, reached[name], "the keyboard does not reach %q", name)
	}
	var links []struct{ Rel, Href string }
	c.ask(`[...document.querySelectorAll("a[href]")].filter((a) => a.origin !== location.origin)
		.map(({rel, href}) => ({rel, href}))`, &links)
	require.Len(t, links, 1)
	assert.Equal(t, "https://consent.example/renew?session=7f3a", links[0].Href)
	assert.Equal(t, "noreferrer noopener", links[0].Rel)
}
