// Package specs holds one OpenAPI document per provider, kept by hand.
//
// A document lies in <provider>/openapi.yaml and tells the provider's truth: the calls that read balances, list
// accounts and get a token, with every header, parameter, status, error code and sample of the provider's
// documentation page. It is written like this:
//
//   - info.x-provenance is the head: source and url of the page, the day it was read, the provider's apiVersion, the
//     request headers that the page describes, every fact that is not on the page (inferred: fact, source,
//     confidence) and every point where the document departs from the page (deviations: what, why).
//   - info.x-unattended-access is how often the provider may be called without the PSU; absent where no limit is known.
//     Each element is an allowance: of names the calls that share it (balances, batch, accounts, allBalances: the
//     methods of adapters.Source; details, a method of some adapters), per what has one of its own (account or
//     consent), and limits are its numbers ({calls: 4, hours: 24}), all of which hold at once, or [] where the calls
//     spend nothing. With per account, a batch counts as a call of each account in
//     it and a list as one of each account that it names. Unless named, batch counts like balances and allBalances
//     like accounts.
//   - info.x-sandbox-credentials are made-up credentials that fit the document.
//   - x-confidence (documented, inferred or unknown) and x-source stand on each part that is not on the page, and on each
//     example whose values are made up. A part without x-confidence is on the page. Where the page has a header or a
//     member and not its form, they stand on its schema.
//   - examples are named, every name once in a document. The first one of an answer is the one served by default.
//   - x-sandbox-account beside an example is the account id that the sandbox answers with it; x-sandbox-accounts is the
//     list of ids of an answer for several accounts. Beside an answer without a body it stands on the answer itself, which
//     then is the example status401, or of another status.
//   - x-sandbox-list on an operation that lists accounts is the pointer to their ids in an answer, with * for every element
//     of a list. The first example names the accounts for which getBalances, as the operation for one account is called, has
//     a good answer.
//   - x-sandbox-compose beside an example of such an answer is the name of a member that each account gets from the good
//     answer for it alone: its member of that name, or all of it if it is a list. So no balance is written twice. Beside an
//     answer for several accounts it is the pointer to a list that gets the elements which the list of each account has.
//   - x-sandbox-signature of a header parameter says how the sandbox verifies the signature in it, and which example
//     refuses a bad one (refusal). Kind cavage is an HTTP signature: certificate is the header with the signer's
//     certificate, covered the headers to be signed when they are there. Kind bodyHash is the SHA-256 of the body's
//     base64 and a key, which is a member of x-sandbox-credentials.
//   - x-maps-to beside a property of an answer is the field of the shared Balance or Account that it becomes, with the rule;
//     x-unmapped is why it becomes none. Package mapping explains the words and reads answers by them.
//   - x-partial beside the balances of an account list is why they may not be all; each of them then has a warning.
//   - x-kind beside the list of a provider's codes is the kind of error of each: invalid_argument, unauthorized, forbidden,
//     consent_required, not_found, rate_limited, unavailable, protocol, too_large or redirect. "by status" leaves it to the
//     HTTP status, "none" is no error. An object with kind can also have consent (expired, revoked, unknown) and origin.
//     A property that is called code and holds none has x-kind: none.
//   - x-origin of an answer is whose fault it is, where the provider says so: provider or bank, or for each text of a header.
//   - x-scheme of an API key in the header Authorization is the authentication scheme, one that is not registered.
//   - x-remark is what a reader of the provider's API does not need: how sources differ, what is not known.
//   - x-not-sent of a parameter, of a member of a request, or of an operation is why no expected request of the adapter
//     has it.
//   - x-invalid-examples of a media type holds answers that break their own schema, each with a reason: samples that
//     are printed wrongly on the page, and a few instructive bad ones, which are made up. With refused in place of reason
//     an answer keeps its schema and has to be refused all the same.
//
// # Style
//
// All documents are written alike, so that a reader of one finds his way in the others:
//
//   - A description says what the provider's API does, in one to three plain sentences. Names of members, headers and
//     values stand in backticks, except in summaries and sources, which viewers show letter for letter.
//   - A standard term has the standard's own definition: a balance type that of ISO 20022, a header that of Berlin Group.
//   - Everything is described where it stands: every property, parameter, header and answer, and every use of a schema, by
//     allOf with the one $ref and a description beside it. Viewers show that description, and not the schema's.
//   - A fact stands in one place. Other places name that place.
//   - Who says a fact, how sources differ and what is not known stand in x-source, x-remark and x-provenance. A comment in
//     the YAML is for the editor of the document and holds no fact about the API.
//   - externalDocs is the page: its title as description, its address as url. The last paragraph of info.description
//     says who keeps the document, in the same words everywhere.
//   - Servers exist, or are templates.
//   - The description of an operation begins with what it returns. What is longer than a paragraph stands under headings
//     (###). What all operations share, such as the recipe of a signature, stands once, under a heading (##) of
//     info.description.
//   - A summary is a verb and its object: Read the balances of one account.
//   - Path parameters come first, then query, then headers. In a schema type and description come first.
//   - Examples stand at the end under components/examples, so that the contract can be read in one go.
//
// Where many banks follow one document, <provider>/banks.yaml has each bank with the form of package adapters/kit/bank: where it
// is, how it differs, who says so. Its Go values are generated. Nothing is sent to an address from there unless the caller
// configures it.
//
// The samples and lists of the provider's page are kept in <provider>/page.yaml, letter for letter, and a test compares.
//
// This package has no dependency. Package contract checks messages against the documents, package traffic does so with
// live traffic, package mapping reads answers by what the documents declare, and package sandbox serves the examples.
package specs

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

//go:embed */openapi.yaml
var documents embed.FS

// Providers returns the names of the providers that have a document, sorted.
func Providers() []string {
	files, _ := fs.Glob(documents, "*/openapi.yaml") // the only error is a malformed pattern
	for i, file := range files {
		files[i] = path.Dir(file)
	}
	return files
}

// Document returns the text of a provider's OpenAPI document. The caller may change it.
func Document(provider string) ([]byte, error) {
	data, err := documents.ReadFile(provider + "/openapi.yaml")
	if err != nil {
		return nil, fmt.Errorf("specs: no document for provider %q", provider)
	}
	return data, nil
}
