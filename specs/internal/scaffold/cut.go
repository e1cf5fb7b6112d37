package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// wish is what make new takes out of a provider's own OpenAPI file: method and path of the operations.
type wish struct{ File, Operation, List string }

// cut is what has been taken out of it.
type cut struct {
	Title, Version, File, Server string
	Route, ListRoute             string
	HasParams, ListHasParams     bool
	Headers                      []string          // of the requests
	Requests                     map[string]string // as they are expected, by name
	Paths, Components            string            // YAML
	Left                         []string          // what is left out

	components *yaml.Node
}

// cutter walks through the provider's file. The first problem is kept.
type cutter struct {
	root       *yaml.Node
	mark       string
	components map[string]*yaml.Node // those that are used, by group
	names      map[string]string     // of the components, by group and reference or text
	once       map[string]*yaml.Node // what stands somewhere, by group and text
	taken      map[string]bool       // names as Go tells them apart, by group
	left       map[string]bool
	answer     string // the name of the next component
	copied     int
	parts      int          // of schemas, that have been looked at
	sampled    int          // of one made example
	within     []*yaml.Node // the schemas around what is being made
	reason     string       // why the last schema was left out
	problem    error
}

func (c *cutter) fail(format string, args ...any) {
	if c.problem == nil {
		c.problem = fmt.Errorf(format, args...)
	}
}

func (c *cutter) leave(format string, args ...any) { c.left[fmt.Sprintf(format, args...)] = true }

// leaveOthers leaves out the members of a part that are not taken over.
func (c *cutter) leaveOthers(n *yaml.Node, of string, taken ...string) {
	for key := range c.members(n) {
		if !slices.Contains(taken, key) && !strings.HasPrefix(key, "x-") {
			c.leave("%s of %s", key, of)
		}
	}
}

// cutOut takes the operations out of the file. An error is one line.
func cutOut(name string, w wish) (*cut, error) {
	root, err := readOpenAPI(w.File)
	c := &cutter{
		root: root, mark: "TODO(" + name + ")", components: map[string]*yaml.Node{}, names: map[string]string{},
		once:  map[string]*yaml.Node{},
		taken: map[string]bool{"schemas client": true, "schemas accountbalances": true, "schemas accountlist": true}, left: map[string]bool{},
	}
	result := &cut{File: filepath.Base(w.File), Route: w.Operation, ListRoute: w.List}
	if err == nil {
		c.cut(result, name)
		err = c.problem
	}
	if err != nil {
		return nil, fmt.Errorf("FROM=%s: %w", w.File, err)
	}
	return result, nil
}

func (c *cutter) cut(result *cut, name string) {
	info := c.get(c.root, "info")
	result.Title, result.Version = oneLine(text(c.get(info, "title"))), oneLine(text(c.get(info, "version")))
	result.Server = "https://api." + name + ".invalid"
	for i, server := range c.elements(c.get(c.root, "servers")) {
		if url := text(c.get(server, "url")); i == 0 && strings.HasPrefix(url, "https://") && !strings.Contains(url, "{") {
			result.Server = strings.TrimSuffix(url, "/")
		} else {
			c.leave("the server %s", url)
		}
	}
	result.Requests = map[string]string{}
	paths := mapping()
	if one := c.operation(paths, result.Route, "getBalances", "Read the balances of one account", "AccountBalances", 1); one != nil {
		result.HasParams = len(one) > 1
		result.Requests["unattended"], result.Requests["attended"] = c.expected(result.Route, one, false), c.expected(result.Route, one, true)
		result.addHeaders(one)
	}
	if result.ListRoute != "" {
		list := c.operation(paths, result.ListRoute, "getAccounts", "List the accounts", "AccountList", 0)
		result.ListHasParams = len(list) > 0
		result.Requests["accounts"] = c.expected(result.ListRoute, list, true)
		result.addHeaders(list)
	}
	for _, name := range c.operations() {
		if !c.taken["operations "+name] {
			c.leave("the operation %s", name)
		}
	}
	security := c.security(result.Route)
	components := mapping()
	for _, group := range []string{"securitySchemes", "parameters", "headers", "responses", "schemas", "examples"} {
		add(components, group, c.components[group])
	}
	result.components = mapping("components", components)
	result.Left = slices.Sorted(maps.Keys(c.left))
	if c.problem == nil {
		result.Paths, c.problem = toYAML(mapping("security", security, "paths", paths))
	}
	if c.problem == nil {
		result.Components, c.problem = toYAML(result.components)
	}
}

