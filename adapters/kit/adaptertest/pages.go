package adaptertest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Members that say whether an answer is all of its list, with the names that banks, frameworks and standards use. None of
// them has to be in a document.
var (
	saysMore = []string{
		`"_links": {"next": {"href": "/v1/accounts?page=2"}}`, `"links": {"self": "https://x", "next": "https://x?page=2"}`,
		`"_links": {"self": {"href": "/1"}, "next": "/2"}`, `"links": [{"rel": "self", "href": "/1"}, {"rel": "next", "href": "/2"}]`,
		`"next": "https://x?page=2"`, `"next": {"href": "/2"}`, `"nextPage": 2`, `"nextOffset": "abc"`, `"nextPageToken": "t"`,
		`"next_cursor": "c"`, `"NextToken": "t"`, `"@odata.nextLink": "https://x"`, `"hasMore": true`, `"has_more": true`,
		`"moreAvailable": true`, `"isTruncated": true`, `"lastPage": false`, `"pageInfo": {"limit": 1, "nextOffset": "abc", "haveMore": true}`,
		`"page_info": {"hasNextPage": true}`, `"meta": {"totalPages": 2}`, `"meta": {"totalPages": "7"}`, `"meta": {"pagination": {"total_pages": 2}}`,
		`"totalPages": 3`, `"page": {"number": 0, "size": 1, "totalPages": 2}`, `"paging": {"cursors": {"after": "x"}, "next": "https://x"}`,
		`"pageCount": 2`, `"totalCount": 90001`, `"totalElements": "90001"`, `"meta": {"count": 90001}`, `"numberOfAccounts": 90001`,
	}
	saysNone = []string{
		`"_links": {"self": {"href": "/1"}}`, `"_links": {"next": null}`, `"_links": {"next": {}}`, `"_links": {"next": {"href": ""}}`,
		`"links": {"self": "https://x", "next": ""}`, `"links": {"next": null, "last": "https://x"}`, `"links": []`, `"links": "none"`,
		`"next": null`, `"next": ""`, `"next": false`, `"next": {}`, `"next": []`, `"nextPage": 0`, `"nextOffset": null`, `"hasMore": false`,
		`"pageInfo": {"limit": 200}`, `"pageInfo": {"haveMore": false, "nextOffset": ""}`, `"meta": {}`, `"meta": []`, `"meta": 5`,
		`"meta": {"totalPages": 1}`, `"meta": {"totalPages": "1"}`, `"meta": {"totalPages": {}}`, `"totalPages": "one"`, `"page": {}`,
		`"lastPage": true`, `"isLast": true`, `"nextStatement": "2026-01-01"`, `"nextPaymentDate": "2026-01-01"`, `"totalAmount": 90001`,
		`"totalBalance": 90001`, `"more": "", "other": true`, `"links": [{"rel": "self", "href": "/1"}]`,
	}
	contradicts = []string{
		`"totalCount": -1`, `"totalPages": -1`, `"meta": {"totalCount": 90001, "total": 90002}`, `"hasMore": false, "nextPage": 2`,
		`"currentPage": 3`, `"pagination": {"currentPage": 7}`, `"pagination": {"totalCount": 0}`, `"totalResults": 0`, `"meta": {"offset": 40}`,
		`"lastPage": true, "totalPages": 2`,
	}
)

// checkFurtherPages says in each answer that there is more, in its outermost object and beside the list.
func checkFurtherPages(t *testing.T, h Harness) { h.eachEnvelope(t, saysMore, refused) }

// checkContradictingCounts says what cannot be so of the answer that comes.
func checkContradictingCounts(t *testing.T, h Harness) { h.eachEnvelope(t, contradicts, refused) }

// checkNoFurtherPages says that there is no more.
func checkNoFurtherPages(t *testing.T, h Harness) {
	h.eachEnvelope(t, saysNone, func(t *testing.T, c comparison, before []declaredAccount, where string, body []byte) {
		after, err := c.call.ask(t, c.bank, c.call.asked, body)
		require.NoError(t, err, where)
		assert.Equal(t, before, after, where)
	})
}

