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
	left            []string // what of it has no place here
	parts           int      // of the schema that reference means, names and required
}

func (s shape) format() string { return text(s.keys["format"]) }

// kept are the words of a schema that a document of ours may have, in its order.
var kept = []string{"format", "pattern", "minLength", "maxLength", "minimum", "maximum"}

// deepest is how far values may lie within each other.
const deepest = 64

var kinds = []string{"string", "object", "array", "number", "integer", "boolean"}

func (c *cutter) shape(n *yaml.Node) shape {
	s := c.part(n)
	if s.kind == "" {
		switch {
		case len(s.names) > 0 || s.free != nil:
			s.kind = "object"
		case s.items != nil:
			s.kind = "array"
		default:
			s.kind = "string"
			if len(s.values) == 0 {
				s.left = append(s.left, "the types besides string")
			}
		}
	}
	return s
}

// part is a schema that may be a part of another one. What lies within itself is left out.
func (c *cutter) part(n *yaml.Node, within ...*yaml.Node) shape {
	to := reference(n)
	s := shape{keys: map[string]*yaml.Node{}, properties: map[string]*yaml.Node{}, reference: to}
	own := child(n, "description") // beside a reference
	for i := 0; to != "" && i < len(n.Content); i += 2 {
		if key := n.Content[i].Value; key != "$ref" && key != "description" {
			s.left = append(s.left, key+" beside the reference")
		}
	}
	n = c.resolve(n)
	if c.parts++; c.parts > most {
		c.fail("more than %d schemas within each other; cure: make new without FROM", most)
	}
	if slices.Contains(within, n) {
		s.left = append(s.left, "the part that is the same schema")
	}
	if c.problem != nil || slices.Contains(within, n) {
		return s
	}
	within = append(slices.Clip(within), n)
	for key, value := range c.members(n) {
		switch key {
		case "type":
			s.types(append(c.elements(value), value))
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
			} else if value.Value == "false" {
				s.keys[key] = value
			}
		case "allOf":
			for _, part := range c.elements(value) {
				s.merge(c.part(part, within...))
			}
		case "oneOf", "anyOf":
			c.oneOf(&s, c.elements(value), within)
		case "examples":
			if list := c.elements(value); len(list) > 0 {
				s.keys["example"] = list[0]
			}
		default:
			s.keys[key] = value
		}
	}
	switch parts := len(s.names) + len(s.required); {
	case to != "":
		s.parts = parts
		if own != nil {
			s.keys["description"] = own
		}
	case parts != s.parts: // more than the one that it is made of
		s.reference = ""
	}
	return s
}

// meant is the node of a schema; one that only says something about another is that one.
func (c *cutter) meant(n *yaml.Node, s shape) *yaml.Node {
	if s.reference != "" {
		n = mapping("$ref", s.reference)
	}
	return c.resolve(n)
}

// types takes the first of several types.
func (s *shape) types(listed []*yaml.Node) {
	for _, kind := range listed {
		switch known := slices.Contains(kinds, kind.Value); {
		case kind.Value == "null":
			s.nullable = true
		case known && s.kind == "":
			s.kind = kind.Value
		case kind.Kind == yaml.ScalarNode:
			s.left = append(s.left, "the type "+kind.Value)
		}
	}
}

func (s *shape) property(name string, schema *yaml.Node) {
	if before := s.properties[name]; before == nil {
		s.names = append(s.names, name)
	} else if before != schema {
		s.left = append(s.left, "one of the schemas of "+name)
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
	s.required, s.left = append(s.required, other.required...), append(s.left, other.left...)
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
		s.reference, s.parts = other.reference, other.parts
	}
	s.nullable = s.nullable || other.nullable
}

// oneOf makes one schema of several: all properties, and none required that not all of them require.
func (c *cutter) oneOf(s *shape, parts, within []*yaml.Node) {
	var others []shape
	for _, part := range parts {
		if text(c.get(part, "type")) == "null" {
			s.nullable = true
			continue
		}
		others = append(others, c.part(part, within...))
	}
	if len(others) > 1 {
		s.left = append(s.left, "oneOf or anyOf")
	}
	for i, other := range others {
		for _, compared := range others {
			other.required = slices.DeleteFunc(slices.Clone(other.required), func(member string) bool { return !slices.Contains(compared.required, member) })
		}
		if len(others) > 1 {
			other.reference = ""
			if i > 0 && len(other.values) > 0 {
				s.values = slices.Concat(s.values, other.values)
			}
		}
		s.merge(other)
	}
}

