// Package openbalances is the map of the repository; it holds no code.
//
// Openbalances is a set of typed Go clients for open-banking balance APIs, one for each provider, and a thin adapter
// for each that turns the provider's answer into one shared Balance:
//
//	specs/<provider>/openapi.yaml  --go generate-->  gen/<provider>  --adapters/<provider>-->  adapters.Balance
//
// # Where things live
//
//   - specs/<provider>: the document, kept by hand, with the declaration of where each property of an answer goes.
//     Package specs describes the keys of a document.
//   - specs/contract checks documents and messages, specs/traffic live traffic, specs/mapping reads an answer by its
//     declaration, specs/sandbox serves the examples. Behind them specs/internal/openapi reads a document by kin-openapi,
//     of which the public packages show no type.
//   - gen/<provider>: the generated client, never edited. Each can be imported alone; adapters/kit/answer reads what its
//     methods return.
//   - adapters: the shared types with their contract: Balance, Account, Amount, Error, PSU, Source.
//   - adapters/<provider>: the adapter. <provider>.go has credentials, New and Balances, mapping.go the pure mapping,
//     accounts.go the account list, testdata the expectations, written from the provider's page.
//   - adapters/kit: for authors of adapters. call is the path to the wire, whose steps stand in order in exchange.go;
//     answer reads answers; httpsig and jwt sign; bank says how banks of a family differ, xs2a what Berlin Group's framework
//     says; adaptertest is the suite that every adapter passes.
//   - adapters/internal/wire: what is watched of a request on its way. configtest has a configuration and all its faults.
//   - adapters/use: for callers. configuration opens the connections of the command's configuration, with the table of all
//     adapters; collect fetches any number of accounts, accessguard keeps unattended calls within the allowance, pick
//     chooses one balance by a named policy, printable makes texts safe to show.
//   - adapters/cmd/openbalances: the command.
//   - adapters/fleet: a module of its own, which keeps balances current in a database, with its page and its command
//     cmd/fleet. It is built with the workspace .tools/go.work, because it needs a release of this module.
//   - .tools: programs and modules that nobody links; outside uses the public packages as another module does.
//   - .github: how to take part, what a version may change, what is protected from whom, what changed.
//
// A new field of Balance is added in adapters/balance.go, in the mapping of the adapters that have it, in
// specs/<provider>/openapi.yaml with the expectations of its examples, and in balanceColumns of the command.
//
// # Decisions
//
//   - The documents say what the provider says. They are never bent to please the generator.
//   - Money is exact, with its scale; absence is an error and never zero; no sign and no currency is guessed.
//   - One Source has the same methods everywhere. What a provider lacks is errors.ErrUnsupported, so nothing that wraps a
//     source can lose an ability.
//   - The mapping is written twice: as Go in the adapter and as x-maps-to in the document. The suite compares the two on
//     every example and every variation of it, so that one mistake has to be made twice to go unnoticed.
//   - Answers belong to their request: by the request's id, by the account, by HTTP/2, or because their connection serves
//     once (adapters/internal/wire). A pool for each credential would keep a server's mistakes from other customers, but
//     not from other accounts of the same one.
//   - There is one way to the wire, for single accounts, batches, lists and tokens. The shortcuts for requests
//     (adapters/kit/call/sample.go) and for JSON (adapters/internal/strictjson/plan.go, reader.go, scan.go) make the same
//     calls faster, and nothing else.
//   - A call is sent once. Nothing is retried, because unattended access is four calls a day. The one exception is the page
//     of adapters/use/collect: a batch that is refused as a whole because one of its accounts may be.
//   - Importers of gen/<provider> and adapters/<provider> link no more than the table of dependencies says, which is in
//     .github/CONTRIBUTING.md.
//
// Not its business: payments, transactions, keeping consents for the PSU (but for one's own account at Enable Banking), a
// hosted service, choosing one balance silently, and automatic retries.
package openbalances

//go:generate go build -o .bin/ github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate .bin/oapi-codegen -config specs/berlingroup/oapi-codegen.yaml specs/berlingroup/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/eika/oapi-codegen.yaml specs/eika/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/enablebanking/oapi-codegen.yaml specs/enablebanking/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/mypos/oapi-codegen.yaml specs/mypos/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/neonomics/oapi-codegen.yaml specs/neonomics/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/onesingleview/oapi-codegen.yaml specs/onesingleview/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/tokenio/oapi-codegen.yaml specs/tokenio/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/ukob/oapi-codegen.yaml specs/ukob/openapi.yaml

//go:generate go run ./specs/internal/lineup
