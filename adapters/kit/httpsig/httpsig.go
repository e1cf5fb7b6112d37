// Package httpsig signs requests after draft-cavage-http-signatures-10, with
// the rules Berlin Group's NextGenPSD2 adds to it.
//
// Not here, on purpose: the algorithm name hs2019 and the created and expires
// parameters of later drafts; response signatures; the Date, Digest and
// certificate headers, which the caller sets before it signs. A signer after
// RFC 9421 is another implementation of [Signer].
//
// Where the documents leave room:
//
//   - A header is covered only when the request carries it. A request that
//     carries none of the wanted headers is refused.
//   - A header that is there but empty is covered, as "name: ".
//   - A value with a control character is refused: it could forge a line.
//   - host and content-length are what net/http will send, not what
//     Request.Header says, because net/http ignores those entries. A host
//     that net/http would rewrite, one outside ASCII, is refused.
//   - The headers parameter is always written, also when it is only "date".
//   - Parameters know no escapes. A double quote is therefore refused in a key
//     id, and the backslashes of a distinguished name go out as they are.
package httpsig

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	algorithm     = "rsa-sha256"
	requestTarget = "(request-target)"

	minKeyBits = 2048
	maxKeyBits = 8192 // bounds the work of Verify
	maxNames   = 64
	maxName    = 64
)

// berlinGroup is the list of Implementation Guidelines 1.3, section 12.2, in
// the order Eika prints it.
var berlinGroup = []string{"date", "digest", "x-request-id", "psu-id", "psu-corporate-id", "tpp-redirect-uri"}

// Signer sets the signature headers of a finished request. It is called last:
// whoever changes the request afterwards breaks the signature.
type Signer interface {
	Sign(req *http.Request) error
}

// Options are the parts of [Cavage] that have a default. Nil means all of them.
type Options struct {
	// Headers are the header names to cover, in this order. "(request-target)"
	// is understood. Nil means date, digest, x-request-id, psu-id,
	// psu-corporate-id, tpp-redirect-uri.
	Headers []string

	// EncodedWord wraps the whole value as one RFC 2047 word,
	// =?utf-8?B?...?=, however long. Eika wants it. A key id that is not ASCII
	// needs it.
	EncodedWord bool

	// EscapedBlanks sends the blanks of the key id as %20.
	EscapedBlanks bool

	// Algorithm is the text of the parameter algorithm where a bank wants another
	// one than rsa-sha256, which the signature is all the same.
	Algorithm string
}

// Cavage signs with RSA PKCS #1 v1.5 and SHA-256 and sets the Signature header.
// It is safe for concurrent use if its key is, as the keys of crypto/rsa are.
type Cavage struct {
	keyed   func(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) // the key's
	public  *rsa.PublicKey
	keyID   string
	headers []string
	wrap    bool
	named   string // the algorithm
}

var _ Signer = (*Cavage)(nil)

// New returns a signer for any RSA key of 2048 to 8192 bits, also one that
// stays in a hardware module. For keyID see [KeyID]; other text is taken as it is.
func New(key crypto.Signer, keyID string, opts *Options) (*Cavage, error) {
	public, err := PublicKey(key)
	if err != nil {
		return nil, err
	}
	return newCavage(key, public, keyID, opts)
}

func newCavage(key crypto.Signer, public *rsa.PublicKey, keyID string, opts *Options) (*Cavage, error) {
	if opts == nil {
		opts = &Options{}
	}
	headers := slices.Clone(opts.Headers)
	if headers == nil {
		headers = slices.Clone(berlinGroup)
	}
	for i, name := range headers {
		headers[i] = strings.ToLower(name)
	}
	if err := checkNames(headers); err != nil {
		return nil, err
	}
	if opts.EscapedBlanks {
		keyID = strings.ReplaceAll(keyID, " ", "%20")
	}
	if err := checkText("key id", keyID); err != nil {
		return nil, err
	}
	if err := checkText("algorithm", cmp.Or(opts.Algorithm, algorithm)); err != nil {
		return nil, err
	}
	if !opts.EncodedWord && !isASCII(keyID+opts.Algorithm) {
		return nil, errors.New("httpsig: a key id or an algorithm that is not ASCII needs Options.EncodedWord")
	}
	return &Cavage{keyed: key.Sign, public: public, keyID: keyID, headers: headers, wrap: opts.EncodedWord, named: cmp.Or(opts.Algorithm, algorithm)}, nil
}

// Sign replaces the Signature header of req. On an error req is as before.
func (c *Cavage) Sign(req *http.Request) error {
	value, err := c.value(req)
	if err != nil {
		return err
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Signature", value)
	return nil
}

// Format prints the type name for every verb, so that no key gets into a log.
func (c Cavage) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "httpsig.Cavage") }

