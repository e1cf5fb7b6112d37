package answer

import (
	"errors"
	"mime"
	"net/http"
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
		return complete(&Error{Detail: "X-Request-ID: another request's", Err: ErrAnotherRequest}, response)
	}
	body := buffers.Get().(*buffer)
	defer body.release()
	if response.StatusCode != http.StatusOK {
		_ = body.fill(response.Body, maxRefusal) // what there is of it helps; the status counts
		return complete(&Error{Body: append([]byte(nil), body.data...)}, response)
	}
	if problem := contentProblem(response.Header); problem != "" {
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

// contentProblem returns why a body cannot be read as plain UTF-8 JSON, or "".
func contentProblem(header http.Header) string {
	if values := header["Content-Type"]; len(values) == 1 && values[0] == "application/json" && header["Content-Encoding"] == nil {
		return ""
	}
	for _, encoding := range header.Values("Content-Encoding") {
		if encoding != "" && !strings.EqualFold(encoding, "identity") {
			return "encoded in a way that was not asked for"
		}
	}
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || media != "application/json" || len(header.Values("Content-Type")) != 1 {
		return "not application/json"
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "not UTF-8"
	}
	return ""
}
