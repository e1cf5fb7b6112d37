package httpsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	wordStart = "=?utf-8?B?"
	wordEnd   = "?="
	maxValue  = 8 << 10
)

var errForm = errors.New("httpsig: the Signature value is malformed")

// Verify checks a Signature value, bare or wrapped, against req and returns the
// names it covers. It is meant for tests and for the sandbox and so is strict:
// algorithm must be rsa-sha256, names lower-case. What else must hold is the
// caller's part: which headers have to be covered, the age of Date, and that the
// header Digest is the [Digest] of the body, which Verify does not read.
func Verify(req *http.Request, headerValue string, pub crypto.PublicKey) (covered []string, err error) {
	key, err := rsaKey(pub)
	if err != nil {
		return nil, err
	}
	return verify(req, headerValue, key)
}

// ReadKeyID returns the key id of a Signature value, by which a server finds the
// key. Nothing has been verified yet.
func ReadKeyID(headerValue string) (string, error) {
	params, err := parse(headerValue)
	if err != nil {
		return "", err
	}
	return params["keyId"], nil
}

func verify(req *http.Request, headerValue string, key *rsa.PublicKey) ([]string, error) {
	if req == nil || req.URL == nil {
		return nil, errors.New("httpsig: no request, or a request without URL")
	}
	params, err := parse(headerValue)
	if err != nil {
		return nil, err
	}
	if params["algorithm"] != algorithm {
		return nil, errors.New("httpsig: the algorithm is not " + algorithm)
	}
	covered := coveredNames(params)
	if err := checkNames(covered); err != nil {
		return nil, err
	}
	text, err := signingString(req, covered)
	if err != nil {
		return nil, err
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(params["signature"])
	if err != nil {
		return nil, errForm
	}
	sum := sha256.Sum256([]byte(text))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return nil, errors.New("httpsig: the signature does not match the request")
	}
	return covered, nil
}

// coveredNames knows the draft's default: no headers parameter means date.
func coveredNames(params map[string]string) []string {
	headers, ok := params["headers"]
	if !ok {
		return []string{"date"}
	}
	return strings.Split(headers, " ")
}

// parse reads name="value" pairs. A value ends at the next double quote and not
// before, so that it may hold commas and backslashes.
func parse(headerValue string) (map[string]string, error) {
	rest, err := unwrap(headerValue)
	if err != nil {
		return nil, err
	}
	params := map[string]string{}
	for more := true; more; {
		var name, value string
		var ok bool
		if name, value, rest, ok = cutParameter(rest); !ok {
			return nil, errForm
		}
		if _, twice := params[name]; twice {
			return nil, errors.New("httpsig: the Signature value has a parameter twice")
		}
		params[name] = value
		rest, more = strings.CutPrefix(rest, ",")
	}
	if rest != "" || params["keyId"] == "" || params["signature"] == "" {
		return nil, errForm
	}
	return params, nil
}

func cutParameter(s string) (name, value, rest string, ok bool) {
	name, rest, _ = strings.Cut(s, `="`)
	name = strings.Trim(name, " ")
	value, rest, ok = strings.Cut(rest, `"`)
	return name, value, strings.TrimLeft(rest, " "), ok && isToken(name)
}

// unwrap takes a bare ASCII value or exactly one utf-8 B-word. mime.WordDecoder
// is too kind here: it passes on what it cannot read.
func unwrap(value string) (string, error) {
	if len(value) > maxValue || !isASCII(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", errors.New("httpsig: the Signature value is too long or not printable ASCII")
	}
	if !strings.HasPrefix(value, "=?") {
		return value, nil
	}
	word, ok := strings.CutSuffix(value, wordEnd)
	if !ok || len(word) < len(wordStart) || !strings.EqualFold(word[:len(wordStart)], wordStart) {
		return "", errForm
	}
	inner, err := base64.StdEncoding.Strict().DecodeString(word[len(wordStart):])
	if err != nil || !utf8.Valid(inner) || strings.ContainsFunc(string(inner), unicode.IsControl) {
		return "", errForm
	}
	return string(inner), nil
}
