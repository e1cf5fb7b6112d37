# The development loop and what CI runs. `make` alone lists the targets.

GO ?= go
# Each module is built by its own go.mod, also those that lie beside .tools/go.work.
export GOWORK = off

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The other Go version that is promised.
NEXT = go1.27.3

# The systems that everything builds for. The vetted ones have their tests compiled, too.
BUILT = windows/arm64 darwin/amd64 freebsd/amd64 freebsd/arm64 js/wasm wasip1/wasm
VETTED = windows/amd64 darwin/arm64 linux/386 linux/arm
FLEET_VETTED = windows/amd64 darwin/arm64

ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: postgresql systemd help demo demo-fleet new try generate drift lint test test-next test-stores test-fleet test-tools office page proofs portable vuln fuzz bench bench-fleet outside stranger fleet-tidy check provenance spec-diff redocly spectral typescript ogen readers prism catalogue docs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## list the accounts of every provider and print their balances, served by the sandbox on loopback
	@$(GO) run ./adapters/cmd/openbalances demo

new: ## lay down a provider to be filled in: make new P=acme [SHAPE=uk], or FROM=file OPERATION='GET /...' [LIST='GET /...']
	@$(GO) run ./specs/internal/scaffold -from "$(FROM)" -operation "$(OPERATION)" -list "$(LIST)" -shape "$(SHAPE)" "$(P)"

# The settings of one provider, which write its client elsewhere.
ELSEWHERE = sed "s|^output: .*|output: $$work/client.gen.go|" specs/$(P)/oapi-codegen.yaml > "$$work/settings.yaml"

try: ## one provider, one line per cause: to-do list, house rules, drift of its client, suite: make try P=acme
	@test -f "specs/$(P)/openapi.yaml" || { echo "there is no specs/$(P)/openapi.yaml; cure: make try P=<provider>, or make new P=$(P)"; exit 1; }
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && status=0; \
	{ $(GO) test -json -run '^TestNothingIsLeftToDo$$/^$(P)$$' ./adapters; \
	$(GO) test -json -run '^TestHouseRules$$/^$(P)$$' ./specs; \
	$(GO) test -json ./adapters/$(P); } 2>&1 | $(GO) run .tools/oneline.go || status=1; \
	$(GO) build -o .bin/ github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen && $(ELSEWHERE) && \
	.bin/oapi-codegen -config "$$work/settings.yaml" specs/$(P)/openapi.yaml && \
	cmp -s "$$work/client.gen.go" gen/$(P)/client.gen.go || \
	{ echo "gen/$(P) is not what specs/$(P)/openapi.yaml generates; cure: make generate"; status=1; }; exit $$status

generate: ## write gen/ from specs/ with the pinned generator, offline
	$(GO) generate .

# What make generate writes.
GENERATED = gen specs/documents.gen.go $(wildcard adapters/*/banks.gen.go) adapters/use/configuration/providers.gen.go README.md specs/README.md

drift: ## fail unless everything generated is exactly what specs/ generates
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && \
	cp -R go.mod go.sum generate.go tools.go README.md specs adapters "$$work" && \
	(cd "$$work" && rm -f specs/documents.gen.go adapters/*/banks.gen.go adapters/use/configuration/providers.gen.go && $(GO) generate .) && \
	(for path in $(GENERATED); do diff -r -x .gitattributes "$$work/$$path" "$$path" || exit 1; done) && \
	echo "everything generated is what specs/ generates" || \
	{ echo "generated files differ from what specs/ generates; cure: make generate, then review and commit"; exit 1; }

lint: redocly spectral ## gofmt, go vet and staticcheck on what is written by hand, actionlint and a test on .github, Redocly and Spectral on the documents, tidy go.mod
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' ':!gen')); \
	test -z "$$unformatted" || { echo "not formatted; cure: gofmt -w $$unformatted"; exit 1; }
	@$(GO) mod tidy -diff >/dev/null || { echo "go.mod or go.sum is not tidy; cure: go mod tidy"; exit 1; }
	$(GO) vet ./... ./.tools/docs ./.github
	$(GO) run $(STATICCHECK) ./specs/... ./adapters/... ./.tools/docs ./.github
	$(GO) test ./.github
	$(GO) run $(ACTIONLINT) -shellcheck= -pyflakes=

