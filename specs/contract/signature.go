package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// signatureKey is the extension of a header parameter that holds a request's signature.
const signatureKey = "x-sandbox-signature"

// SignatureKind is a way of signing requests.
type SignatureKind string

// The kinds of a Signature.
const (
	// CavageSignature is an HTTP signature after draft-cavage-http-signatures-10 with Berlin Group's key id.
	CavageSignature SignatureKind = "cavage"
	// BodyHashSignature is the SHA-256, in lower-case hexadecimal, of the body's base64 followed by a key.
	BodyHashSignature SignatureKind = "bodyHash"
)

// Signature is how the requests of an operation are signed: x-sandbox-signature of the header parameter.
type Signature struct {
	Header      string        `json:"-"`
	Kind        SignatureKind `json:"kind"`
	Certificate string        `json:"certificate"` // cavage: the header with the certificate whose key verifies
	Covered     []string      `json:"covered"`     // cavage: the headers to be covered, each when the request has it
	Key         string        `json:"key"`         // bodyHash: the key; in the document its name in x-sandbox-credentials
	Refusal     string        `json:"refusal"`     // the example that answers a request whose signature is bad
}

// Signature returns how the requests of an operation are signed, nil if they are not. It is not to be changed.
func (d *Document) Signature(operation string) *Signature { return d.signatures[operation] }

// Carries tells whether an Error's part is one of the headers that make up the signature.
func (s *Signature) Carries(part string) bool {
	return part == "header "+s.Header || s.Certificate != "" && part == "header "+s.Certificate
}

// readSignatures looks through all operations.
func (d *Document) readSignatures() error {
	d.signatures = map[string]*Signature{}
	for _, r := range d.routes {
		for method, operation := range r.item.Operations() {
			route := &Route{operation, method, r.path, nil, r.item}
			for _, p := range route.parameters() {
				signature, err := d.readSignature(route, p.Value)
				if err != nil {
					return fmt.Errorf("%s: %s of %s: %w", operation.OperationID, signatureKey, p.Value.Name, err)
				}
				if signature != nil {
					d.signatures[operation.OperationID] = signature
				}
			}
		}
	}
	return nil
}

// readSignature returns nil if the parameter is not a signature.
func (d *Document) readSignature(route *Route, p *openapi3.Parameter) (*Signature, error) {
	extension, ok := p.Extensions[signatureKey]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(extension)
	if err != nil {
		return nil, err
	}
	signature := &Signature{Header: p.Name}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(signature); err != nil {
		return nil, err
	}
	return signature, d.complete(signature, route, p)
}

// complete follows the names in a signature and refuses one that cannot be checked.
func (d *Document) complete(s *Signature, route *Route, p *openapi3.Parameter) error {
	refused := d.first(func(e Example) bool {
		return e.Operation == route.Operation.OperationID && e.Name == s.Refusal && e.Status >= http.StatusBadRequest
	})
	switch {
	case p.In != openapi3.ParameterInHeader:
		return errors.New("not a header")
	case d.signatures[route.Operation.OperationID] != nil:
		return errors.New("the operation has another signature")
	case refused == nil:
		return errors.New("refusal is not an error example of the operation")
	case s.Kind == CavageSignature:
		return s.completeCavage(route)
	case s.Kind == BodyHashSignature:
		return s.completeBodyHash(d.Spec.Info.Extensions)
	}
	return errors.New("unknown kind")
}

func (s *Signature) completeCavage(route *Route) error {
	for _, p := range route.parameters() {
		if p.Value.In == openapi3.ParameterInHeader && p.Value.Name == s.Certificate && len(s.Covered) > 0 {
			return nil
		}
	}
	return errors.New("certificate is not a header of the operation, or covered is missing")
}

func (s *Signature) completeBodyHash(head map[string]any) error {
	credentials, _ := head["x-sandbox-credentials"].(map[string]any)
	key, _ := credentials[s.Key].(string)
	if key == "" {
		return errors.New("key is not in x-sandbox-credentials")
	}
	s.Key = key
	return nil
}