// refused wants the answer, or the account that the object lies in, to be refused as protocol.
func refused(t *testing.T, c comparison, before []declaredAccount, where string, body []byte) {
	t.Helper()
	after, err := c.call.ask(t, c.bank, c.call.asked, body)
	for _, account := range after {
		if account.err != nil {
			err = account.err
			assert.Nil(t, account.balances, where)
		}
	}
	var failure *adapters.Error
	if assert.True(t, errors.As(err, &failure), "%s is taken", where) {
		assert.Equal(t, adapters.ErrProtocol, failure.Kind, "%s: %v", where, err)
	}
}

// eachEnvelope runs a test with each of the members put into the outermost object of the first good answer to each call, and
// into the object that the list of balances is a member of.
func (h Harness) eachEnvelope(t *testing.T, members []string,
	test func(t *testing.T, c comparison, before []declaredAccount, where string, body []byte)) {
	done, bank := map[string]bool{}, h.teller(t)
	for c := range h.goodAnswers(t) {
		if done[c.call.name] {
			continue
		}
		c.bank = bank
		before, err := c.call.ask(t, c.bank, c.call.asked, c.example.JSON)
		if err != nil || slices.ContainsFunc(before, func(a declaredAccount) bool { return a.err != nil }) ||
			c.call.name != "accounts" && (len(before) == 0 || len(before[0].balances) == 0) {
			continue
		}
		done[c.call.name] = true
		for _, pointer := range h.envelopes(t, c) {
			for _, member := range members {
				body, ok := inserted(t, c.example.JSON, pointer, member)
				if ok {
					test(t, c, before, c.call.name+" "+pointer+" "+member, body)
				}
			}
		}
	}
	if len(done) == 0 {
		t.Skip("does not apply: no answer is an object")
	}
}

// envelopes are the places of the outermost object and of the one around the first list of balances, or of what the account
// says beside balances that are members. An account list by itself has balances that do not count.
func (h Harness) envelopes(t *testing.T, c comparison) []string {
	t.Helper()
	all, err := values(c.example.JSON)
	require.NoError(t, err)
	places := []string{""}
	answer, _ := c.declaration.Read(c.example.Operation, c.example.JSON, mapping.Asked{Accounts: c.call.asked, Bank: h.Bank})
	for _, v := range answer.Values {
		list := listAround(v.Pointer)
		if declaredPlace(v) == "balance.amount" && c.call.name != "accounts" && len(places) == 1 && h.hasList() && list != noList && list != "" {
			places = append(places, list[:strings.LastIndex(list, "/")])
		}
	}
	return slices.DeleteFunc(slices.Compact(places), func(pointer string) bool { return spanOf(all, pointer).kind != '{' })
}

// inserted puts a member first into an object, unless it has one of that name in any case.
func inserted(t *testing.T, text []byte, pointer, member string) ([]byte, bool) {
	t.Helper()
	all, err := values(text)
	require.NoError(t, err)
	object := spanOf(all, pointer)
	name, _, _ := strings.Cut(strings.TrimPrefix(member, `"`), `"`)
	if slices.ContainsFunc(all, func(v value) bool {
		return v.member && strings.EqualFold(v.key, name) && all[v.parent].pointer == pointer
	}) {
		return nil, false
	}
	return apply(text, edit{object.start + 1, object.start + 1, []byte(member + ", ")}), true
}

// checkUnmappedMembers gives what goes nowhere a value of each JSON type, in every good answer to every call.
func checkUnmappedMembers(t *testing.T, h Harness) {
	tried, bank := map[string]bool{}, h.teller(t)
	for c := range h.goodAnswers(t) {
		c.bank = bank
		answer, _ := c.declaration.Read(c.example.Operation, c.example.JSON, mapping.Asked{Accounts: c.call.asked, Bank: h.Bank})
		all, err := values(c.example.JSON)
		require.NoError(t, err)
		for _, v := range answer.Values {
			if !strings.HasPrefix(v.Rule, "unmapped: ") || isRepetition(v.Pointer) || tried[c.call.name+v.Pointer] {
				continue
			}
			tried[c.call.name+v.Pointer] = true
			for _, inner := range all {
				if inner.pointer != v.Pointer && !strings.HasPrefix(inner.pointer, v.Pointer+"/") {
					continue
				}
				for _, other := range others {
					body := apply(c.example.JSON, edit{inner.start, inner.end, []byte(other)})
					if !c.compare(t, " with "+inner.pointer+" = "+other, body) {
						return
					}
				}
			}
		}
	}
	if len(tried) == 0 {
		t.Skip("does not apply: the document maps every member of its answers")
	}
}

