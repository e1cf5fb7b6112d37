package check

import "strings"

const (
	maxID = 512
	// idMarks are the RFC 3986 path characters besides letters and digits, without ";" and "%".
	idMarks = "-._~!$&'()*+,=:@"
)

// ID returns what keeps id from standing in a request path as it is, or "" if nothing does.
func ID(id string) string {
	switch {
	case id == "":
		return "missing"
	case id == "." || id == "..":
		return "names another path"
	case len(id) > maxID:
		return "longer than 512 bytes"
	case strings.ContainsFunc(id, notInID):
		return "holds a character that is not allowed"
	}
	return ""
}

func notInID(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune(idMarks, r)
}
