// Package check says what keeps a text or an address from being used. The problems it names never repeat the value.
package check

// maxHeader is what common servers take as one header line.
const maxHeader = 8 << 10

// Header returns what keeps value from being sent as a header, or "" if nothing does. Non-ASCII text is refused
// because no two servers read it alike.
func Header(value string) string {
	switch {
	case value == "":
		return "missing"
	case len(value) > maxHeader:
		return "too long"
	case value[0] == ' ' || value[len(value)-1] == ' ':
		return "starts or ends with a blank"
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] == 0x7f {
			return "holds a control character"
		}
		if value[i] > 0x7f {
			return "holds a character outside ASCII"
		}
	}
	return ""
}
