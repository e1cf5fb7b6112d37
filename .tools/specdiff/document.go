package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/load"
)

// A document is one state of a provider's OpenAPI document.
type document struct {
	info *load.SpecInfo
	tree map[string]any // the document as plain JSON, so that layout and comments do not count
}

// parse reads a document; it follows no reference out of it.
func parse(text []byte, name string) (*document, error) {
	info, err := load.NewSpecInfoFromData(openapi3.NewLoader(), text, name)
	if err != nil {
		return nil, err
	}
	if info.Spec.Info == nil || info.Spec.Paths == nil {
		return nil, fmt.Errorf("it has no info or no paths")
	}
	plain, err := json.Marshal(info.Spec)
	if err != nil {
		return nil, err
	}
	d := &document{info: info}
	return d, json.Unmarshal(plain, &d.tree)
}

func (d *document) title() string { return d.info.Spec.Info.Title }

func (d *document) version() version { return parseVersion(d.info.Spec.Info.Version) }

// provenance is a text of the head's x-provenance, empty if it is not there.
func (d *document) provenance(key string) string {
	head, _ := d.info.Spec.Info.Extensions["x-provenance"].(map[string]any)
	text, _ := head[key].(string)
	return text
}

// origin says whether the provider's page changed or only our reading of it.
func origin(before, now *document) string {
	const api, read = "apiVersion", "read"
	switch {
	case before.provenance(api) != now.provenance(api):
		return fmt.Sprintf("the provider's API version was %q, is %q", before.provenance(api), now.provenance(api))
	case before.provenance(read) != now.provenance(read):
		return fmt.Sprintf("the provider's page was read anew: %s, before %s", now.provenance(read), before.provenance(read))
	case now.provenance(read) == "":
		return "x-provenance names no date on which the provider's page was read"
	}
	return fmt.Sprintf("x-provenance.read is still %s: our document was corrected; "+
		"if the provider's page changed, write the new date there", now.provenance(read))
}

// A version is the info.version of a document.
type version struct {
	text                string
	major, minor, patch int
}

var versionPattern = regexp.MustCompile(`^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$`)

// parseVersion takes a version of another form for 0.0.0.
func parseVersion(text string) version {
	v := version{text: text}
	if parts := versionPattern.FindStringSubmatch(text); parts != nil {
		v.major, _ = strconv.Atoi(parts[1])
		v.minor, _ = strconv.Atoi(parts[2])
		v.patch, _ = strconv.Atoi(parts[3])
	}
	return v
}

// above says whether v is the later version; breaking changes ask for more than a patch.
func (v version) above(old version, breaking bool) bool {
	switch {
	case v.major != old.major:
		return v.major > old.major
	case v.minor != old.minor:
		return v.minor > old.minor
	}
	return !breaking && v.patch > old.patch
}

// next is the smallest version that is enough.
func (v version) next(breaking bool) string {
	if breaking {
		return fmt.Sprintf("%d.%d.0", v.major, v.minor+1)
	}
	return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch+1)
}
