package adapters

import "strings"

const (
	maxAccountID = 512
	// accountIDMarks are the RFC 3986 path characters besides letters and digits, without ";" and "%".
	accountIDMarks = "-._~!$&'()*+,=:@"
)

// ValidateAccountID returns an [ErrInvalidArgument] unless id can stand in a request path as it is: not empty, not
// "." or ".." (which would change the endpoint), at most 512 bytes, and free of "/", "?", "#", "%", ";", "\",
// blanks, control and non-ASCII characters. The error never shows the id.
func ValidateAccountID(id string) error {
	switch {
	case id == "":
		return invalid("account id", "missing")
	case id == "." || id == "..":
		return invalid("account id", "names another path")
	case len(id) > maxAccountID:
		return invalid("account id", "longer than 512 bytes")
	case strings.ContainsFunc(id, notInAccountID):
		return invalid("account id", "holds a character that is not allowed")
	}
	return nil
}

func notInAccountID(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune(accountIDMarks, r)
}

func invalid(field, problem string) *Error {
	return &Error{Kind: ErrInvalidArgument, Detail: field + ": " + problem}
}
