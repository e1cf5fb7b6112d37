package call

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// maxWait bounds what a provider can make a caller wait for.
const maxWait = 7 * 24 * time.Hour

// retryAfter returns the time that a Retry-After header names, in seconds from now or as an HTTP date, at most a week
// ahead. Zero if there is none, if there are several, and if it is junk or past.
func retryAfter(header http.Header, now time.Time) time.Time {
	values := header.Values("Retry-After")
	if len(values) != 1 {
		return time.Time{}
	}
	wait, ok := parseWait(values[0], now)
	if !ok || wait <= 0 {
		return time.Time{}
	}
	return now.Add(min(wait, maxWait))
}

func parseWait(value string, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(value, 10, 64) // the highest value if the number is higher
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxWait/time.Second))) * time.Second, true
	}
	date, err := http.ParseTime(value)
	zone, _ := date.Zone()
	return date.Sub(now), err == nil && (zone == "GMT" || zone == "UTC")
}
