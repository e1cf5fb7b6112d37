package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	maxLeaves = 2000
	maxDepth  = 64
)

var errDepth = errors.New("nested too deeply")

// node is a JSON value that can be written again with a part changed or left out.
type node struct {
	kind     json.Delim // '{' or '['; 0 for a leaf
	name     string     // in an object
	literal  string     // of a leaf
	children []*node
	gone     bool
}

// parseTree reads a body; false means that it is not one JSON value.
func parseTree(body []byte) (*node, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	root, err := readNode(decoder, maxDepth)
	if err != nil {
		return nil, false
	}
	_, err = decoder.Token()
	return root, err == io.EOF
}

func readNode(decoder *json.Decoder, depth int) (*node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &node{literal: literal(token)}, nil
	}
	if depth == 0 {
		return nil, errDepth
	}
	n := &node{kind: delim}
	for decoder.More() {
		name := ""
		if delim == '{' {
			token, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			name, _ = token.(string)
		}
		child, err := readNode(decoder, depth-1)
		if err != nil {
			return nil, err
		}
		child.name = name
		n.children = append(n.children, child)
	}
	_, err = decoder.Token() // the closing bracket
	return n, err
}

// literal returns a string, number, boolean or null as JSON.
func literal(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // cannot fail for these
	return strings.TrimSuffix(text.String(), "\n")
}

func (n *node) json() []byte {
	var text bytes.Buffer
	n.write(&text)
	return text.Bytes()
}

func (n *node) write(text *bytes.Buffer) {
	if n.kind == 0 {
		text.WriteString(n.literal)
		return
	}
	text.WriteString(n.kind.String())
	first := true
	for _, child := range n.children {
		if child.gone {
			continue
		}
		if !first {
			text.WriteByte(',')
		}
		first = false
		if n.kind == '{' {
			text.WriteString(literal(child.name) + ":")
		}
		child.write(text)
	}
	text.WriteString(map[json.Delim]string{'{': "}", '[': "]"}[n.kind])
}

// leaf is a value without parts, or an empty list or object.
type leaf struct {
	*node
	pointer string
}

// leaves returns the first of them in document order, and how many more there are. Names that are not documented are
// hidden, because they may identify somebody.
func (n *node) leaves(words vocabulary, limit int) (found []leaf, more int) {
	n.visit("", words, func(l leaf) {
		if len(found) < limit {
			found = append(found, l)
		} else {
			more++
		}
	})
	return found, more
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (n *node) visit(pointer string, words vocabulary, take func(leaf)) {
	if len(n.children) == 0 {
		take(leaf{n, pointer})
	}
	for i, child := range n.children {
		step := strconv.Itoa(i)
		if n.kind == '{' {
			step = hidden
			if words.names[child.name] {
				step = pointerEscapes.Replace(child.name)
			}
		}
		child.visit(pointer+"/"+step, words, take)
	}
}

// text returns what a leaf holds if it is a string.
func (n *node) text() (string, bool) {
	var text string
	err := json.Unmarshal([]byte(n.literal), &text)
	return text, err == nil && strings.HasPrefix(n.literal, `"`)
}

// isHarmless reports whether a leaf says nothing about anybody: true, false, null, and empty lists and objects.
func (n *node) isHarmless() bool {
	return n.kind != 0 || slices.Contains([]string{"true", "false", "null"}, n.literal)
}

// sent is the leaf as JSON.
func (n *node) sent() string {
	if n.kind != 0 {
		return string(n.json())
	}
	return n.literal
}
