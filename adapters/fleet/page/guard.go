package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	riverPrefix = "/river"
	cookieName  = "fleet"
	cookieTime  = 12 * time.Hour
	formMax     = 4 << 10
	// ownContent is the Content-Security-Policy of our pages: nothing inline, nothing from elsewhere.
	ownContent = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'"
	// riverContent also lets scripts fetch from here and set styles, as those of River do.
	riverContent = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// guard puts every check before pages. The order is: host, origin, token.
func (h *handler) guard(pages http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.message(w, r, http.StatusForbidden, "Not from another site", "The request came from a page of another site.")
	}))
	checked := origin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case h.Token == "" && !fromLoopback(r):
			h.message(w, r, http.StatusForbidden, "Loopback only", "Without a token, only this machine is answered.")
		case h.Token != "" && !public(r.URL.Path) && !h.hasToken(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			h.render(w, r, http.StatusUnauthorized, "login", loginView{h.view(r, "Log in"), false})
		default:
			pages.ServeHTTP(w, r)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), r.URL.Path)
		if !h.allows(r.Host) {
			h.message(w, r, http.StatusForbidden, "Unknown host",
				"This name is not one of the page's own. fleet serve can allow it.")
			return
		}
		checked.ServeHTTP(w, r)
	})
}

func setHeaders(header http.Header, path string) {
	content := ownContent
	if path == riverPrefix || strings.HasPrefix(path, riverPrefix+"/") {
		content = riverContent
	}
	header.Set("Content-Security-Policy", content)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// public reports whether a path needs no token.
func public(path string) bool {
	return path == "/healthz" || path == "/login" || strings.HasPrefix(path, "/static/")
}

// allows reports whether a Host header names this page. Its port says nothing.
func (h *handler) allows(host string) bool {
	name := hostName(host)
	return loopbackName(name) || slices.ContainsFunc(h.AllowedHosts, func(allowed string) bool {
		return name != "" && strings.EqualFold(name, allowed)
	})
}

// hostName is a Host header without its port and the brackets of IPv6.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

func loopbackName(name string) bool {
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// fromLoopback reports whether the peer is on this machine: anybody can write a Host header.
func fromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// hasToken compares digests, so that the time tells neither the token nor its length.
func (h *handler) hasToken(r *http.Request) bool {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return h.isToken(token)
	}
	cookie, err := r.Cookie(cookieName)
	return err == nil && hmac.Equal([]byte(cookie.Value), []byte(h.session()))
}

func (h *handler) isToken(text string) bool {
	given, want := sha256.Sum256([]byte(text)), sha256.Sum256([]byte(h.Token))
	return hmac.Equal(given[:], want[:])
}

// session is the value of the cookie. It proves the token, does not show it, and ends to be good with the token.
func (h *handler) session() string {
	mac := hmac.New(sha256.New, []byte(h.Token))
	_, _ = mac.Write([]byte("openbalances fleet page session")) // a hash does not fail
	return hex.EncodeToString(mac.Sum(nil))
}

// loginView is the form for the token.
type loginView struct {
	view
	Wrong bool
}

func (h *handler) loginForm(w http.ResponseWriter, r *http.Request) {
	h.render(w, r, http.StatusOK, "login", loginView{h.view(r, "Log in"), false})
}

func (h *handler) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	if h.Token != "" && !h.isToken(r.PostFormValue("token")) {
		h.render(w, r, http.StatusUnauthorized, "login", loginView{h.view(r, "Log in"), true})
		return
	}
	if h.Token != "" {
		http.SetCookie(w, h.cookie(r, h.session(), int(cookieTime/time.Second)))
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (h *handler) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, h.cookie(r, "", -1))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (h *handler) cookie(r *http.Request, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: !loopbackName(hostName(r.Host)),
	}
}