STORES = adapters/use/accessguard/sqltest
FLEET = adapters/fleet
POSTGRESQL = command -v postgres || ls /usr/lib/postgresql/*/bin/postgres

# The module of the fleet requires a release of this one, which is this tree while both are worked on.
WORKSPACE = $(CURDIR)/.tools/go.work

test: ## run the tests with the race detector, offline once the modules are there; three minutes
	GORACE=atexit_sleep_ms=100 $(GO) test -race -short ./...
	@{ $(POSTGRESQL); } >/dev/null 2>&1 || echo "PostgreSQL is not installed, so its tests are skipped; cure: make test-stores"
	@for module in $(STORES) $(FLEET); do \
	cd "$(CURDIR)/$$module" || exit 1; test $$module = $(STORES) || export GOWORK="$(WORKSPACE)"; \
	if said=$$($(GO) list -deps -test ./... 2>&1); then $(GO) test -short ./... || exit 1; \
	else case "$$said" in *"go mod tidy"*) echo "$$module: $$said"; exit 1;; esac; \
	echo "$$module: skipped, because its modules cannot be downloaded"; fi; done

test-next: ## run all tests with the other Go version that is promised, whose encoding/json/v2 is the standard library's
	GOTOOLCHAIN=$(NEXT) $(GO) vet ./...
	GOTOOLCHAIN=$(NEXT) $(GO) test -short ./...
	cd $(FLEET) && GOWORK=$(WORKSPACE) GOTOOLCHAIN=$(NEXT) $(GO) test -short ./...

proofs: ## run also what make test leaves out: planted faults, every change of every example, every bank's profile, a new provider
	$(GO) test -timeout 30m ./...

portable: ## build everything for Windows, macOS, FreeBSD, 32 bits and WebAssembly, and vet it for some of them
	@for system in $(BUILT) $(VETTED); do echo "build for $$system"; GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) build ./... || exit 1; done
	@for system in $(VETTED); do echo "vet for $$system"; GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet ./... || exit 1; done
	@cd $(FLEET) && for system in $(FLEET_VETTED); do echo "vet the fleet for $$system"; \
	GOWORK=$(WORKSPACE) GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet ./... || exit 1; done

vuln: ## look for known vulnerabilities in every module; asks vuln.go.dev, so it is no part of make check
	@for module in $$(git ls-files '*go.mod' ':!*/testdata/*'); do \
	(cd "$$(dirname $$module)" && echo "$$module" && case $$module in $(FLEET)/*) export GOWORK=$(WORKSPACE);; esac && \
	$(GO) run $(GOVULNCHECK) -test ./...) || exit 1; done

postgresql: # installed if it is missing
	@{ $(POSTGRESQL); } >/dev/null 2>&1 || \
	{ sudo=$$(test "$$(id -u)" = 0 || echo sudo -n); $$sudo apt-get update -q && $$sudo apt-get install -qy postgresql; } || \
	{ echo "PostgreSQL cannot be installed; cure: install its server"; exit 1; }

test-stores: postgresql ## count accesses in a real PostgreSQL, installed if it is missing, and in SQLite
	cd $(STORES) && $(GO) mod tidy -diff && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./... && REQUIRE_POSTGRESQL=1 $(GO) test -race ./...

systemd: # installed if it is missing and can be
	@command -v systemd-analyze >/dev/null || \
	{ sudo=$$(test "$$(id -u)" = 0 || echo sudo -n); $$sudo apt-get install -qy --no-install-recommends systemd; } || \
	echo "systemd cannot be installed, so the unit of the fleet is not verified"

test-fleet: export GOWORK = $(WORKSPACE)
test-fleet: postgresql systemd fleet-tidy ## test the fleet on PostgreSQL, installed if it is missing, and on SQLite, with workers that are killed
	cd $(FLEET) && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./... && REQUIRE_POSTGRESQL=1 $(GO) test -race ./...

# Without a replacement, tidy asks for the release that go.mod requires.
fleet-tidy: ## check the go.mod of adapters/fleet, which needs a release of this module
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cd $(FLEET) && cp go.mod go.sum "$$work" && \
	$(GO) mod edit -replace github.com/openbalances/openbalances="$(CURDIR)" "$$work/go.mod" && \
	GOWORK=off $(GO) mod tidy -diff -modfile "$$work/go.mod" || \
	{ echo "go.mod or go.sum of $(FLEET) is not tidy; cure: change what is shown above"; exit 1; }

office: ## let LibreOffice, installed if it is missing, read every amount of the demo in eight languages
	@command -v soffice >/dev/null || \
	{ sudo=$$(test "$$(id -u)" = 0 || echo sudo -n); $$sudo apt-get update -q && $$sudo apt-get install -qy --no-install-recommends libreoffice-calc; } || \
	{ echo "LibreOffice cannot be installed; cure: install it, then make office"; exit 1; }
	$(GO) test -count=1 -v -run TestOffice ./adapters/cmd/openbalances

# How long make demo-fleet works, in seconds, and where its page is; without them until an interrupt, at 127.0.0.1:8080.
DEMO_SECONDS ?=
DEMO_LISTEN ?=

demo-fleet: export GOWORK = $(WORKSPACE)
demo-fleet: ## keep the sandbox's accounts current, with seconds instead of hours, and serve the page: make demo-fleet [DEMO_SECONDS=20]
	@cd $(FLEET) && $(GO) run ./cmd/fleet demo $(if $(DEMO_SECONDS),-for $(DEMO_SECONDS)s) $(if $(DEMO_LISTEN),-listen $(DEMO_LISTEN))

CHROMIUM = command -v chromium || command -v chromium-browser || command -v google-chrome

page: export GOWORK = $(WORKSPACE)
page: ## look at the fleet's page in a real Chromium, installed if it is missing, by axe-core's rules where node is installed
	@{ $(CHROMIUM); } >/dev/null 2>&1 || \
	{ sudo=$$(test "$$(id -u)" = 0 || echo sudo -n); $$sudo apt-get update -q && $$sudo apt-get install -qy --no-install-recommends chromium; } || \
	{ echo "Chromium cannot be installed; cure: install it, then make page"; exit 1; }
	cd $(FLEET) && OPENBALANCES_CHROMIUM=$$($(CHROMIUM)) $(GO) test -count=1 -run Chromium ./page

# How long each target is fuzzed. Without a bound, making one finding smaller would take all of it.
T ?= 10s
MINIMIZE = 200x

# Before Go 1.27 a target that found nothing sometimes ends with "context deadline exceeded" (golang/go#75804). A finding
# always names the file that it was written to.
fuzz: ## fuzz every target in turn, each for T: make fuzz T=30s
	@listed=$$($(GO) test -list '^Fuzz' ./specs/... ./adapters/...) || { echo "$$listed"; exit 1; }; \
	log=$$(mktemp) && trap 'rm -f "$$log"' EXIT && echo "$$listed" | \
	awk '/^Fuzz/ { targets[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print $$2, targets[i]; n = 0 }' | \
	while read -r package target; do \
		echo "$$package $$target" && $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(T) \
		-fuzzminimizetime $(MINIMIZE) "$$package" </dev/null 2>&1 | tee "$$log"; \
		grep -q '^ok' "$$log" || \
		{ grep -q '^ *context deadline exceeded$$' "$$log" && ! grep -q 'Failing input' "$$log"; } || \
		{ echo "$$target found something; cure: correct the code and keep the input that is named above"; exit 1; }; \
	done

catalogue: ## print the catalogue of bad days, case by provider, from a run of it
	@$(GO) test -json -count=1 -run '^TestConformance$$/^catalogue$$' ./adapters/... 2>&1 | $(GO) run .tools/catalogue.go

bench: ## compare the adapters with hand-written code, side by side; a few minutes on an idle machine
	@$(GO) run ./adapters/internal/bench

bench-fleet: export GOWORK = $(WORKSPACE)
bench-fleet: postgresql ## throughput, scaling and memory of the fleet beside jobs of the engine written by hand; ten minutes on an idle machine
	@cd $(FLEET) && $(GO) test -run '^$$' -bench . -benchtime 1x -timeout 1h .

provenance: ## list what the documents say that the provider did not, for whoever can verify it
	@$(GO) run ./specs/internal/lineup provenance

# The revision that spec-diff compares the working tree with; the last release if it is empty, HEAD~1 without a release.
BASE ?=

spec-diff: ## report what changed in the documents and the public packages since the last release or BASE, and the version it needs
	@cd .tools/specdiff && $(GO) run . "$(CURDIR)" "$(BASE)"

test-tools: ## vet and test the programs that are kept out of go.mod
	cd .tools/specdiff && $(GO) mod tidy -diff && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./... && $(GO) test ./...
	cd .tools/proxy && $(GO) mod tidy -diff && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./...

outside: ## use the public packages as another module does, together with modules that are not ours
	cd .tools/outside && $(GO) mod tidy -diff && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./... && $(GO) test -race ./...

# A folder with a module proxy of the clone, which has every module as v0.1.0, and with an empty cache of modules. It is always
# the same one, so that what was compiled is found again.
PROXY = $(CURDIR)/.bin/proxy
RELEASE = trap 'rm -rf "$(PROXY)"' EXIT && rm -rf "$(PROXY)" && (cd .tools/proxy && $(GO) run . "$(CURDIR)" "$(PROXY)")

stranger: ## do what README says in an empty folder, and run a program with a fleet, with an empty module cache and a module proxy made of the clone
	@$(RELEASE) && OPENBALANCES_PROXY="$(PROXY)" $(GO) test -count=1 -v -run '^TestReadmeAsAStranger$$' ./adapters

# What needs node is skipped where there is none.
NODE_TOOLS = .tools/node/node_modules

ifeq ($(shell command -v node 2>/dev/null),)
redocly spectral typescript prism docs:
	@echo "$@: skipped, because node is not installed"
else
# npm writes this file last, so it is older than the lock file if something has to be installed.
%/node_modules/.package-lock.json: %/package-lock.json
	@cd $* && npm ci --loglevel=error >/dev/null && touch node_modules/.package-lock.json || \
	{ echo "npm cannot install $*; cure: what npm says above, or take node from the PATH to do without"; exit 1; }

page: export OPENBALANCES_AXE = $(CURDIR)/$(NODE_TOOLS)/axe-core/axe.min.js
page: $(NODE_TOOLS)/.package-lock.json

docs: .tools/docs/node_modules/.package-lock.json ## render the documents as reference pages in .docs; the sandbox serves them
	@$(GO) run ./.tools/docs .tools/docs/node_modules/redoc/bundles/redoc.standalone.js .docs && echo "see .docs/<provider>/index.html"

redocly: $(NODE_TOOLS)/.package-lock.json
	@said=$$(REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(NODE_TOOLS)/.bin/redocly lint \
	--config specs/redocly.yaml --lint-config error specs/*/openapi.yaml 2>&1) && \
	echo "Redocly agrees with all documents" || \
	{ echo "$$said"; echo "Redocly objects; cure: correct the document, the page of the rule says how"; exit 1; }

