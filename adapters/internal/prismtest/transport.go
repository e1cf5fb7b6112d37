package prismtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// transport adds the Prefer header and hands the answer to receive.
type transport struct {
	prefer  string
	receive receive
	sent    *http.Request
	problem error
}

// receive judges the answer of a server and evens out how it differs from the other.
type receive func(request *http.Request, response *http.Response) error

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if t.prefer != "" {
		request.Header.Set("Prefer", t.prefer)
	}
	t.sent = request
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		err = t.receive(request, response)
	}
	t.problem = err
	return response, err
}

// fromSandbox rounds the numbers of an answer as JavaScript does.
func fromSandbox(_ *http.Request, response *http.Response) error {
	if violation := response.Header.Get("X-Sandbox-Violation"); violation != "" {
		return fmt.Errorf("the request breaks the document: %s", violation)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if body, err = throughDoubles(body); err != nil {
			return err
		}
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

// throughDoubles reads and writes JSON as JavaScript would: encoding/json reads a number into a float64, and writes it
// with the rules of ECMAScript.
func throughDoubles(body []byte) ([]byte, error) {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// fromPrism refuses what Prism complains about, and puts each header that the request has as well in the place of the
// example.
func fromPrism(request *http.Request, response *http.Response) error {
	if violations := response.Header.Get("Sl-Violations"); violations != "" {
		return fmt.Errorf("it finds a violation of the document; cure: where it says request, change the adapter, "+
			"where it says response, the example or its schema: %s", violations)
	}
	if response.Header.Get("Content-Type") == "application/problem+json" {
		body, _ := io.ReadAll(response.Body)
		return fmt.Errorf("it refuses the request; cure: change the adapter or the document: %s", body)
	}
	for name := range response.Header {
		if sent := request.Header.Get(name); sent != "" && name != "Content-Type" {
			response.Header.Set(name, sent)
		}
	}
	return nil
}