// component returns the reference to an object or a list that has a name. Those of the file that have none and are alike
// become one.
func (c *cutter) component(n *yaml.Node, name string, good bool) *yaml.Node {
	s, answer := c.shape(n), c.answer
	c.answer = ""
	build := func(made *yaml.Node, known string) {
		if s.kind == "array" {
			if !c.list(made, s, known, good) {
				c.fail("no list %s, because %s; cure: another operation, or make new without FROM", known, c.reason)
			}
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
	if c.names[key] == "" || answer != "" {
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
	required, properties, seen := sequence(), mapping(), map[string]bool{}
	for _, member := range s.names {
		goName := inGo(member)
		if seen[goName] {
			c.leave("%s of %s, because another one may have its Go name", member, name)
			continue
		}
		seen[goName] = true
		property := c.use(s.properties[member], name+title(member), good)
		if property == nil {
			c.leave("%s of %s, because %s", member, name, c.reason)
			continue
		}
		if reference(property) != "" {
			property = mapping("description", c.shape(s.properties[member]).says(c.mark+": what it is"), "allOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{property}})
		}
		c.money(property, member, name)
		add(properties, member, property)
		if slices.Contains(s.required, member) {
			required.Content = append(required.Content, scalar(member))
		}
	}
	if len(required.Content) > 0 {
		add(made, "required", required)
	}
	add(made, "properties", properties)
	c.leaveRest(s, name)
}

var (
	amounts    = regexp.MustCompile(`(?i)amount`)
	currencies = regexp.MustCompile(`(?i)currency$`)
)

// money makes amounts exact and currencies codes.
func (c *cutter) money(property *yaml.Node, name, of string) {
	if text(c.get(property, "type")) != "string" {
		return
	}
	rest := mapping()
	pattern := text(c.get(property, "pattern"))
	switch {
	case currencies.MatchString(name):
		const code = "^[A-Z]{3}$"
		for _, key := range []string{"x-extensible-enum", "pattern", "minLength", "maxLength"} {
			if value := child(property, key); value != nil && value.Value != code {
				c.leave("%s of %s, which is a currency", oneLine(key+" "+value.Value), of+title(name))
			}
		}
		pattern = code
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

// use is a schema where it stands: a reference to an object with a name, or anything else written out; nil if it has no
// place in a document, for the reason that is kept. What checks documents does not end with one that lies within itself.
func (c *cutter) use(n *yaml.Node, name string, good bool) *yaml.Node {
	s := c.shape(n)
	at := c.meant(n, s)
	named := s.kind == "object" && len(s.names) > 0
	if slices.Contains(c.within, at) {
		c.reason = "its schema lies within itself"
		return nil
	}
	c.within = append(c.within, at)
	defer func() { c.within = c.within[:len(c.within)-1] }()
	if named {
		if s.reference != "" {
			name = title(s.reference[strings.LastIndex(s.reference, "/")+1:])
		}
		return c.component(n, name, good)
	}
	made := mapping("type", s.kind, "description", s.says(c.mark+": what it is, and what its absence means"))
	switch {
	case s.kind == "array":
		if !c.list(made, s, name, good) {
			return nil
		}
		return made
	case s.kind == "object" && s.free != nil:
		free := c.use(s.free, name+"Value", false)
		if free == nil {
			return nil
		}
		add(made, "additionalProperties", free)
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

// list tells whether all elements are of one schema.
func (c *cutter) list(made *yaml.Node, s shape, name string, good bool) bool {
	inner := c.shape(s.items)
	named := inner.kind == "object" && len(inner.names) > 0
	if good {
		declared := scalar(c.mark)
		if named {
			declared.LineComment = "# " + c.mark + ": such as {each: balance} or {each: account}; or no x-maps-to, and its elements are looked into"
		}
		add(made, "x-maps-to", declared)
	}
	if s.items == nil || s.keys["prefixItems"] != nil {
		c.reason = "its elements have no single schema"
		return false
	}
	items := c.use(s.items, strings.TrimSuffix(name, "s")+"Item", good && named)
	if items == nil {
		return false
	}
	if strings.Contains(text(child(items, "description")), c.mark) {
		without(items, "description") // the list has one
	}
	c.leaveRest(s, name)
	add(made, "items", items)
	return true
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
			if _, err := regexp.Compile(value.Value); err != nil {
				continue
			}
			value.Style = yaml.SingleQuotedStyle
		}
		add(made, key, value)
		delete(s.keys, key)
	}
	values := slices.DeleteFunc(slices.Clone(s.values), func(n *yaml.Node) bool { return s.kind != "string" || n.ShortTag() != "!!str" })
	if len(values) > 0 {
		add(made, "x-extensible-enum", c.copy(&yaml.Node{Kind: yaml.SequenceNode, Content: values}, 0))
	}
	if len(values) < len(s.values) {
		c.leave("the values of %s that are no text", name)
	}
}

// silent are words that do not limit a value.
var silent = []string{"description", "example", "title", "xml", "externalDocs", "deprecated", "readOnly", "$schema", "$id", "$comment", "$defs"}

func (c *cutter) leaveRest(s shape, name string) {
	for _, what := range s.left {
		c.leave("%s of %s", what, name)
	}
	for key, value := range s.keys {
		if !slices.Contains(silent, key) && !strings.HasPrefix(key, "x-") {
			c.leave("%s of %s", oneLine(key+" "+text(value)), name)
		}
	}
}

// sample is an example made of those of the properties; nil of what lies in itself, and when it is large.
func (c *cutter) sample(n *yaml.Node, within ...*yaml.Node) *yaml.Node {
	at := c.resolve(n)
	if c.sampled++; c.problem != nil || c.sampled > 300 || slices.Contains(within, at) {
		return nil
	}
	s := c.shape(n)
	within = append(slices.Clip(within), at)
	switch example := s.keys["example"]; {
	case example != nil:
		return c.copy(example, 0)
	case s.kind == "array":
		made := &yaml.Node{Kind: yaml.SequenceNode}
		if item := c.sample(s.items, within...); item != nil {
			made.Content = append(made.Content, item)
		}
		return made
	case s.kind == "object":
		made := mapping()
		for _, name := range s.names {
			add(made, name, c.sample(s.properties[name], within...))
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
