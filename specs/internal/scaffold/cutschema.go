package main

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shape is a schema without references, allOf and lists of types.
type shape struct {
	kind, reference string
	nullable        bool
	values          []*yaml.Node // that are listed
	keys            map[string]*yaml.Node
	names           []string // of the properties, in order
	properties      map[string]*yaml.Node
	required        []string
	items, free     *yaml.Node
}

func (s shape) format() string { return text(s.keys["format"]) }

// kept are the words of a schema that a document of ours may have, in its order.
var kept = []string{"format", "pattern", "minLength", "maxLength", "minimum", "maximum"}

// deepest is how far schemas may lie within each other.
const deepest = 64

func (c *cutter) shape(n *yaml.Node, name string, depth int) shape {
	s := shape{keys: map[string]*yaml.Node{}, properties: map[string]*yaml.Node{}, reference: reference(n)}
	if n = c.resolve(n); depth > deepest {
		c.fail("the schema %s refers to itself; cure: make new without FROM", name)
		return s
	}
	for key, value := range c.members(n) {
		switch key {
		case "type":
			for _, kind := range append(c.elements(value), value) {
				if kind.Value == "null" {
					s.nullable = true
				} else if kind.Kind == yaml.ScalarNode {
					s.kind = kind.Value
				}
			}
		case "nullable":
			s.nullable = s.nullable || value.Value == "true"
		case "enum":
			s.values = slices.DeleteFunc(slices.Clone(c.elements(value)), func(n *yaml.Node) bool { return n.Tag == "!!null" })
		case "const":
			s.values = []*yaml.Node{value}
		case "properties":
			for member, property := range c.members(value) {
				s.property(member, property)
			}
		case "required":
			for _, member := range c.elements(value) {
				s.required = append(s.required, member.Value)
			}
		case "items":
			s.items = value
		case "additionalProperties":
			if value.Kind == yaml.MappingNode && len(value.Content) > 0 {
				s.free = value
			}
		case "allOf":
			for _, part := range c.elements(value) {
				s.merge(c.shape(part, name, depth+1))
			}
		case "oneOf", "anyOf":
			c.oneOf(&s, c.elements(value), name, depth)
		case "examples":
			if list := c.elements(value); len(list) > 0 {
				s.keys["example"] = list[0]
			}
		default:
			s.keys[key] = value
		}
	}
	if s.kind == "" {
		switch {
		case len(s.names) > 0 || s.free != nil:
			s.kind = "object"
		case s.items != nil:
			s.kind = "array"
		default:
			s.kind = "string"
		}
	}
	return s
}

func (s *shape) property(name string, schema *yaml.Node) {
	if s.properties[name] == nil {
		s.names = append(s.names, name)
	}
	s.properties[name] = schema
}

// merge adds what another schema says, where this one says nothing.
func (s *shape) merge(other shape) {
	for _, name := range other.names {
		s.property(name, other.properties[name])
	}
	for key, value := range other.keys {
		if s.keys[key] == nil {
			s.keys[key] = value
		}
	}
	s.required = append(s.required, other.required...)
	if s.kind == "" {
		s.kind = other.kind
	}
	if s.items == nil {
		s.items = other.items
	}
	if s.free == nil {
		s.free = other.free
	}
	if len(s.values) == 0 {
		s.values = other.values
	}
	if s.reference == "" {
		s.reference = other.reference
	}
	s.nullable = s.nullable || other.nullable
}

// oneOf makes one schema of several: all properties, and none required that not all of them require.
func (c *cutter) oneOf(s *shape, parts []*yaml.Node, name string, depth int) {
	var others []shape
	for _, part := range parts {
		if text(c.get(part, "type")) == "null" {
			s.nullable = true
			continue
		}
		others = append(others, c.shape(part, name, depth+1))
	}
	if len(others) > 1 {
		c.leave("that %s is one of several schemas", name)
	}
	for i, other := range others {
		for _, compared := range others {
			other.required = slices.DeleteFunc(slices.Clone(other.required), func(member string) bool { return !slices.Contains(compared.required, member) })
		}
		if len(others) > 1 {
			other.reference = ""
			if i > 0 && len(other.values) > 0 {
				s.values = append(s.values, other.values...)
			}
		}
		s.merge(other)
	}
}

// component returns the reference to an object or a list that has a name. Those of the file that have none and are alike
// become one.
func (c *cutter) component(n *yaml.Node, name string, good bool) *yaml.Node {
	s, answer := c.shape(n, name, 0), c.answer
	c.answer = ""
	build := func(made *yaml.Node, known string) {
		if s.kind == "array" {
			c.list(made, s, known, good, 0)
		} else {
			c.object(made, s, known, good)
		}
	}
	made := mapping("type", s.kind, "description", s.says(c.mark+": what it is"))
	key := "schemas " + s.reference
	if s.reference == "" {
		build(made, name)
		alike, _ := toYAML(made)
		key += alike
	}
	if c.names[key] == "" {
		if c.names[key] = answer; answer == "" {
			c.names[key] = c.unique("schemas", title(identifier(name, "Schema")))
		}
		c.group("schemas", c.names[key], made)
		if s.reference != "" { // which may refer to itself
			build(made, c.names[key])
		}
	}
	return mapping("$ref", "#/components/schemas/"+c.names[key])
}