func (c *Cavage) value(req *http.Request) (string, error) {
	if req == nil || req.URL == nil {
		return "", errors.New("httpsig: no request, or a request without URL")
	}
	covered := present(req, c.headers)
	if len(covered) == 0 {
		return "", errors.New("httpsig: the request has none of the headers to sign")
	}
	text, err := signingString(req, covered)
	if err != nil {
		return "", err
	}
	signature, err := c.sign(text)
	if err != nil {
		return "", err
	}
	value := fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`,
		c.keyID, c.named, strings.Join(covered, " "), base64.StdEncoding.EncodeToString(signature))
	if c.wrap {
		value = wordStart + base64.StdEncoding.EncodeToString([]byte(value)) + wordEnd
	}
	return value, nil
}

// sign checks what the key made: a hardware module can be set to another
// padding, and a faulty RSA signature can give the key away.
func (c *Cavage) sign(text string) ([]byte, error) {
	sum := sha256.Sum256([]byte(text))
	signature, err := c.keyed(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, &keyError{cause: err}
	}
	if rsa.VerifyPKCS1v15(c.public, crypto.SHA256, sum[:], signature) != nil {
		return nil, errors.New("httpsig: the key made a signature that is not " + algorithm)
	}
	return signature, nil
}

// keyError keeps the cause for errors.Is and errors.As, but not its text.
type keyError struct{ cause error }

func (e *keyError) Error() string { return "httpsig: the key could not sign" }
func (e *keyError) Unwrap() error { return e.cause }

// Digest returns the value of the Digest header for body; nil is the empty body.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// signingString is the text that is signed; a header that is not there is an error.
func signingString(req *http.Request, names []string) (string, error) {
	lines := make([]string, len(names))
	for i, name := range names {
		value, ok := lookup(req, name)
		if !ok {
			return "", fmt.Errorf("httpsig: the request has no header %s", name)
		}
		if strings.ContainsFunc(value, isControl) {
			return "", fmt.Errorf("httpsig: header %s holds a control character", name)
		}
		if name == "host" && strings.ContainsFunc(value, rewritten) {
			return "", errors.New("httpsig: host is not what is sent; write it in punycode and without a zone")
		}
		lines[i] = name + ": " + value
	}
	return strings.Join(lines, "\n"), nil
}

// rewritten reports whether net/http sends a host with the character in another form.
func rewritten(r rune) bool { return r > '~' || r == '%' }

func present(req *http.Request, names []string) []string {
	var found []string
	for _, name := range names {
		if _, ok := lookup(req, name); ok {
			found = append(found, name)
		}
	}
	return found
}

// lookup returns the value of a header as it will be, or was, on the wire.
func lookup(req *http.Request, name string) (string, bool) {
	switch name {
	case requestTarget:
		return strings.ToLower(cmp.Or(req.Method, http.MethodGet)) + " " + target(req), true
	case "host":
		host := cmp.Or(req.Host, req.URL.Host)
		return host, host != ""
	case "content-length":
		sent := req.ContentLength > 0 && req.Body != nil && req.Body != http.NoBody
		return strconv.FormatInt(req.ContentLength, 10), sent
	}
	values := slices.Clone(req.Header.Values(name))
	for i, value := range values {
		values[i] = strings.Trim(value, " \t")
	}
	return strings.Join(values, ", "), len(values) > 0
}

// target is path and query. A server's RequestURI is what the client wrote,
// also behind http.StripPrefix.
func target(req *http.Request) string {
	if strings.HasPrefix(req.RequestURI, "/") {
		return req.RequestURI
	}
	return req.URL.RequestURI()
}

// checkNames wants lower-case names, each once.
func checkNames(names []string) error {
	if len(names) == 0 || len(names) > maxNames {
		return fmt.Errorf("httpsig: the header list must have 1 to %d names", maxNames)
	}
	for i, name := range names {
		if name != requestTarget && !coverable(name) {
			return errors.New("httpsig: the header list holds something that is not a lower-case name of a header to sign")
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("httpsig: the header list names %s twice", name)
		}
	}
	return nil
}

// coverable refuses the signature itself and what net/http does not send from
// Request.Header.
func coverable(name string) bool {
	switch name {
	case "signature", "trailer", "transfer-encoding":
		return false
	}
	return isToken(name) && name == strings.ToLower(name)
}

func isToken(name string) bool {
	const others = "0123456789!#$%&'*+-.^_`|~"
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	})
}

// PublicKey returns the public part of a key that can sign with RSA, of 2048 to 8192 bits.
func PublicKey(key crypto.Signer) (*rsa.PublicKey, error) {
	v := reflect.ValueOf(key)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("httpsig: no signing key")
	}
	return rsaKey(key.Public())
}

func rsaKey(public crypto.PublicKey) (*rsa.PublicKey, error) {
	key, ok := public.(*rsa.PublicKey)
	if !ok || key == nil || key.N == nil {
		return nil, errors.New("httpsig: " + algorithm + " needs an RSA key")
	}
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return nil, fmt.Errorf("httpsig: the RSA key has %d bits, wanted %d to %d", bits, minKeyBits, maxKeyBits)
	}
	return key, nil
}

// isControl lets a tab pass, which a header value may hold.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }
