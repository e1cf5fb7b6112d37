package wire

import (
	"net/http"
	"regexp"
	"strings"
)

// requestID is the header with the caller's id of a request, unless its trip names another one.
const requestID = "X-Request-Id"

// RequestID is the header with the caller's id of a request, in the canonical form, which is found fastest.
func RequestID(request *http.Request) string {
	if trip := From(request.Context()); trip != nil && trip.RequestID != "" {
		return trip.RequestID
	}
	return requestID
}

// Echo is what the request id of an answer says about the request that it answers.
type Echo int

// The echoes. A gateway may add an id of its own or put it in the place of the caller's.
const (
	None      Echo = iota // no id was sent, or none came back
	Same                  // the id that was sent is there, in any spelling
	Different             // no UUID
	Another               // the UUID of another request
)

// uuids finds a UUID anywhere in a text, or one without hyphens that is an element of a list.
var uuids = regexp.MustCompile(`(?i)(?:^|[^0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:$|[^0-9a-f])` +
	`|(?:^|,)\W*(?:urn:uuid:)?[0-9a-f]{32}\W*(?:,|$)`)

// Compare compares the request id of an answer with the one that was sent. Only a UUID says which request was answered.
func Compare(response *http.Response) Echo {
	if response.Request == nil {
		return None
	}
	name := RequestID(response.Request)
	own, received := response.Request.Header[name], response.Header[name]
	if len(own) == 0 {
		return None
	}
	sent := own[0]
	switch {
	case sent == "" || len(received) == 0 || received[0] == "" && len(received) == 1:
		return None
	case len(sent) == 36 && received[0] == sent:
		return Same
	}
	return compare(sent, strings.Join(received, ","))
}

func compare(sent, received string) Echo {
	switch {
	case !uuids.MatchString(sent):
		if strings.EqualFold(sent, received) {
			return None
		}
		return Different
	case strings.Contains(plain(received), plain(sent)):
		return Same
	case uuids.MatchString(received):
		return Another
	}
	return Different
}

func plain(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
