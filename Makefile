# The development loop and what CI runs. `make` alone lists the targets.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help demo generate drift lint test check provenance

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## print the balances of every provider, served by the sandbox on loopback
	@$(GO) run ./adapters/cmd/openbalances demo

generate: ## write gen/ from specs/ with the pinned generator, offline
	$(GO) generate ./...

# What make generate writes.
GENERATED = gen specs/documents.gen.go adapters/cmd/openbalances/providers.gen.go README.md

drift: ## fail unless everything generated is exactly what specs/ generates
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	cp -R go.mod go.sum generate.go tools.go README.md specs adapters "$$work" && \
	(cd "$$work" && rm -f specs/documents.gen.go adapters/cmd/openbalances/providers.gen.go && $(GO) generate .) && \
	(for path in $(GENERATED); do diff -r -x .gitattributes "$$work/$$path" "$$path" || exit 1; done) && \
	echo "everything generated is what specs/ generates" || \
	{ echo "generated files differ from what specs/ generates; cure: make generate, then review and commit"; exit 1; }

lint: ## gofmt, go vet and staticcheck on what is written by hand, tidy go.mod
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' ':!gen')); \
	test -z "$$unformatted" || { echo "not formatted; cure: gofmt -w $$unformatted"; exit 1; }
	@$(GO) mod tidy -diff >/dev/null || { echo "go.mod or go.sum is not tidy; cure: go mod tidy"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./specs/... ./adapters/...

test: ## run all tests with the race detector, offline once the modules are there
	$(GO) test -race ./...

provenance: ## list what the documents say that the provider did not, for whoever can verify it
	@$(GO) run ./specs/internal/provenance

check: lint drift test ## everything CI checks, also with the standard library's json v2
	GOEXPERIMENT=jsonv2 $(GO) test ./adapters/...