func (r *cut) addHeaders(parameters []parameter) {
	for _, p := range parameters {
		if p.in == "header" && !slices.Contains(r.Headers, p.name) {
			r.Headers = append(r.Headers, p.name)
		}
	}
}

// expected is a request as the examples of its parameters make it; all tells whether it has those that need not be there.
func (c *cutter) expected(from string, parameters []parameter, all bool) string {
	lines := []string{"Accept: application/json", "Authorization: Bearer token-1234"}
	for _, p := range parameters {
		switch {
		case p.in == "path":
			from = inPath.ReplaceAllLiteralString(from, p.example)
		case !all && !p.required:
		case p.in == "query":
			from += map[bool]string{true: "&", false: "?"}[strings.Contains(from, "?")] + url.QueryEscape(p.name) + "=" + url.QueryEscape(p.example)
		default:
			lines = append(lines, http.CanonicalHeaderKey(p.name)+": "+strings.Replace(p.example, uuid, "<uuid>", 1))
		}
	}
	slices.Sort(lines)
	return from + "\n" + strings.Join(lines, "\n") + "\n" + c.mark + ": what the page says, and nothing else; then this line goes\n"
}

// security is what the operation or else the file asks for, as far as it stands in headers.
func (c *cutter) security(from string) *yaml.Node {
	match := route.FindStringSubmatch(from)
	if c.problem != nil {
		return nil
	}
	_, item := c.item(match[2])
	asked := c.get(item, strings.ToLower(match[1]), "security")
	if asked == nil {
		asked = c.get(c.root, "security")
	}
	alternatives := c.elements(asked)
	if len(alternatives) > 1 {
		c.leave("that one of several security schemes is enough")
	}
	needed := mapping()
	for _, alternative := range alternatives {
		for name := range c.members(alternative) {
			scheme := c.get(c.root, "components", "securitySchemes", name)
			made := c.scheme(scheme)
			if made == nil || len(needed.Content) > 0 && text(c.get(made, "type")) == "http" {
				c.leave("the security scheme %s", name)
				continue
			}
			if kind := text(c.get(scheme, "type")); kind != text(child(made, "type")) {
				c.leave("%s of the security scheme %s, which is a bearer token", kind, name)
			}
			name = c.unique("securitySchemes", identifier(name, "accessToken"))
			c.group("securitySchemes", name, made)
			add(needed, name, sequence())
		}
	}
	if len(needed.Content) == 0 {
		c.group("securitySchemes", "accessToken", mapping("type", "http", "scheme", "bearer", "description", c.mark+": how a call is authorised"))
		add(needed, "accessToken", sequence())
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{needed}}
}

func (c *cutter) scheme(n *yaml.Node) *yaml.Node {
	says := c.described(n, c.mark+": where a caller gets it")
	switch kind, scheme := text(c.get(n, "type")), strings.ToLower(text(c.get(n, "scheme"))); {
	case kind == "oauth2", kind == "openIdConnect", kind == "http" && scheme == "bearer", strings.EqualFold(text(c.get(n, "name")), "Authorization"):
		return mapping("type", "http", "scheme", "bearer", "description", says)
	case kind == "http" && scheme == "basic":
		return mapping("type", "http", "scheme", scheme, "description", says)
	case kind == "apiKey" && text(c.get(n, "in")) == "header":
		return mapping("type", "apiKey", "in", "header", "name", text(c.get(n, "name")), "description", says)
	}
	return nil
}

var (
	route  = regexp.MustCompile(`^([A-Z]+) (/\S*)$`)
	inPath = regexp.MustCompile(`\{[^}]*\}`)
	status = regexp.MustCompile(`^[1-5][0-9][0-9]$`)
)

