// Package openbalances is the map of the repository; it holds no code.
//
// Openbalances is a set of typed Go clients for open-banking balance APIs, one for each provider, and a thin adapter
// for each that turns the provider's answer into one shared Balance:
//
//	specs/<provider>/openapi.yaml  --go generate-->  gen/<provider>  --adapters/<provider>-->  adapters.Balance
//
// Its folders are:
//
//   - specs: the documents, kept by hand, and what runs on them: specs/contract checks requests and answers,
//     specs/traffic checks live traffic, specs/sandbox serves every provider's examples.
//   - gen: the generated clients, never edited. Each can be imported alone.
//   - adapters: Balance, Error and Source with their contract; below it one adapter for each provider, the
//     conformance suite adaptertest, and the command-line tool cmd/openbalances.
//
// Not its business: payments, transactions, keeping consents for the PSU, a hosted service, choosing one balance
// silently, and automatic retries, which would spend the four unattended calls a day.
package openbalances

//go:generate go build -o .bin/ github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate .bin/oapi-codegen -config specs/eika/oapi-codegen.yaml specs/eika/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/mypos/oapi-codegen.yaml specs/mypos/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/neonomics/oapi-codegen.yaml specs/neonomics/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/onesingleview/oapi-codegen.yaml specs/onesingleview/openapi.yaml
//go:generate .bin/oapi-codegen -config specs/tokenio/oapi-codegen.yaml specs/tokenio/openapi.yaml

//go:generate go run ./specs/internal/lineup
