package contract_test

import (
	"testing"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestForms(t *testing.T) {
	t.Parallel()
	doc, err := contract.Load("neonomics")
	require.NoError(t, err)
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
		err := doc.ValidateRequest(t.Context(), req)
		if want == "" {
			assert.NoError(t, err)
			continue
		}
		var broken *contract.Error
		require.ErrorAs(t, err, &broken, body)
		assert.Equal(t, want, broken.Part+": "+broken.Rule, body)
	}
	req := sample(t, doc, "http://bank", "getToken")
	req.Header.Set("Content-Type", "application/json")
	assert.ErrorContains(t, doc.ValidateRequest(t.Context(), req), "undocumented media type")
}
