package contract

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
)

// Check tells everything in which a document falls short of what package specs describes: OpenAPI itself, the
// provenance head, names and accounts of the examples, and whether each example is valid or invalid as it claims to be.
func (d *Document) Check(ctx context.Context) error {
	problems := []error{
		d.Spec.Validate(ctx), d.checkHead(), d.checkConfidence(), d.checkFormats(), d.checkDeclared(), d.checkNames(),
		d.checkLists(),
	}
	for _, e := range d.examples {
		if err := d.checkExample(ctx, e); err != nil {
			problems = append(problems, fmt.Errorf("example %s: %w", e.Name, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("specs/%s/openapi.yaml:\n%w", d.Provider, err)
	}
	return nil
}

var (
	dayPattern  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	confidences = []string{"documented", "inferred", "unknown"}
)

// checkHead checks info.x-provenance.
func (d *Document) checkHead() error {
	head := d.tree.get(&d.tree.root, "info", "x-provenance")
	var problems []error
	for _, key := range []string{"source", "apiVersion"} {
		if d.tree.text(head, key) == "" {
			problems = append(problems, fmt.Errorf("x-provenance: %s is missing", key))
		}
	}
	if !dayPattern.MatchString(d.tree.text(head, "read")) {
		problems = append(problems, errors.New("x-provenance: read is not a day such as 2026-11-20"))
	}
	problems = append(problems, d.checkEntries(head, "inferred", "fact", "source", "confidence"))
	problems = append(problems, d.checkEntries(head, "deviations", "what", "why"))
	return errors.Join(problems...)
}

// checkEntries checks that a list of the head has entries, and that each has the keys.
func (d *Document) checkEntries(head *yaml.Node, list string, keys ...string) error {
	entries := d.tree.get(head, list)
	if entries == nil || entries.Kind != yaml.SequenceNode {
		return fmt.Errorf("x-provenance: the list %s is missing", list)
	}
	for i, entry := range entries.Content {
		for _, key := range keys {
			text := d.tree.text(entry, key)
			if text == "" || key == "confidence" && !slices.Contains(confidences, text) {
				return fmt.Errorf("x-provenance: %s %d: %s is missing or unknown", list, i+1, key)
			}
		}
	}
	return nil
}

// checkConfidence checks that every x-confidence has a known value and an x-source beside it.
func (d *Document) checkConfidence() error {
	var problems []error
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			for key, value := range d.tree.pairs(n) {
				known := slices.Contains(confidences, value.Value) && d.tree.text(n, "x-source") != ""
				if key == "x-confidence" && !known {
					err := fmt.Errorf("line %d: x-confidence is unknown or has no x-source", value.Line)
					problems = append(problems, err)
				}
			}
		}
		for _, child := range n.Content {
			visit(child)
		}
	}
	visit(&d.tree.root)
	return errors.Join(problems...)
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

// checkDeclared refuses parameters that OpenAPI ignores, and those without an example.
func (d *Document) checkDeclared() error {
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

// checkNames refuses two examples with one name, or answers for one account.
func (d *Document) checkNames() error {
	var problems []error
	names, accounts := map[string]*yaml.Node{}, map[string]*yaml.Node{}
	for _, e := range d.examples {
		if other := names[e.Name]; other != nil && other != e.source {
			problems = append(problems, fmt.Errorf("two examples are called %s", e.Name))
		}
		if other := accounts[e.Account]; e.Account != "" && other != nil && other != e.source {
			problems = append(problems, fmt.Errorf("example %s: its x-sandbox-account is taken", e.Name))
		}
		names[e.Name], accounts[e.Account] = e.source, e.source
	}
	return errors.Join(problems...)
}

// checkExample checks an example as the message it stands for.
func (d *Document) checkExample(ctx context.Context, e Example) error {
	if e.Summary == "" || !e.Valid && e.Reason == "" {
		return errors.New("summary or reason is missing")
	}
	req, err := d.SampleRequest(ctx, "http://sandbox", e.Operation, e.asked()...)
	if err != nil {
		return err
	}
	if e.Status == 0 {
		body, err := e.Body()
		if err != nil {
			return err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	err = d.ValidateRequest(ctx, req)
	if err == nil && e.Status != 0 {
		err = d.ValidateResponse(ctx, req, e.Status, d.SampleResponseHeader(req, e.Status), e.JSON)
	}
	return e.verdict(err)
}

// asked returns the accounts that a request answered by the example asks for.
func (e Example) asked() []string {
	if e.Account != "" {
		return []string{e.Account}
	}
	return e.Accounts
}

// verdict compares the outcome of a validation with what the example claims. An invalid one must fail by its body.
func (e Example) verdict(err error) error {
	var broken *Error
	switch {
	case e.Valid:
		return err
	case err == nil:
		return errors.New("stands under x-invalid-examples but is valid")
	case errors.As(err, &broken) && strings.Contains(broken.Part, " body"):
		return nil
	}
	return err
}
