package adaptertest

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/require"
)

// Case is one entry of the catalogue of bad days: what happens, and what an adapter has to make of it. Decision says why
// the expectation differs from what was first asked for.
type Case struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Want     string `json:"want"`
	Decision string `json:"decision,omitempty"`
	// Tests prove what is no adapter's own doing; each is a package's folder in this module, a dot and a name.
	Tests []string `json:"tests,omitempty"`
}

// entry is a case with what it does to answers. Without changed answers a check in Go is the case.
type entry struct {
	Case
	Bodies []mutation `json:"bodies,omitempty"`
}

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// check is a case that data alone cannot describe. It calls t.Skip with the reason where it cannot apply to an adapter.
type check func(t *testing.T, h Harness)

// checks are the cases in Go, or the parts of cases that the data cannot say.
var checks = map[string]check{
	"amount-as-text-or-number":    checkTextOrNumber,
	"sign-besides-indicator":      checkSignBesidesIndicator,
	"type-repeated":               checkSameType,
	"balances-as-members":         checkNoBalanceMembers,
	"account-of-another":          checkOtherAccounts,
	"bank-of-another":             checkOtherBanks,
	"members-unknown":             checkUnknownMembers,
	"members-unmapped":            checkUnmappedMembers,
	"pages-further":               checkFurtherPages,
	"pages-contradicting":         checkContradictingCounts,
	"pages-none":                  checkNoFurtherPages,
	"pages-linked":                checkLinkedPages,
	"body-byte-order-mark":        checkEncodings,
	"body-no-answer":              checkEmptyList,
	"body-cut-short":              checkBrokenOff,
	"balances-too-many":           checkManyBalances,
	"text-control-characters":     checkControlCharacters,
	"ok-with-html":                checkWebPages,
	"ok-without-media-type":       mediaTypes(adapters.ErrProtocol, "", "text/plain", "text/plain; charset=utf-8", "application/octet-stream", "text/json", "json"),
	"ok-with-problem-json":        mediaTypes(adapters.ErrProtocol, "application/problem+json", "application/vnd.api+json", "application/json-seq"),
	"media-type-relatives":        checkOtherJSON,
	"success-other-than-200":      checkOtherSuccess,
	"unauthorized-odd-bodies":     checkUnauthorized,
	"status-wins":                 checkStatusWins,
	"rate-limited":                checkRateLimited,
	"retry-after":                 checkRetryAfter,
	"unavailable":                 checkUnavailable,
	"code-wins":                   checkCodeWins,
	"codes-undocumented":          checkCodes,
	"refusal-side-members":        checkSideMembers,
	"refusal-wrapped":             checkWrapped,
	"refusal-code-spelling":       checkCodeSpelling,
	"client-certificate-page":     checkCertificatePages,
	"bearer-challenge":            checkBearerChallenge,
	"request-id-differs":          checkRequestID,
	"answers-late":                checkLateAnswers,
	"http-odd-framing":            checkOddHTTP,
	"body-without-end":            checkEndlessBody,
	"body-gzip-bomb":              checkGzipBomb,
	"content-encoding":            checkContentEncoding,
	"body-of-exactly-the-limit":   checkExactLimit,
	"headers-without-end":         checkEndlessHeader,
	"server-stalls":               checkStalls,
	"context-cancelled":           checkCancelled,
	"calls-at-once":               checkConcurrency,
	"callers-client":              checkCallersClient,
	"redirect":                    checkRedirectToAnotherHost,
	"redirect-with-body":          checkRedirectOfABody,
	"redirect-to-http":            checkRedirectToPlainHTTP,
	"links-not-followed":          checkLinksAreText,
	"base-url-unusable":           checkBaseURLs,
	"account-id-dots":             checkAccountIDs("", ".", ".."),
	"account-id-unusable":         checkOddAccountIDs,
	"batch-ids":                   checkBatchIDs,
	"credential-unsendable":       checkControlInHeaders,
	"credential-empty":            checkEmptyCredentials,
	"credential-with-scheme":      checkSchemeInToken,
	"parameters-nil":              checkRequiredParameters,
	"psu-addresses":               checkPSUAddress,
	"credential-outside-ascii":    checkForeignLetters,
	"errors-disclose-nothing":     checkErrorsHide,
	"values-disclose-nothing":     checkValuesHide,
	"tls-untrusted":               checkServerCertificates,
	"tls-texts":                   checkCertificateTexts,
	"tls-client-certificate":      checkClientCertificates,
	"signing-digest-without-body": checkSignatureWithoutBody,
	"signing-digest-of-body":      checkSignatureOfBody,
	"signing-optional-headers":    checkSignedHeaders,
	"signing-time":                checkOneInstant,
	"callers-second-try":          checkNothingTwice,
	"no-retry":                    checkOneRequest(psu),
	"no-retry-unattended":         checkOneRequest(adapters.Unattended()),
	"retry-after-beyond-deadline": checkLongWait,
	"connection-broken-off":       checkBrokenConnection,
	"token-refused":               checkDeadToken,
}

// Catalogue returns all cases in their order. A minor version may add, change and rename them.
func Catalogue() ([]Case, error) {
	all, err := entries()
	cases := make([]Case, len(all))
	for i, entry := range all {
		cases[i] = entry.Case
	}
	return cases, err
}

func entries() ([]entry, error) {
	files, err := fs.Glob(catalogueFiles, "catalogue/*.json")
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, file := range files {
		text, err := catalogueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var group []entry
		if err := unmarshalKnown(text, &group); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, group...)
	}
	return all, nil
}

// catalogue runs every case against the adapter.
func (h Harness) catalogue(t *testing.T) {
	cases, err := entries()
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.run(t, h)
		})
	}
}

// Signing runs only the cases of the catalogue that are about signatures. It is for an adapter that can do without, whose
// suite runs without one: signing would take most of its time.
func Signing(t *testing.T, h Harness) {
	t.Parallel()
	h.load(t)
	cases, err := entries()
	require.NoError(t, err)
	for _, c := range cases {
		if strings.HasPrefix(c.Name, "signing-") || c.Name == "callers-second-try" {
			t.Run(c.Name, func(t *testing.T) { c.run(t, h) })
		}
	}
}

func (c entry) run(t *testing.T, h Harness) {
	applied := false
	for _, body := range c.Bodies {
		if body.applies(t, h) {
			body.run(t, h)
			applied = true
		}
	}
	switch check := checks[c.Name]; {
	case check != nil && applied:
		t.Run("check", func(t *testing.T) { check(t, h) }) // what it skips does not skip the case
	case check != nil:
		check(t, h)
	case !applied && len(c.Tests) > 0:
		t.Skip("see " + strings.Join(c.Tests, ", "))
	case !applied:
		t.Skip("does not apply: the provider's answers have no such place")
	}
}
