package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	largest = 16 << 20 // bytes of an OpenAPI file, whose nodes take many times as much
	most    = 100_000  // nodes that are taken over
)

// readOpenAPI reads a file of YAML or JSON.
func readOpenAPI(file string) (*yaml.Node, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%w; cure: name the provider's OpenAPI file", errors.Unwrap(err))
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, largest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w; cure: name the provider's OpenAPI file", errors.Unwrap(err))
	case len(data) > largest:
		return nil, fmt.Errorf("larger than %d MiB; cure: cut the operations' part out of it first", largest>>20)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("neither YAML nor JSON: %s; cure: name the provider's OpenAPI file", oneLine(err.Error()))
	}
	if len(document.Content) == 1 {
		if strings.HasPrefix(text(child(document.Content[0], "openapi")), "3.") {
			return document.Content[0], nil
		}
	}
	return nil, errors.New("not OpenAPI 3; cure: name another file, or convert it to OpenAPI 3 first")
}

// resolve follows aliases and local references to the node they mean.
func (c *cutter) resolve(n *yaml.Node) *yaml.Node {
	for range deepest {
		switch to := reference(n); {
		case n == nil:
			return nil
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		case to == "":
			return n
		case !strings.HasPrefix(to, "#/"):
			c.fail("it refers to another file, %s; cure: bundle all of it into one file first", oneLine(to))
			return nil
		default:
			n = c.root
			for _, key := range strings.Split(to[len("#/"):], "/") {
				n = child(n, strings.NewReplacer("~1", "/", "~0", "~", "%7B", "{", "%7D", "}").Replace(key))
				if n != nil && n.Kind == yaml.AliasNode {
					n = n.Alias
				}
			}
			if n == nil {
				c.fail("nothing is at %s; cure: correct the file", oneLine(to))
			}
		}
	}
	c.fail("the reference %s leads in a circle; cure: correct the file", oneLine(reference(n)))
	return nil
}

// child is a member or an element of a node itself.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	if i, err := strconv.Atoi(key); n.Kind == yaml.SequenceNode && err == nil && i >= 0 && i < len(n.Content) {
		return n.Content[i]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// get follows names down, through references; nil where there is nothing.
func (c *cutter) get(n *yaml.Node, names ...string) *yaml.Node {
	n = c.resolve(n)
	for _, name := range names {
		n = c.resolve(child(n, name))
	}
	return n
}

func (c *cutter) members(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		n := c.resolve(n)
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			value := n.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			if !yield(n.Content[i].Value, value) {
				return
			}
		}
	}
}

func (c *cutter) elements(n *yaml.Node) []*yaml.Node {
	if n = c.resolve(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// copy takes a value over as it is, without aliases, comments and style.
func (c *cutter) copy(n *yaml.Node, depth int) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if c.copied++; c.copied > most || depth > deepest {
		c.fail("more than %d values, or %d within each other; cure: make the examples of the file smaller", most, deepest)
		return scalar("")
	}
	made := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	if n.ShortTag() == "!!timestamp" {
		made.Tag = "!!str"
	}
	for _, inner := range n.Content {
		made.Content = append(made.Content, c.copy(inner, depth+1))
	}
	return made
}

// share makes a component of what the file refers to or says twice, and anything else where it stands.
func (c *cutter) share(group, name string, n *yaml.Node, build func(*yaml.Node) *yaml.Node) *yaml.Node {
	to := reference(n)
	key := group + " " + to
	if to == "" {
		source, _ := toYAML(n)
		key += source
		if c.once[key] == nil {
			c.once[key] = build(n)
			return c.once[key]
		}
	}
	known := c.names[key]
	if known == "" {
		if to != "" {
			name = to[strings.LastIndex(to, "/")+1:]
		}
		known = c.unique(group, title(identifier(name, "Part")))
		c.names[key] = known
		made := c.once[key]
		if made == nil {
			made = build(c.resolve(n))
		}
		first := *made
		c.group(group, known, &first)
		*made = *mapping("$ref", "#/components/"+group+"/"+known)
	}
	return mapping("$ref", "#/components/"+group+"/"+known)
}

func (c *cutter) group(group, name string, n *yaml.Node) {
	if c.components[group] == nil {
		c.components[group] = mapping()
	}
	add(c.components[group], name, n)
}

// unique is a name that nothing else in the group has, as Go code tells names apart.
func (c *cutter) unique(group, name string) string {
	made := name
	for i := 2; c.taken[group+" "+strings.ToLower(made)]; i++ {
		made = name + strconv.Itoa(i)
	}
	c.taken[group+" "+strings.ToLower(made)] = true
	return made
}

var (
	word    = regexp.MustCompile(`[A-Za-z0-9]+`)
	notInGo = regexp.MustCompile(`[^\pL\pN]+`)
)

// identifier joins the words of a name; the other if it has none or begins with a digit.
func identifier(name, other string) string {
	words := word.FindAllString(name, -1)
	for i := range words[min(1, len(words)):] {
		words[i+1] = title(words[i+1])
	}
	if made := strings.Join(words, ""); made != "" && (made[0] < '0' || made[0] > '9') {
		return made
	}
	return other
}

// inGo is a name as far as the generator keeps it: without case, and without what is neither letter nor digit.
func inGo(name string) string {
	return strings.ToLower(notInGo.ReplaceAllString(name, ""))
}

func title(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// described is the description of a part.
func (c *cutter) described(n *yaml.Node, otherwise string) *yaml.Node {
	return saying(c.get(n, "description"), otherwise)
}

func (s shape) says(otherwise string) *yaml.Node { return saying(s.keys["description"], otherwise) }

func saying(description *yaml.Node, otherwise string) *yaml.Node {
	return scalar(cmp.Or(strings.TrimSpace(text(description)), otherwise))
}

func toYAML(n *yaml.Node) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(n)
	return out.String(), err
}

// reference is where a node refers to.
func reference(n *yaml.Node) string { return text(child(n, "$ref")) }

func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

// oneLine is the first text that is not empty, in one line of bounded length.
func oneLine(texts ...string) string {
	for _, text := range texts {
		if line := strings.Join(strings.Fields(text), " "); line != "" {
			return line[:min(len(line), 120)]
		}
	}
	return ""
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.SingleQuotedStyle, Value: text}
}

func boolean(value bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(value)}
}

func sequence(texts ...string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, text := range texts {
		n.Content = append(n.Content, scalar(text))
	}
	return n
}

// mapping is made of names and values, which are texts or nodes.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(pairs); i += 2 {
		value, ok := pairs[i+1].(*yaml.Node)
		if !ok {
			value = scalar(pairs[i+1].(string))
		}
		add(n, pairs[i].(string), value)
	}
	return n
}

// add adds a member, unless there is no value.
func add(n *yaml.Node, name string, value *yaml.Node) *yaml.Node {
	return addKey(n, scalar(name), value)
}

func addKey(n, name, value *yaml.Node) *yaml.Node {
	if value != nil {
		n.Content = append(n.Content, name, value)
	}
	return n
}

func without(n *yaml.Node, names ...string) {
	for _, name := range names {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			}
		}
	}
}