// checkLinkedPages answers with a link at the place where the document has one: one that leads to the next page is followed,
// any other is an error and nothing is sent there.
func checkLinkedPages(t *testing.T, h Harness) {
	links := 0
	for _, example := range h.documented() {
		if example.Status != http.StatusOK {
			continue
		}
		answer, _ := h.declaration.Read(example.Operation, example.JSON, mapping.Asked{Bank: h.Bank})
		for _, v := range answer.Values {
			if v.Rule == mapping.RuleNextPage {
				links++
				for _, call := range h.declaredCalls(t, example) {
					t.Run(call.name, func(t *testing.T) { h.followLink(t, call, example, v.Pointer) })
				}
			}
		}
	}
	if links == 0 {
		t.Skip("does not apply: no example has a declared link to a next page")
	}
}

// followLink answers the first request of a call with a link, and others with a page that has none.
func (h Harness) followLink(t *testing.T, call declaredCall, example specs.Example, pointer string) {
	all, err := values(example.JSON)
	require.NoError(t, err)
	link := spanOf(all, pointer)
	last := apply(example.JSON, without(example.JSON, link))
	ask := func(write func(host, path string) string) (asked []string, got []declaredAccount, err error) {
		bank := &teller{}
		address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := last
			if asked = append(asked, r.URL.RequestURI()); len(asked) == 1 {
				target, _ := json.Marshal(write(r.Host, r.URL.Path))
				body = apply(example.JSON, edit{link.start, link.end, target})
			}
			with(http.StatusOK, "application/json", string(body))(w, r)
		}))
		bank.source = h.connect(t, &adapters.Options{BaseURL: address + basePath})
		if got, err = call.ask(t, bank, call.asked, nil); call.name == "one" && err == nil && got[0].err != nil {
			got, err = nil, got[0].err
		}
		return asked, got, err
	}
	elsewhere := trap(t)
	for name, target := range map[string]func(host, path string) string{
		"another host":       func(_, path string) string { return elsewhere + path },
		"another name":       func(_, path string) string { return strings.Replace(elsewhere, "127.0.0.1", "localhost", 1) + path },
		"no scheme":          func(_, path string) string { return strings.TrimPrefix(elsewhere, "http:") + path },
		"another scheme":     func(host, path string) string { return "https://" + host + path + "?page=2" },
		"a user":             func(host, path string) string { return "http://user:word@" + host + path + "?page=2" },
		"another path":       func(host, _ string) string { return "http://" + host + "/elsewhere" },
		"a path with dots":   func(_, path string) string { return path + "/../../../../../../elsewhere" },
		"dots in disguise":   func(_, _ string) string { return basePath + "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/elsewhere" },
		"the page it is on":  func(host, path string) string { return "http://" + host + path },
		"something of a URL": func(_, _ string) string { return "http://[" },
	} {
		asked, got, err := ask(target)
		assert.Empty(t, got, name)
		h.assertFailure(t, err, adapters.ErrProtocol)
		assert.Len(t, asked, 1, "%s: something was sent", name)
	}
	alone, err := call.ask(t, h.teller(t), call.asked, last)
	require.NoError(t, err)
	for name, target := range map[string]func(host, path string) string{
		"whole":    func(host, path string) string { return "http://" + host + path + "?page=2" },
		"relative": func(_, _ string) string { return "?page=2" },
	} {
		asked, got, err := ask(target)
		require.Len(t, asked, 2, "%s: the next page is asked for, once", name)
		assert.Equal(t, asked[0]+"?page=2", asked[1], name)
		if call.asked == nil { // the second page repeats the accounts of the first
			h.assertFailure(t, err, adapters.ErrProtocol)
			continue
		}
		require.NoError(t, err, name)
		require.Len(t, got, len(alone))
		for i, account := range got {
			assert.Len(t, account.balances, 2*len(alone[i].balances), "%s: the balances of both pages", name)
		}
	}
}