// operation adds an operation to paths, and returns the parameters of its requests.
func (c *cutter) operation(paths *yaml.Node, from, id, summary, answer string, accounts int) []parameter {
	match := route.FindStringSubmatch(from)
	if match == nil {
		c.fail("%q is no operation; cure: write it like 'GET /accounts/{id}/balances'", from)
		return nil
	}
	path, item := c.item(match[2])
	operation := c.get(item, strings.ToLower(match[1]))
	switch n := len(inPath.FindAllString(match[2], -1)); {
	case operation == nil:
		c.fail("no operation %s; cure: one of %s", from, strings.Join(c.alike(), ", "))
	case n < accounts:
		c.fail("%s names no account in its path; cure: another operation, or make new without FROM", from)
	case n > accounts:
		c.fail("%s has %d parameters in its path, not %d; cure: write the values of the others, such as '%s'", from, n, accounts, filledIn(from, accounts))
	case c.get(operation, "requestBody") != nil:
		c.fail("%s has a request body; cure: another operation, or make new without FROM", from)
	}
	if c.problem != nil {
		return nil
	}
	c.taken["operations "+match[1]+" "+path] = true
	c.leaveOthers(item, path, append(methods, "parameters", "summary", "description")...)
	c.leaveOthers(operation, from, "parameters", "responses", "security", "description", "summary", "operationId", "tags", "externalDocs", "deprecated")
	parameters := c.parameters(match[2], c.elements(c.get(operation, "parameters")), c.elements(c.get(item, "parameters")))
	of := place{answer: answer, named: accounts == 1}
	list := sequence()
	list.Style = 0
	for _, p := range parameters {
		list.Content = append(list.Content, p.made)
		if p.in == "path" {
			of.account = p.example
		}
	}
	responses := mapping()
	for code, response := range c.members(c.get(operation, "responses")) {
		if !status.MatchString(code) {
			c.leave("the answer %s of %s", code, from)
			continue
		}
		of.status = code
		addKey(responses, quoted(code), c.share("responses", "Status"+code, response, func(n *yaml.Node) *yaml.Node { return c.response(n, of) }))
	}
	if child(c.components["schemas"], answer) == nil {
		c.fail("%s has no JSON answer with status 200; cure: another operation, or make new without FROM", from)
	}
	made := mapping("operationId", id, "tags", sequence("balances"), "summary", summary, "description", c.described(operation, "Returns "+c.mark))
	if accounts == 0 {
		add(made, "x-sandbox-list", scalar(c.mark))
	}
	if len(parameters) > 0 {
		add(made, "parameters", list)
	}
	add(paths, match[2], mapping(strings.ToLower(match[1]), add(made, "responses", responses)))
	return parameters
}

// item is what the file has under a path, in which values may stand in the place of parameters, and its path there.
func (c *cutter) item(path string) (string, *yaml.Node) {
	if item := c.get(c.root, "paths", path); item != nil {
		return path, item
	}
	for known, item := range c.members(c.get(c.root, "paths")) {
		fixed := inPath.Split(known, -1)
		for i := range fixed {
			fixed[i] = regexp.QuoteMeta(fixed[i])
		}
		other := func(name string) bool { return !strings.Contains(known, name) }
		alike := regexp.MustCompile("^" + strings.Join(fixed, "[^/]+") + "$").MatchString(path)
		if alike && !slices.ContainsFunc(inPath.FindAllString(path, -1), other) {
			return known, c.resolve(item)
		}
	}
	return path, nil
}

// filledIn is an operation whose path has as many parameters as are named accounts, at most one: the last about accounts, or
// else the last.
func filledIn(from string, accounts int) string {
	all := inPath.FindAllString(from, -1)
	about := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !strings.Contains(strings.ToLower(name), "account") })
	kept := slices.Concat(all, about)
	return inPath.ReplaceAllStringFunc(from, func(name string) string {
		if accounts == 1 && name == kept[len(kept)-1] {
			return name
		}
		return strings.ToUpper(name[1 : len(name)-1])
	})
}

// alike are the operations of the file, those about balances if there are any.
func (c *cutter) alike() []string {
	all := c.operations()
	about := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !strings.Contains(strings.ToLower(name), "balance") })
	if len(about) > 0 {
		all = about
	}
	if len(all) > 8 {
		all = append(all[:8:8], "...")
	}
	return all
}

