package adaptertest

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
)

// unsendable are texts that no header may hold; what they hide must not be in an error.
var unsendable = []string{
	"hidden\r\nX-Forged: 1", "hidden\n", "\rhidden", "hid\x00den", "hidden\x7f", "\x1bhidden", " hidden", "hidden ", "\thidden",
}

func checkControlInHeaders(t *testing.T, h Harness) {
	source := h.open(t, silent(t))
	for _, text := range unsendable {
		for _, field := range psuTexts() {
			for name, err := range h.everyCall(t, source, withText(field, text)) {
				h.assertArgumentRefused(t, err, "%s of the PSU, %s", field, name)
			}
		}
		for name := range h.credentialTexts(t) {
			h.assertCredentialRefused(t, name, text)
		}
	}
}

func (h Harness) assertArgumentRefused(t *testing.T, err error, message string, arguments ...any) {
	t.Helper()
	if assert.ErrorIs(t, err, adapters.ErrInvalidArgument, fmt.Sprintf(message, arguments...)) {
		h.assertFailure(t, err, adapters.ErrInvalidArgument)
		assert.NotContains(t, err.Error(), "hid")
	}
}

// assertCredentialRefused sees that a credential is refused by New, or with every call, and that nothing is sent.
func (h Harness) assertCredentialRefused(t *testing.T, name, text string) {
	t.Helper()
	source, err := h.spoiled(t, silent(t), name, text)
	if err != nil {
		h.assertArgumentRefused(t, err, "%s = %q", name, text)
		return
	}
	for call, err := range h.everyCall(t, source, psu) {
		h.assertArgumentRefused(t, err, "%s = %q, %s", name, text, call)
	}
}

// psuTexts are the names of the PSU context's texts.
func psuTexts() []string {
	names := []string{}
	for i := range reflect.TypeFor[adapters.PSUContext]().NumField() {
		if field := reflect.TypeFor[adapters.PSUContext]().Field(i); field.Type.Kind() == reflect.String {
			names = append(names, field.Name)
		}
	}
	return names
}

// withText is the PSU of all tests with another text.
func withText(field, text string) adapters.PSU {
	user, _ := psu.Context()
	reflect.ValueOf(&user).Elem().FieldByName(field).SetString(text)
	return adapters.Attended(user)
}

// checkEmptyCredentials empties one credential after the other. Either it is refused, or nothing is sent in its place.
func checkEmptyCredentials(t *testing.T, h Harness) {
	texts := h.credentialTexts(t)
	for name, text := range texts {
		arrived, err := h.askSpoiled(t, name, "")
		if err != nil {
			h.assertArgumentRefused(t, err, "%s is empty", name)
			assert.Empty(t, arrived, "%s is empty, and something was sent", name)
			continue
		}
		full := h.sent(t, psu)
		for _, place := range full.places(text) {
			assert.Empty(t, arrived[0].Header.Values(place), "%s is empty, and yet there is a header", name)
		}
	}
}

func checkSchemeInToken(t *testing.T, h Harness) {
	texts, found := h.credentialTexts(t), false
	full := h.sent(t, psu)
	for name, text := range texts {
		if !slices.Contains(full.places(text), "Authorization") {
			continue
		}
		found = true
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "Bearer  ", "Basic ", "basic "} {
			h.assertCredentialRefused(t, name, scheme+text)
		}
	}
	if !found {
		t.Skip("does not apply: the adapter sends no Authorization header")
	}
}

// checkRequiredParameters makes every call, with as little as it takes, against a bank that wants what the document
// requires.
func checkRequiredParameters(t *testing.T, h Harness) {
	users := []adapters.PSU{psu, from("203.0.113.7"), adapters.Unattended()}
	for _, user := range users {
		for name, err := range h.everyCall(t, h.open(t, h.bank(t)), user) {
			assert.NoError(t, err, name)
		}
	}
	if h.Credentials == nil {
		return
	}
	for credential := range h.credentialTexts(t) {
		source, err := h.spoiled(t, h.bank(t), credential, "")
		for i := 0; i < len(users) && err == nil; i++ {
			_, err = source.Balances(t.Context(), h.account(t), users[i])
		}
		assert.True(t, err == nil || errors.Is(err, adapters.ErrInvalidArgument), "without %s: %v", credential, err)
	}
}

// from is a PSU of whom nothing but the address is known; if that is none either, it is the zero value.
func from(address string) adapters.PSU {
	parsed, _ := netip.ParseAddr(address)
	return adapters.Attended(adapters.PSUContext{IPAddress: parsed})
}

func checkPSUAddress(t *testing.T, h Harness) {
	source := h.open(t, silent(t))
	for _, address := range []string{
		"0.0.0.0", "::", "127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.1.1", "224.0.0.1", "fe80::1", "fe80::1%eth0", "2001:db8::7%1", "",
		"100.64.0.1", "198.18.0.1", "240.0.0.1", "192.0.0.1", "::ffff:100.64.0.1", "2002:a00:1::1", "64:ff9b::10.0.0.1", "5f00::1", "4000::1",
	} {
		for name, err := range h.everyCall(t, source, from(address)) {
			h.assertArgumentRefused(t, err, "%q, %s", address, name)
		}
	}
	for name, err := range h.everyCall(t, source, adapters.PSU{}) {
		h.assertArgumentRefused(t, err, "neither attended nor unattended, %s", name)
	}
	h.checkForwardedAddress(t)
}

// checkForwardedAddress looks where a public address turns up, and that nothing stands there without the PSU.
func (h Harness) checkForwardedAddress(t *testing.T) {
	t.Helper()
	attended := h.sent(t, psu)
	places := attended.places("203.0.113.7")
	if len(places) == 0 {
		return // the provider takes no address
	}
	assert.Equal(t, []string{"203.0.113.7"}, attended.Header.Values(places[0]), "the address alone, once")
	assert.Equal(t, places, h.sent(t, from("::ffff:203.0.113.7")).places("203.0.113.7"))
	alone := h.sent(t, adapters.Unattended())
	for _, place := range places {
		assert.Empty(t, strings.Join(alone.Header.Values(place), ""), "an address was invented")
	}
	seen := &inbox{}
	_, err := h.open(t, seen.watch(h.bank(t))).Balances(t.Context(), h.account(t), from("2001:db8::7"))
	if arrived := seen.arrived(); err == nil && assert.Len(t, arrived, 1) {
		assert.Equal(t, []string{"2001:db8::7"}, arrived[0].Header.Values(places[0]))
	} else {
		h.assertArgumentRefused(t, err, "IPv6")
		assert.Empty(t, arrived)
	}
}

func checkForeignLetters(t *testing.T, h Harness) {
	source := h.open(t, silent(t))
	for _, letters := range []string{"\u00e5", "e\u0301", "\u65e5\u672c", "\xff", "\u202e"} {
		for _, field := range psuTexts() {
			for name, err := range h.everyCall(t, source, withText(field, letters)) {
				h.assertArgumentRefused(t, err, "%s of the PSU, %s", field, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.credentialTexts(t))) {
		h.assertCredentialRefused(t, name, "hidden\u00e5")
	}
}
