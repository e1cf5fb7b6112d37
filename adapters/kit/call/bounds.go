package call

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

const (
	maxText  = 512       // bytes of a text of a list; an id that is longer is one that no call takes
	maxList  = 128 << 20 // bytes of all items of a list
	maxCode  = 64 << 10  // bytes of an error's code, which is as sent; of the body of an error no more is read
	maxLink  = 8 << 10   // bytes of a link, as common servers take
	maxLinks = 16        // of one error
	maxError = 512       // bytes, about, of an error in a list
)

// trim cuts the texts of an item that can be longer than anybody needs, and returns how many bytes the item takes.
func trim(v reflect.Value) int {
	size := 0
	switch v.Kind() {
	case reflect.String:
		if v.Len() > maxText {
			v.SetString(cut(v.String()))
		}
		return v.Len()
	case reflect.Interface:
		if !v.IsNil() {
			return maxError
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return int(v.Type().Elem().Size()) + trim(v.Elem())
		}
	case reflect.Slice:
		size = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			size += trim(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				size += trim(v.Field(i))
			}
		}
	}
	return size
}

// cut returns the beginning of a long text, one byte longer than a text may be or, before a longer character, shorter.
func cut(text string) string {
	end := maxText + 1
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.Clone(text[:end])
}

// trimmed returns the refusal with texts of a bounded length. A link that is longer than any server takes is left out.
func (r Refusal) trimmed() Refusal {
	r.Code, r.Message, r.RequestID = r.Code[:min(len(r.Code), maxCode)], shorten(r.Message), shorten(r.RequestID)
	links := map[string]string{}
	for relation, link := range r.Links {
		if len(links) < maxLinks && len(relation) <= maxText && len(link) <= maxLink {
			links[relation] = link
		}
	}
	if len(links) < len(r.Links) {
		r.Links = links
	}
	return r
}
