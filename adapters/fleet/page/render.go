package page

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

//go:embed templates
var templateFiles embed.FS

//go:embed static/page.css static/chart.js static/icon.svg uplot/uPlot.iife.min.js uplot/uPlot.min.css
var staticFiles embed.FS

// pages are the templates by name, each with the frame that all share.
var pages = func() map[string]*template.Template {
	functions := template.FuncMap{"groups": groups, "typeName": typeName, "kindName": kindName, "digits": digits,
		"counted": counted, "included": included}
	frame := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/frame.html"))
	all := map[string]*template.Template{}
	for _, name := range []string{"overview", "connection", "account", "login", "message"} {
		all[name] = template.Must(template.Must(frame.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return all
}()

// view is what every template gets.
type view struct {
	Title  string
	Now    time.Time
	Inside bool // the request passed all checks, so links lead somewhere
	Token  bool // there is a way to log out
	River  bool
	Crumbs []crumb
}

type crumb struct{ Text, Address string }

func (h *handler) view(r *http.Request, title string, crumbs ...crumb) view {
	return view{
		Title: title, Now: h.Now().UTC(), Crumbs: crumbs, River: h.River != nil, Token: h.Token != "",
		Inside: h.allows(r.Host) && (h.Token == "" && fromLoopback(r) || h.Token != "" && h.hasToken(r)),
	}
}

// render writes a page whole or not at all.
func (h *handler) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "frame", data); err != nil {
		h.failed(r.Context(), name, err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // who has gone needs no answer
}

// messageView is a page that only says something.
type messageView struct {
	view
	Text string
}

func (h *handler) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	h.render(w, r, status, "message", messageView{h.view(r, title), text})
}

// staticTypes are stated here: a system's own table may say otherwise.
var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// serveStatic serves the style sheets and scripts, whose names stand in staticFiles.
func serveStatic(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	text, err := staticFiles.ReadFile("static/" + file)
	if err != nil {
		text, err = staticFiles.ReadFile("uplot/" + file)
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", staticTypes[path.Ext(file)])
	_, _ = w.Write(text) // who has gone needs no answer
}

// moment is a time as the page shows it; the zero time has none of the texts.
type moment struct{ at, now time.Time }

// Moment prepares a time for a template.
func (v view) Moment(at time.Time) moment { return moment{at.UTC(), v.Now} }

func (m moment) IsZero() bool  { return m.at.IsZero() }
func (m moment) Stamp() string { return m.at.Format(time.RFC3339Nano) }
func (m moment) Text() string  { return m.at.Format("2006-01-02 15:04") }
func (m moment) Exact() string { return m.at.Format("2006-01-02 15:04:05") }

// Age is how long ago, or how far ahead, the time is, in the largest unit of which there are two.
func (m moment) Age() string {
	age := m.now.Sub(m.at)
	text := span(age.Abs())
	switch {
	case text == "":
		return "just now"
	case age < 0:
		return "in " + text
	default:
		return text + " ago"
	}
}

func span(length time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "days"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := length / unit.length; n >= 2 {
			return digits(int(n)) + " " + unit.name
		}
	}
	return ""
}

// digits writes a count with a narrow blank between thousands.
func digits(n int) string { return grouped(strconv.Itoa(n)) }

func grouped(number string) string {
	f := groups(number)
	return strings.Join(f.Whole, "\u202f") + f.Fraction
}

// figure is an amount cut for display: thousands are set apart by space that is no character, so that what is copied is
// the amount as stored.
type figure struct {
	Whole    []string // with the sign
	Fraction string   // with the point; empty if the amount has none
}

func groups(text string) figure {
	whole, fraction, ok := strings.Cut(text, ".")
	if ok {
		fraction = "." + fraction
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var parts []string
	for len(whole) > 3 {
		parts = append([]string{whole[len(whole)-3:]}, parts...)
		whole = whole[:len(whole)-3]
	}
	return figure{append([]string{sign + whole}, parts...), fraction}
}

// typeName is a balance type in words: closingBooked is "Closing booked".
func typeName(name adapters.BalanceType) string {
	var words strings.Builder
	for i, letter := range string(name) {
		switch upper := letter >= 'A' && letter <= 'Z'; {
		case i == 0:
			words.WriteString(strings.ToUpper(string(letter)))
		case upper:
			words.WriteString(" " + strings.ToLower(string(letter)))
		default:
			words.WriteRune(letter)
		}
	}
	return words.String()
}

// included says whether a balance counts a credit line in, "" if the provider does not say.
func included(line adapters.CreditLine) string {
	switch {
	case line.Included == nil:
		return ""
	case *line.Included:
		return "included"
	}
	return "not included"
}