// methods are the members of a path that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// operations are all of the file, as method and path.
func (c *cutter) operations() (all []string) {
	for path, item := range c.members(c.get(c.root, "paths")) {
		for method := range c.members(item) {
			if name := strings.ToUpper(method) + " " + path; slices.Contains(methods, method) && route.MatchString(name) {
				all = append(all, name)
			}
		}
	}
	return all
}

var (
	places  = []string{"path", "query", "header"}
	ignored = []string{"accept", "authorization", "content-type", "host"} // by OpenAPI
)

// parameter is one that is taken over.
type parameter struct {
	name, in, example string
	required          bool
	made              *yaml.Node
}

// parameters are those of an operation and of its path, in the order of places.
func (c *cutter) parameters(path string, ofOperation, ofPath []*yaml.Node) (all []parameter) {
	seen := map[string]string{}
	for _, n := range append(slices.Clone(ofOperation), ofPath...) {
		p := parameter{
			name: text(c.get(n, "name")), in: text(c.get(n, "in")), required: text(c.get(n, "required")) == "true",
			example: text(c.example(n)),
		}
		goName, what := inGo(p.name), p.name+" in "+p.in
		if p.in == "path" {
			goName = "path " + p.name // it is no member of the same struct
		}
		switch before := seen[goName]; {
		case before == what: // the operation's is instead of that of the path
		case before != "":
			c.leave("the parameter %s, because %s may have the same Go name", what, before)
		case !slices.Contains(places, p.in) || p.in == "header" && slices.Contains(ignored, strings.ToLower(p.name)):
			c.leave("the parameter %s", what)
		case p.in == "path" && !strings.Contains(path, "{"+p.name+"}"):
			c.leave("the parameter %s, which has a value", what)
		default:
			seen[goName] = what
			p.made = c.share("parameters", p.name, n, c.parameter)
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b parameter) int { return slices.Index(places, a.in) - slices.Index(places, b.in) })
	return all
}

func (c *cutter) parameter(n *yaml.Node) *yaml.Node {
	made := mapping("name", text(c.get(n, "name")), "in", text(c.get(n, "in")))
	add(made, "required", boolean(text(c.get(n, "required")) == "true"))
	add(made, "description", c.described(n, c.mark+": what it is, and what its absence means"))
	name, example := text(c.get(n, "name")), c.example(n)
	schema := c.plain(c.get(n, "schema"), name, text(c.get(n, "in")) == "path")
	if text(child(schema, "type")) == "string" {
		example = scalar(example.Value)
	}
	c.leaveOthers(n, "the parameter "+name, "name", "in", "required", "description", "schema", "example", "examples", "deprecated")
	return add(add(made, "schema", schema), "example", example)
}

// plain is the schema of a parameter or a header. What stands in a path is any text.
func (c *cutter) plain(n *yaml.Node, name string, inPath bool) *yaml.Node {
	s := c.shape(n)
	if s.kind == "array" || s.kind == "object" || inPath && s.kind != "string" {
		c.leave("the type %s of %s, which is taken as text", s.kind, name)
		s.kind = "string"
	}
	made := mapping("type", s.kind)
	if !inPath {
		c.limit(made, s, name)
	}
	c.leaveRest(s, name)
	return made
}

const uuid = "a552babc-7081-44e7-9361-61eb17e0bfd9"

// example of a parameter or a header.
func (c *cutter) example(n *yaml.Node) *yaml.Node {
	schema := c.get(n, "schema")
	for _, found := range []*yaml.Node{c.get(n, "example"), c.first(c.get(n, "examples")), c.get(schema, "example"), c.get(schema, "default")} {
		if found != nil && found.Kind == yaml.ScalarNode {
			return c.copy(found, 0)
		}
	}
	switch s := c.shape(schema); {
	case len(s.values) > 0:
		return scalar(s.values[0].Value)
	case s.format() == "uuid":
		return scalar(uuid)
	case text(c.get(n, "in")) == "path":
		return scalar("account-1")
	}
	return scalar(c.mark)
}

// first is the value of the first of several examples.
func (c *cutter) first(examples *yaml.Node) *yaml.Node {
	for _, example := range c.members(examples) {
		return c.get(example, "value")
	}
	return nil
}

