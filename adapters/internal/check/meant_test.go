package check_test

import (
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/stretchr/testify/assert"
)

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	known := []string{"get", "accounts", "accessToken", "enablebanking link"}
	for word, want := range map[string]string{
		"gte": "get", "GET": "get", "acounts": "accounts", "accesToken": "accessToken", "accesstoken": "accessToken",
		"enablebanking lnik": "enablebanking link", "xyz": "", "": "", "a": "", strings.Repeat("x", 10_000): "",
	} {
		if want != "" {
			want = ", did you mean " + want + "?"
		}
		assert.Equal(t, want, check.DidYouMean(word, known), word)
	}
}
