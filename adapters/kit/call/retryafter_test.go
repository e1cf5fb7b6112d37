package call_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
)

const week = 7 * 24 * time.Hour

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"120":                             2 * time.Minute,
		"007":                             7 * time.Second,
		"604800":                          week,
		"604801":                          week,
		"1000000000":                      week,
		"18446744073709551615":            week,
		"99999999999999999999":            week,
		"Fri, 02 Jan 2026 04:04:05 GMT":   time.Hour,
		"Friday, 02-Jan-26 04:04:05 GMT":  time.Hour,
		"Fri Jan  2 04:04:05 2026":        time.Hour,
		"Fri, 02 Jan 2099 04:04:05 GMT":   week,
		"Fri, 31 Dec 9999 23:59:59 GMT":   week,
		"":                                0,
		"0":                               0,
		"-1":                              0,
		"+5":                              0,
		"1.5":                             0,
		"1e3":                             0,
		"5, 10":                           0,
		"soon":                            0,
		"Fri, 02 Jan 2026 03:04:05 GMT":   0,
		"Thu, 01 Jan 1970 00:00:00 GMT":   0,
		"Mon, 01 Jan 0001 00:00:00 GMT":   0,
		"Friday, 02-Jan-26 04:04:05 PST":  0,
		"2026-01-02T04:04:05Z":            0,
		"Fri, 02 Jan 2026 04:04:05 +0100": 0,
	} {
		got := call.RetryAfter(http.Header{"Retry-After": {value}}, now)
		if want == 0 {
			assert.Zero(t, got, value)
		} else {
			assert.Equal(t, now.Add(want), got, value)
		}
	}
	assert.Zero(t, call.RetryAfter(http.Header{}, now))
	assert.Zero(t, call.RetryAfter(http.Header{"Retry-After": {"5", "5"}}, now), "two say nothing")
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"120", "1000000000", "-1", "Fri, 02 Jan 2026 04:04:05 GMT", "Friday, 02-Jan-26 04:04:05 GMT"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := call.RetryAfter(http.Header{"Retry-After": {value}}, now)
		if !got.IsZero() {
			assert.True(t, got.After(now) && !got.After(now.Add(week)), "%v", got)
		}
	})
}
