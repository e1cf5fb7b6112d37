package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
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
	for route := range d.operations() {
		for _, p := range route.parameters() {
			if extension, ok := p.Value.Extensions[signatureKey]; ok {
				if err := d.readSignature(route, p.Value, extension); err != nil {
					return fmt.Errorf("%s: %s of %s: %w", route.Operation.OperationID, signatureKey, p.Value.Name, err)
				}
			}
		}
	}
	return nil
}

func (d *Document) readSignature(route *Route, p *openapi3.Parameter, extension any) error {
	text, err := json.Marshal(extension)
	if err != nil {
		return err
	}
	signature := &Signature{Header: p.Name}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(signature); err != nil {
		return err
	}
	if err := d.complete(signature, route, p); err != nil {
		return err
	}
	d.signatures[route.Operation.OperationID] = signature
	return nil
}

// complete follows the names in a signature and refuses one that cannot be checked.
func (d *Document) complete(s *Signature, route *Route, p *openapi3.Parameter) error {
	operation := route.Operation.OperationID
	refused := d.First(func(e specs.Example) bool {
		return e.Operation == operation && e.Name == s.Refusal && e.Status >= http.StatusBadRequest
	})
	certificate := route.parameters().GetByInAndName(openapi3.ParameterInHeader, s.Certificate)
	credentials, _ := d.Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any)
	key, _ := credentials[s.Key].(string)
	switch {
	case p.In != openapi3.ParameterInHeader:
		return errors.New("not a header")
	case d.signatures[operation] != nil:
		return errors.New("the operation has another signature")
	case refused == nil:
		return errors.New("refusal is not an error example of the operation")
	case s.Kind != CavageSignature && s.Kind != BodyHashSignature:
		return errors.New("unknown kind")
	case s.Kind == CavageSignature && (certificate == nil || len(s.Covered) == 0):
		return errors.New("certificate is not a header of the operation, or covered is missing")
	case s.Kind == BodyHashSignature && key == "":
		return errors.New("key is not in x-sandbox-credentials")
	}
	s.Key = key
	return nil
}
