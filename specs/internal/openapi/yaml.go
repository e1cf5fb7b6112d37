package openapi

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// tree is the YAML source of a document. It keeps what the object model loses: order and the text of numbers.
type tree struct{ root yaml.Node }

// get follows keys down from a mapping, through references. It returns nil where there is nothing.
func (t *tree) get(n *yaml.Node, keys ...string) *yaml.Node {
	n = t.resolve(n)
	for _, key := range keys {
		var next *yaml.Node
		for name, value := range t.pairs(n) {
			if name == key {
				next = value
				break
			}
		}
		n = t.resolve(next)
	}
	return n
}

// follow returns the nodes that keys lead to, where "*" stands for every element of a list.
func (t *tree) follow(n *yaml.Node, keys []string) []*yaml.Node {
	n = t.resolve(n)
	switch {
	case n == nil:
		return nil
	case len(keys) == 0:
		return []*yaml.Node{n}
	case keys[0] != "*":
		return t.follow(t.get(n, keys[0]), keys[1:])
	case n.Kind != yaml.SequenceNode:
		return nil
	}
	var all []*yaml.Node
	for _, element := range n.Content {
		all = append(all, t.follow(element, keys[1:])...)
	}
	return all
}

// pairs yields the members of a mapping in the order written.
func (t *tree) pairs(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		n := t.resolve(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// resolve follows aliases and local references to the node they mean.
func (t *tree) resolve(n *yaml.Node) *yaml.Node {
	for range 16 { // more hops are a circle
		switch ref := reference(n); {
		case n == nil:
			return nil
		case n.Kind == yaml.DocumentNode:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		case ref != "":
			n = t.get(&t.root, keys(ref)...)
		default:
			return n
		}
	}
	return nil
}

// reference returns the local $ref of a mapping.
func reference(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) < 2 || n.Content[0].Value != "$ref" {
		return ""
	}
	return strings.TrimPrefix(n.Content[1].Value, "#")
}

// keys are the parts of an RFC 6901 pointer.
func keys(pointer string) []string { return slices.Collect(jsontext.Pointer(pointer).Tokens()) }

// text returns the scalar under keys, or "".
func (t *tree) text(n *yaml.Node, keys ...string) string {
	if n = t.get(n, keys...); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// texts returns the scalars of the list under keys.
func (t *tree) texts(n *yaml.Node, keys ...string) []string {
	var all []string
	if n = t.get(n, keys...); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, item := range n.Content {
		all = append(all, item.Value)
	}
	return all
}

// toJSON renders a YAML value as indented JSON. Numbers keep their text: 4.200 stays 4.200.
func toJSON(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	// A name that occurs twice is for the validation to find.
	err := writeJSON(jsontext.NewEncoder(&out, jsontext.WithIndent("  "), jsontext.AllowDuplicateNames(true)), n)
	return out.Bytes(), err
}

func writeJSON(enc *jsontext.Encoder, n *yaml.Node) error {
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.AliasNode:
		return writeJSON(enc, n.Alias)
	case n.Kind == yaml.SequenceNode:
		return writeItems(enc, jsontext.BeginArray, n.Content, jsontext.EndArray)
	case n.Kind == yaml.MappingNode:
		return writeItems(enc, jsontext.BeginObject, n.Content, jsontext.EndObject)
	case tag == "!!null":
		return enc.WriteToken(jsontext.Null)
	case tag == "!!bool":
		return enc.WriteToken(jsontext.Bool(strings.EqualFold(n.Value, "true")))
	case tag != "!!int" && tag != "!!float":
		return enc.WriteToken(jsontext.String(n.Value))
	case !jsontext.Value(n.Value).IsValid():
		return fmt.Errorf("line %d: %s is a number in YAML but not in JSON: quote it", n.Line, n.Value)
	}
	return enc.WriteValue(jsontext.Value(n.Value))
}

func writeItems(enc *jsontext.Encoder, begin jsontext.Token, nodes []*yaml.Node, end jsontext.Token) error {
	if err := enc.WriteToken(begin); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := writeJSON(enc, n); err != nil {
			return err
		}
	}
	return enc.WriteToken(end)
}