func (c *cutter) object(made *yaml.Node, s shape, name string, good bool) {
	required, properties := sequence(), mapping()
	for _, member := range s.names {
		if slices.Contains(s.required, member) {
			required.Content = append(required.Content, scalar(member))
		}
	}
	if len(required.Content) > 0 {
		add(made, "required", required)
	}
	for _, member := range s.names {
		property := c.use(s.properties[member], name+title(member), good, 0)
		if reference(property) != "" {
			property = mapping("description", c.shape(s.properties[member], member, 0).says(c.mark+": what it is"), "allOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{property}})
		}
		c.money(property, member)
		add(properties, member, property)
	}
	add(made, "properties", properties)
	c.leaveRest(s, name)
}

var (
	amounts    = regexp.MustCompile(`(?i)amount`)
	currencies = regexp.MustCompile(`(?i)currency$`)
)

// money makes amounts exact and currencies codes.
func (c *cutter) money(property *yaml.Node, name string) {
	if text(c.get(property, "type")) != "string" {
		return
	}
	rest := mapping()
	pattern := text(c.get(property, "pattern"))
	switch {
	case currencies.MatchString(name):
		pattern = "^[A-Z]{3}$"
		without(property, "x-extensible-enum", "minLength", "maxLength")
	case amounts.MatchString(name):
		add(rest, "format", scalar("decimal"))
		if pattern == "" {
			pattern = `^-?[0-9]{1,18}(\.[0-9]{1,10})?$`
		}
	default:
		return
	}
	without(property, "pattern", "format")
	add(rest, "pattern", quoted(pattern))
	property.Content = slices.Insert(property.Content, 4, rest.Content...) // behind type and description
}

// use is a schema where it stands: a reference to an object with a name, or anything else written out.
func (c *cutter) use(n *yaml.Node, name string, good bool, depth int) *yaml.Node {
	s := c.shape(n, name, depth)
	if s.kind == "object" && len(s.names) > 0 {
		if s.reference != "" {
			name = title(s.reference[strings.LastIndex(s.reference, "/")+1:])
		}
		return c.component(n, name, good)
	}
	made := mapping("type", s.kind, "description", s.says(c.mark+": what it is, and what its absence means"))
	switch {
	case s.kind == "array":
		c.list(made, s, name, good, depth)
		return made
	case s.kind == "object" && s.free != nil:
		add(made, "additionalProperties", c.use(s.free, name+"Value", false, depth+1))
	case s.kind != "object":
		c.limit(made, s, name)
	}
	if good {
		add(made, "x-maps-to", scalar(c.mark))
	}
	if example := s.keys["example"]; example != nil && s.kind != "object" {
		add(made, "example", c.copy(example, 0))
	}
	c.leaveRest(s, name)
	return made
}

func (c *cutter) list(made *yaml.Node, s shape, name string, good bool, depth int) {
	if s.items == nil {
		c.fail("the list %s has no items; cure: make new without FROM", name)
		return
	}
	inner := c.shape(s.items, name, depth+1)
	named := inner.kind == "object" && len(inner.names) > 0
	if good {
		declared := scalar(c.mark)
		if named {
			declared.LineComment = "# " + c.mark + ": such as {each: balance} or {each: account}; or no x-maps-to, and its elements are looked into"
		}
		add(made, "x-maps-to", declared)
	}
	items := c.use(s.items, strings.TrimSuffix(name, "s")+"Item", good && named, depth+1)
	if strings.Contains(text(child(items, "description")), c.mark) {
		without(items, "description") // the list has one
	}
	c.leaveRest(s, name)
	add(made, "items", items)
}

// limit adds what a value may be. Numbers have no binary limits, times no format, and lists of values are open.
func (c *cutter) limit(made *yaml.Node, s shape, name string) {
	if s.nullable {
		add(made, "nullable", boolean(true))
	}
	for _, key := range kept {
		value := s.keys[key]
		if value == nil || s.kind == "number" || key == "format" && value.Value != "uuid" {
			continue
		}
		if value = c.copy(value, 0); key == "pattern" {
			value.Style = yaml.SingleQuotedStyle
		}
		add(made, key, value)
	}
	if len(s.values) > 0 && s.kind == "string" {
		add(made, "x-extensible-enum", c.copy(&yaml.Node{Kind: yaml.SequenceNode, Content: s.values}, 0))
	}
}

// silent are words that change nothing, and formats that no document of ours has.
var (
	silent  = append([]string{"description", "example", "title", "xml", "externalDocs", "deprecated", "$schema", "default", "readOnly", "writeOnly"}, kept[1:]...)
	formats = []string{"date", "date-time", "double", "float", "int32", "int64", "uuid"}
)

func (c *cutter) leaveRest(s shape, name string) {
	for key, value := range s.keys {
		known := slices.Contains(silent, key) || strings.HasPrefix(key, "x-") || key == "format" && slices.Contains(formats, value.Value)
		if !known {
			c.leave("%s of %s", strings.TrimSpace(key+" "+text(value)), name)
		}
	}
}

// sample is an example made of those of the properties. What lies in a schema of its own kind is left out.
func (c *cutter) sample(n *yaml.Node, within ...string) *yaml.Node {
	s := c.shape(n, "", len(within))
	switch example := s.keys["example"]; {
	case c.problem != nil:
	case example != nil:
		return c.copy(example, 0)
	case s.kind == "array":
		return &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{c.sample(s.items, append(within, s.reference)...)}}
	case s.kind == "object":
		made := mapping()
		for _, name := range s.names {
			property := s.properties[name]
			if to := reference(property); to == "" || !slices.Contains(within, to) && to != s.reference {
				add(made, name, c.sample(property, append(within, s.reference)...))
			}
		}
		return made
	case len(s.values) > 0:
		return c.copy(s.values[0], 0)
	case s.kind == "boolean":
		return boolean(true)
	case s.kind == "number" || s.kind == "integer":
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "0"}
	}
	return scalar(c.mark)
}
