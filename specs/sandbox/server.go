package sandbox

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// maxRequest bounds the body of a request.
const maxRequest = 1 << 20

// server answers from the examples of one document.
type server struct {
	doc          *openapi.Document
	anySignature bool
}

// answer is a status, and a body where there is one.
type answer struct {
	status int
	body   []byte
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	route, err := s.doc.FindRoute(r)
	if err == nil {
		err = s.doc.ValidateRequest(r.Context(), r)
	}
	if err == nil {
		err = s.verify(r, route.Operation)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	example, code := preference(r.Header)
	if example == "" && code == "" {
		s.write(w, r, s.answer(r, route.Operation))
		return
	}
	found, ok := s.preferred(route.Operation, example, code)
	if !ok {
		writeProblem(w, "the document has no such example or status")
		return
	}
	s.write(w, r, found)
}

// refuse answers a request that breaks the document.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var broken *openapi.Error
	if !errors.As(err, &broken) {
		http.Error(w, "unreadable request", http.StatusBadRequest)
		return
	}
	switch broken.Kind {
	case openapi.NoRoute:
		http.Error(w, "no such path", http.StatusNotFound)
		return
	case openapi.MethodNotAllowed:
		w.Header().Set("Allow", broken.Rule)
		http.Error(w, "no such method", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("X-Sandbox-Violation", broken.Part+": "+broken.Rule)
	route, _ := s.doc.FindRoute(r)
	s.write(w, r, s.refusal(broken, route.Operation))
}

// refusal is the documented answer to a request with a bad signature, to one without credential, or to one that is
// wrong in another way.
func (s *server) refusal(broken *openapi.Error, op *openapi3.Operation) answer {
	signature := s.doc.Signature(op.OperationID)
	switch {
	case broken.Kind == badSignature, signature != nil && signature.Carries(broken.Part):
		named, _ := s.preferred(op, signature.Refusal, "")
		return named
	case broken.Kind == openapi.MissingCredential:
		return s.ofStatus(op, http.StatusUnauthorized)
	}
	bad := s.ofStatus(op, http.StatusBadRequest)
	if named, ok := s.preferred(op, "invalidRequest", ""); ok && bad.body == nil && named.status > bad.status {
		return named
	}
	return bad
}

// answer chooses by the accounts asked for.
func (s *server) answer(r *http.Request, op *openapi3.Operation) answer {
	ids, several, err := s.doc.AskedAccounts(r)
	if err != nil || len(ids) == 0 {
		return s.ofStatus(op, http.StatusOK)
	}
	e := s.doc.First(func(e specs.Example) bool {
		return e.Operation == op.OperationID && (several && slices.Equal(e.Accounts, ids) || !several && e.Account == ids[0])
	})
	if e != nil {
		return answerOf(*e)
	}
	if body := s.batch(op, ids); several && body != nil {
		return answer{status: http.StatusOK, body: body}
	}
	return s.ofStatus(op, http.StatusNotFound)
}

// ofStatus returns the first valid example of a status, or the bare status.
func (s *server) ofStatus(op *openapi3.Operation, status int) answer {
	e := s.doc.First(func(e specs.Example) bool { return e.Operation == op.OperationID && e.Status == status && e.Valid })
	if e == nil {
		return answer{status: status}
	}
	return answerOf(*e)
}

func answerOf(e specs.Example) answer { return answer{status: e.Status, body: e.JSON} }

func (s *server) write(w http.ResponseWriter, r *http.Request, a answer) {
	maps.Copy(w.Header(), s.doc.SampleResponseHeader(r, a.status))
	if len(a.body) == 0 {
		w.Header().Del("Content-Type")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone
}

func writeProblem(w http.ResponseWriter, title string) {
	body, _ := json.Marshal(map[string]string{"title": title})
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(body) // the client has gone
}