spectral: $(NODE_TOOLS)/.package-lock.json
	@$(NODE_TOOLS)/.bin/spectral lint --quiet --fail-severity warn --ruleset specs/spectral.yaml specs/*/openapi.yaml && \
	echo "Spectral agrees with all documents" || \
	{ echo "Spectral objects; cure: correct the document, the page of the rule says how"; exit 1; }

typescript: $(NODE_TOOLS)/.package-lock.json
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && for document in specs/*/openapi.yaml; do \
	name=$$(basename $$(dirname $$document)) && $(NODE_TOOLS)/.bin/openapi-typescript $$document -o $$work/$$name.ts >/dev/null || exit 1; \
	done && $(NODE_TOOLS)/.bin/tsc --noEmit --strict $$work/*.ts && echo "openapi-typescript and tsc read all documents"

prism: $(NODE_TOOLS)/.package-lock.json ## let every adapter fetch every example from Stoplight Prism
	OPENBALANCES_PRISM=$(CURDIR)/$(NODE_TOOLS)/@stoplight/prism-cli/dist/index.js \
	$(GO) test -race -count=1 -run Prism ./adapters/internal/prismtest ./adapters/cmd/openbalances
endif

# Another generator for Go.
OGEN = github.com/ogen-go/ogen/cmd/ogen@v1.25.0

ogen:
	@$(GO) run $(OGEN) -version >/dev/null 2>&1 || { echo "ogen: skipped, because it cannot be downloaded"; exit 0; } && \
	work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && for document in specs/*/openapi.yaml; do \
	name=$$(basename $$(dirname $$document)) && said=$$($(GO) run $(OGEN) -loglevel error -target $$work/$$name -package $$name $$document 2>&1) || \
	{ echo "$$said" | tail -40; echo "ogen cannot read $$document; cure: what it says above"; exit 1; }; \
	done && echo "ogen generates from all documents"

readers: typescript ogen ## let other generators read the documents: openapi-typescript with tsc, and ogen

check: lint drift test proofs portable test-next test-stores test-fleet test-tools outside office page readers docs prism stranger ## everything CI checks