// place is what an answer is of.
type place struct {
	status, answer, account string
	named                   bool // its requests name one account
}

func (c *cutter) response(n *yaml.Node, p place) *yaml.Node {
	made := mapping("description", c.described(n, c.mark+": what it means"))
	c.leaveOthers(n, "the answers "+p.status, "description", "headers", "content")
	headers, seen := mapping(), map[string]bool{}
	for name, header := range c.members(c.get(n, "headers")) {
		if goName := inGo(name); seen[goName] {
			c.leave("the header %s, because another one may have its Go name", name)
		} else if !slices.Contains(ignored, strings.ToLower(name)) {
			seen[goName] = true
			add(headers, name, c.share("headers", name, header, func(n *yaml.Node) *yaml.Node {
				return mapping("description", c.described(n, c.mark+": what it is"), "schema", c.plain(c.get(n, "schema"), name, false), "example", c.example(n))
			}))
		}
	}
	if len(headers.Content) > 0 {
		add(made, "headers", headers)
	}
	media := c.json(c.get(n, "content"), p)
	if media == nil {
		if p.named {
			add(made, "x-sandbox-account", scalar(c.account(p)))
		}
		return made
	}
	schema, good := child(c.resolve(media), "schema"), p.status == "200"
	body := mapping()
	c.within = nil
	if good {
		c.within = append(c.within, c.meant(schema, c.shape(schema)))
		c.answer = p.answer
		add(body, "schema", c.component(schema, p.answer, good))
	} else {
		made := c.use(schema, "Error", good)
		if made == nil {
			c.leave("the schema of the answers %s, because %s", p.status, c.reason)
		}
		add(body, "schema", made)
	}
	add(body, "examples", c.examples(media, schema, p))
	return add(made, "content", mapping("application/json", body))
}

// json is the JSON content among others.
func (c *cutter) json(content *yaml.Node, p place) (found *yaml.Node) {
	as := ""
	for media, value := range c.members(content) {
		base, _, _ := strings.Cut(media, ";")
		if base = strings.TrimSpace(base); found == nil && (strings.HasSuffix(base, "json") || base == "*/*") && c.get(value, "schema") != nil {
			found, as = value, base
		} else {
			c.leave("%s of the answers %s", media, p.status)
		}
	}
	if found != nil && as != "application/json" {
		c.leave("that the answers %s are %s", p.status, as)
	}
	return found
}

// examples are those of an answer, or else one made of its properties'.
func (c *cutter) examples(media, schema *yaml.Node, p place) *yaml.Node {
	made := mapping()
	put := func(name, summary string, value *yaml.Node) {
		name = c.unique("examples", name)
		example := mapping("summary", summary)
		if p.named {
			add(example, "x-sandbox-account", scalar(c.account(p)))
		}
		c.group("examples", name, add(example, "value", value))
		add(made, name, mapping("$ref", "#/components/examples/"+name))
	}
	name := map[bool]string{true: "sample", false: "error" + p.status}[p.status == "200"]
	if p.answer == "AccountList" && p.status == "200" {
		name = "accountList"
	}
	for key, example := range c.members(c.get(media, "examples")) {
		summary := text(c.get(example, "summary"))
		if value := c.get(example, "value"); value != nil && value.ShortTag() != "!!null" {
			put(identifier(key, name), oneLine(summary, key), c.copy(value, 0))
		} else {
			c.leave("the example %s, which has no value", key)
		}
	}
	for _, value := range []*yaml.Node{c.get(media, "example"), c.get(schema, "example")} {
		if value != nil && len(made.Content) == 0 {
			put(name, "The example of the file", c.copy(value, 0))
		}
	}
	if c.sampled = 0; len(made.Content) == 0 {
		put(name, c.mark+": a sample of the page, this one is made of the examples of its properties", c.sample(schema))
	}
	return made
}

// account is an id that the sandbox answers with one example.
func (c *cutter) account(p place) string {
	id := "account-" + p.status
	if p.status == "200" {
		id = p.account
	}
	for n := 2; c.taken["accounts "+id]; n++ {
		id = strings.TrimSuffix(id, "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n)
	}
	c.taken["accounts "+id] = true
	return id
}
