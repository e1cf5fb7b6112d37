package answer

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/internal/wire"
)

// Read gives the body of a 200 with plain JSON to use, which may not keep it, and closes the answer. It reads at most
// limit bytes. An answer that is not a 200 is an [*Error] with its body. An [*Error] of use gets the answer's status and
// headers; another error of use is returned as it is.
func Read(response *http.Response, limit int64, use func(body []byte) error) error {
	if response.Body == nil { // net/http's transport never leaves it out
		response.Body = http.NoBody
	}
	defer func() { _ = response.Body.Close() }()
	if wire.Compare(response) == wire.Another {
		return complete(&Error{Detail: wire.RequestID(response.Request) + ": another request's", Err: ErrAnotherRequest}, response)
	}
	body := buffers.Get().(*buffer)
	defer body.release()
	if response.StatusCode != http.StatusOK {
		_ = body.fill(response.Body, maxRefusal) // what there is of it helps; the status counts
		return complete(&Error{Body: append([]byte(nil), body.data...)}, response)
	}
	if problem := contentProblem(response.Header, asked(response.Request)); problem != "" {
		return complete(&Error{Detail: "content: " + problem}, response)
	}
	if response.ContentLength > limit {
		return complete(unread(errTooLong), response)
	}
	if err := body.fill(response.Body, limit); err != nil {
		return complete(unread(err), response)
	}
	return complete(use(body.data), response)
}

var errTooLong = errors.New("larger than the limit")

// asked is the media type that a request accepts, if it is a relative of JSON's such as application/hal+json.
func asked(request *http.Request) string {
	if request == nil || !strings.HasSuffix(request.Header.Get("Accept"), "+json") {
		return "application/json"
	}
	return request.Header.Get("Accept")
}

// contentProblem returns why a body cannot be read as plain UTF-8 JSON, or "". That its bytes are UTF-8 is checked anyway,
// so a charset only has to name UTF-8 or a part of it, however it is written or repeated. A relative of JSON's media type
// has to be the one that was asked for.
func contentProblem(header http.Header, asked string) string {
	media := header["Content-Type"]
	if len(media) == 1 && media[0] == "application/json" && header["Content-Encoding"] == nil {
		return ""
	}
	for coding := range strings.SplitSeq(strings.Join(header["Content-Encoding"], ","), ",") {
		if !slices.Contains(noCodings, strings.ToLower(strings.Trim(coding, blanks))) {
			return "encoded in a way that was not asked for"
		}
	}
	for value := range strings.SplitSeq(strings.Join(media, ","), ",") {
		name, parameters, _ := strings.Cut(value, ";")
		if name = strings.Trim(name, blanks); !strings.EqualFold(name, "application/json") && !strings.EqualFold(name, asked) {
			return "not application/json"
		}
		for parameter := range strings.SplitSeq(parameters, ";") {
			name, charset, valued := strings.Cut(parameter, "=")
			switch name = strings.Trim(name, blanks); {
			case name == "" && valued:
				return "not application/json"
			case strings.EqualFold(name, "charset") && !slices.Contains(utf8Names, letters(charset)):
				return "not UTF-8"
			}
		}
	}
	return ""
}

const blanks = " \t"

var (
	// noCodings are what servers write where nothing is encoded; RFC 9110 knows only the name identity.
	noCodings = []string{"", "identity", "none", "null", "utf-8", "utf8", "us-ascii", "ascii", "binary", "8bit", "7bit", "plain", "text", "json"}
	// utf8Names are UTF-8 and its part ASCII by their names at IANA, as letters and digits.
	utf8Names = []string{
		"", "utf8", "csutf8", "unicode11utf8", "utf8mb4", "cp65001", "65001", "ascii", "usascii", "csascii", "us", "iso646us",
		"iso646irv1991", "isoir6", "ansix341968", "ansix341986", "ibm367", "cp367",
	}
)

// letters are the letters, in lower case, and digits of a charset's name.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case strings.ContainsRune(blanks+"\"'-_.:", r):
			return -1
		}
		return '?'
	}, name)
}
