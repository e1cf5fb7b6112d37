package call

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/openbalances/openbalances/adapters/internal/wire"
)

// Linked is the body of an answer that may be one page of several, each with a link to the next one. The mapping gets the
// body of all pages together. A link is followed only to the host and below the path of the provider's address, or of one
// that [Endpoint.LinksTo] adds.
type Linked[T any] interface {
	Next() (field, link string) // the link and its name in the document; the link of the last page is empty
	Join(next T) T              // the next page, with the elements of this one before its own
}

// linkedPages is exchange, once for each page of a body that is Linked.
func linkedPages[T any](ctx context.Context, e *Endpoint, request Request, take func(T, *exchanged) error) error {
	var whole T
	if _, ok := any(whole).(Linked[T]); !ok {
		return exchange(ctx, e, request, take)
	}
	first, c := request, chain{bases: append([]base{e.base}, e.linked...), asked: map[string]bool{}}
	for {
		err := exchange(ctx, e, request, func(body T, x *exchanged) error {
			if c.pages > 0 {
				body = any(whole).(Linked[T]).Join(body)
			}
			whole = body
			field, link := any(body).(Linked[T]).Next()
			if err := c.follow(x, field, link); err != nil || c.next != nil {
				return err
			}
			return take(whole, x)
		})
		if err != nil || c.next == nil {
			return err
		}
		request = first.at(c.next)
	}
}

// chain is what is known of the pages that are here.
type chain struct {
	bases              []base // below which a page may be
	pages, items, size int
	asked              map[string]bool
	next               *url.URL // nil after the last page
}

// follow takes note of a page and finds the next one.
func (c *chain) follow(x *exchanged, field, link string) error {
	c.pages++
	more, problem := x.pages.Further(c.pages, c.items)
	c.items, c.size, c.next = c.items+x.pages.Items, c.size+x.size, nil
	c.asked[place(x.request.URL)] = true
	x.pages = strictjson.Pages{} // have been judged
	switch {
	case more == "":
		return partial(problem)
	case link == "":
		return Broken(more, "more pages, and no link to them")
	case c.pages >= maxPages || c.size > maxList:
		return &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more pages than an answer can have"}
	}
	next, err := x.request.URL.Parse(link)
	switch {
	case err != nil:
		return Broken(field, "not a URL")
	case next.User != nil || !slices.ContainsFunc(c.bases, func(b base) bool { return origin(&b.url) == origin(next) }):
		return Broken(field, "leads to another host")
	case !slices.ContainsFunc(c.bases, func(b base) bool { return b.holds(next) }):
		return Broken(field, "leads away from the provider's address")
	case c.asked[place(next)]:
		return Broken(field, "leads to a page that is here")
	}
	c.next = next
	return nil
}

// holds reports whether an address is below the base.
func (b base) holds(address *url.URL) bool {
	return origin(&b.url) == origin(address) && strings.HasPrefix(path.Clean(address.Path)+"/", b.prefix+"/")
}

// place tells pages apart.
func place(page *url.URL) string { return origin(page) + page.RequestURI() }

// origin is scheme, host and port.
func origin(u *url.URL) string {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

// at is the request for another page: where a link leads, and with an id of its own.
func (r Request) at(page *url.URL) Request {
	build := r.Build
	r.Build = func(e *Endpoint) (*http.Request, error) {
		request, err := build(e)
		if err != nil {
			return nil, err
		}
		address := *request.URL
		address.Path, address.RawPath, address.RawQuery = page.Path, page.RawPath, page.RawQuery
		if origin(page) != origin(&address) {
			address.Scheme, address.Host, request.Host = page.Scheme, page.Host, page.Host
		}
		request.URL = &address
		if id := cmp.Or(e.provider.RequestID, wire.RequestID(request)); request.Header.Get(id) != "" {
			request.Header.Set(id, NewRequestID())
		}
		return request, nil
	}
	return r
}
