package contract_test

import (
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/stretchr/testify/assert"
)

func TestForms(t *testing.T) {
	t.Parallel()
	doc := spectest.Load(t, "neonomics")
	const good = "grant_type=client_credentials&client_id=a%26b&client_secret=c%3D"
	for body, want := range map[string]string{
		good:                           "",
		"client_secret=c;grant_type=x": "request body: not a form: syntax or repeated name",
		good + "&client_id=d":          "request body: not a form: syntax or repeated name",
		good + "&x=%zz":                "request body: not a form: syntax or repeated name",
		"grant_type=client_credentials&client_id=a":       "request body /client_secret: required",
		"grant_type=password&client_id=a&client_secret=c": "request body /grant_type: enum",
		`{"grant_type": "client_credentials"}`:            "request body /grant_type: required",
	} {
		req := sample(t, doc, "http://bank", "getToken")
		setBody(req, body)
		part, rule, _ := strings.Cut(want, ": ")
		assertViolation(t, doc.ValidateRequest(t.Context(), req), part, rule)
	}
	req := sample(t, doc, "http://bank", "getToken")
	req.Header.Set("Content-Type", "application/json")
	assert.ErrorContains(t, doc.ValidateRequest(t.Context(), req), "undocumented media type")
}
