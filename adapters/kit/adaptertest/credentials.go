package adaptertest

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/require"
)

// Credentials are those that a harness's New uses, so that the suite can print them and try others in their place.
type Credentials struct {
	// Value is what a caller holds, and may print by mistake.
	Value any
	// New is New of the harness with other texts: it calls spoil with every credential that is a text and is there,
	// and uses what comes back. The name is the one that the adapter's errors use.
	New func(options *adapters.Options, spoil func(name, text string) string) (adapters.Source, error)
}

// Tagged returns the Credentials of an adapter that takes a struct like those of this module:
//
//	type Credentials struct {
//		AccessToken adapters.Secret      `credential:"accessToken,oneof"`
//		TokenSource adapters.TokenSource `credential:"-,oneof"`
//		ConsentID   adapters.Secret      `credential:"consentId,optional"`
//	}
//
// Fields with a tag that are an [adapters.Secret] or a string are texts. Where there is a [adapters.TokenSource], the
// access token is spoiled once more by the name "token source", and then comes from one; when that source is told that
// the token is dead, spoil is called by the name "dead token".
func Tagged[C any, S adapters.Source](credentials C, open func(C, *adapters.Options) (S, error)) *Credentials {
	spoiled := func(options *adapters.Options, spoil func(name, text string) string) (adapters.Source, error) {
		others := credentials
		spoilFields(call.Credentials(reflect.ValueOf(&others).Elem()), spoil)
		source, err := open(others, options)
		if err != nil {
			return nil, err // not a nil S in an interface
		}
		return source, nil
	}
	return &Credentials{Value: credentials, New: spoiled}
}

func spoilFields(fields []call.Credential, spoil func(name, text string) string) {
	var token reflect.Value
	for _, c := range fields {
		switch {
		case c.Field.Kind() == reflect.String && c.Field.Len() > 0:
			if c.OneOf {
				token = c.Field
			}
			c.Field.SetString(spoil(c.Name, c.Field.String()))
		case c.Field.Type() == reflect.TypeFor[adapters.TokenSource]() && token.IsValid() && token.Len() > 0:
			if text := spoil("token source", token.String()); text != token.String() {
				token.SetZero()
				c.Field.Set(reflect.ValueOf(adapters.TokenSource(func(ctx context.Context) (string, error) {
					adapters.OnDeadToken(ctx, func() { spoil("dead token", text) })
					return text, nil
				})))
			}
		}
	}
}

// credentialTexts returns the adapter's credentials that are texts, by name.
func (h Harness) credentialTexts(t *testing.T) map[string]string {
	t.Helper()
	if h.Credentials == nil {
		t.Skip("does not apply: Harness.Credentials is not given")
	}
	texts := map[string]string{}
	_, err := h.Credentials.New(&adapters.Options{BaseURL: "http://127.0.0.1:1"}, func(name, text string) string {
		texts[name] = text
		return text
	})
	require.NoError(t, err)
	return texts
}

// spoiled returns the adapter with another text for one of its credentials, connected to a server with the handler.
func (h Harness) spoiled(t *testing.T, handler http.Handler, credential, other string) (adapters.Source, error) {
	t.Helper()
	return h.Credentials.New(h.options(t, handler), func(name, text string) string {
		if name == credential {
			return other
		}
		return text
	})
}

// askSpoiled makes one call with another text for one of the credentials, and returns what arrived.
func (h Harness) askSpoiled(t *testing.T, credential, other string) ([]arrival, error) {
	t.Helper()
	seen := &inbox{}
	source, err := h.spoiled(t, seen.watch(h.bank(t)), credential, other)
	if err == nil {
		_, err = source.Balances(t.Context(), h.account(t), psu)
	}
	return seen.arrived(), err
}
