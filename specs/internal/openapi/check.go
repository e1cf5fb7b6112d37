package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/openbalances/openbalances/specs"
)

// Check tells everything in which a document falls short of what package specs describes: OpenAPI itself, the
// provenance head, names and accounts of the examples, and whether each example is valid or invalid as it claims to be.
func (d *Document) Check(ctx context.Context) error {
	c := check{Document: d}
	c.add(d.Spec.Validate(ctx))
	c.head()
	c.confidence()
	c.add(d.checkFormats())
	c.add(d.checkParameters())
	c.schemes()
	c.names()
	c.lists()
	for _, e := range d.examples {
		if err := d.checkExample(ctx, e.Example); err != nil {
			c.find("example %s: %w", e.Name, err)
		}
	}
	if err := errors.Join(c.problems...); err != nil {
		return fmt.Errorf("specs/%s/openapi.yaml:\n%w", d.Provider, err)
	}
	return nil
}

// check collects what is wrong with a document.
type check struct {
	*Document
	problems []error
}

func (c *check) add(err error)                   { c.problems = append(c.problems, err) }
func (c *check) find(format string, args ...any) { c.add(fmt.Errorf(format, args...)) }

var (
	dayPattern  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	confidences = []string{"documented", "inferred", "unknown"}
)

// head checks info.x-provenance.
func (c *check) head() {
	head := c.tree.get(&c.tree.root, "info", "x-provenance")
	for _, key := range []string{"source", "apiVersion"} {
		if c.tree.text(head, key) == "" {
			c.find("x-provenance: %s is missing", key)
		}
	}
	if !dayPattern.MatchString(c.tree.text(head, "read")) {
		c.find("x-provenance: read is not a day such as 2026-11-20")
	}
	c.entries(head, "inferred", "fact", "source", "confidence")
	c.entries(head, "deviations", "what", "why")
}

// entries checks that a list of the head has entries, and that each has the keys.
func (c *check) entries(head *yaml.Node, list string, keys ...string) {
	entries := c.tree.get(head, list)
	if entries == nil || entries.Kind != yaml.SequenceNode {
		c.find("x-provenance: the list %s is missing", list)
		return
	}
	for i, entry := range entries.Content {
		for _, key := range keys {
			text := c.tree.text(entry, key)
			if text == "" || key == "confidence" && !slices.Contains(confidences, text) {
				c.find("x-provenance: %s %d: %s is missing or unknown", list, i+1, key)
			}
		}
	}
}

// confidence checks that every x-confidence has a known value and an x-source beside it.
func (c *check) confidence() {
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		value := c.tree.get(n, "x-confidence")
		if value != nil && (!slices.Contains(confidences, value.Value) || c.tree.text(n, "x-source") == "") {
			c.find("line %d: x-confidence is unknown or has no x-source", value.Line)
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	visit(&c.tree.root)
}

// checkFormats refuses a format of texts that nobody checks.
func (d *Document) checkFormats() error {
	known := formats()
	return d.Spec.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		format := ref.Value.Format
		_, own := known[format]
		_, builtin := openapi3.SchemaStringFormats[format]
		if ref.Value.Type.Is(openapi3.TypeString) && format != "" && !own && !builtin {
			return fmt.Errorf("%s: format %q is not checked: teach it to package contract", pointer, format)
		}
		return nil
	})
}

// checkParameters refuses parameters that OpenAPI ignores, and those without an example.
func (d *Document) checkParameters() error {
	ignored := []string{"accept", "authorization", "content-type", "host"}
	return d.Spec.WalkParameters(func(pointer string, ref *openapi3.ParameterRef) error {
		if ref.Value.In == openapi3.ParameterInHeader && slices.Contains(ignored, strings.ToLower(ref.Value.Name)) {
			return fmt.Errorf("%s: header %s cannot be a parameter", pointer, ref.Value.Name)
		}
		if ref.Value.Example == nil {
			return fmt.Errorf("%s: parameter %s has no example", pointer, ref.Value.Name)
		}
		return nil
	})
}

// schemes refuses credentials in a query or a cookie, which no provider asks for.
func (c *check) schemes() {
	if c.Spec.Components == nil {
		return
	}
	for name, scheme := range c.Spec.Components.SecuritySchemes {
		if scheme.Value.Type == "apiKey" && scheme.Value.In != openapi3.ParameterInHeader {
			c.find("security scheme %s: teach package contract credentials outside of headers", name)
		}
	}
}

// names refuses two examples with one name, or answers for one account.
func (c *check) names() {
	names, accounts := map[string]*yaml.Node{}, map[string]*yaml.Node{}
	for _, e := range c.examples {
		if other := names[e.Name]; other != nil && other != e.source {
			c.find("two examples are called %s", e.Name)
		}
		if other := accounts[e.Account]; e.Account != "" && other != nil && other != e.source {
			c.find("example %s: its x-sandbox-account is taken", e.Name)
		}
		names[e.Name], accounts[e.Account] = e.source, e.source
	}
}

// checkExample checks an example as the message it stands for.
func (d *Document) checkExample(ctx context.Context, e specs.Example) error {
	if e.Summary == "" || !e.Valid && e.Reason+e.Refused == "" {
		return errors.New("summary or reason is missing")
	}
	req, err := d.SampleRequest(ctx, "http://sandbox", e.Operation, asked(e)...)
	if err != nil {
		return err
	}
	if e.Status == 0 {
		body, err := Body(e)
		if err != nil {
			return err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	err = d.ValidateRequest(ctx, req)
	if err == nil && e.Status != 0 {
		err = d.ValidateResponse(ctx, req, e.Status, d.SampleResponseHeader(req, e.Status), e.JSON)
	}
	return verdict(e, err)
}

// asked returns the accounts that a request answered by the example asks for.
func asked(e specs.Example) []string {
	if e.Account != "" {
		return []string{e.Account}
	}
	return e.Accounts
}

// verdict compares the outcome of a validation with what the example claims. An invalid one must fail by its body.
func verdict(e specs.Example, err error) error {
	var broken *Error
	switch {
	case Fits(e):
		return err
	case err == nil:
		return errors.New("stands under x-invalid-examples but is valid")
	case errors.As(err, &broken) && strings.Contains(broken.Part, " body"):
		return nil
	}
	return err
}
