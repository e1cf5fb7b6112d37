package main

import (
	"slices"
	"strings"
	"testing"
)

const (
	operation = "acme: breaking: GET /accounts/{id}/balance: "
	corrected = "acme: origin: x-provenance.read is still 2026-11-20: our document was corrected; " +
		"if the provider's page changed, write the new date there"
	raiseMinor = "acme: FAIL: a breaking change, but info.version was 1.0.0 and is 1.0.0; " +
		"cure: set it to 1.1.0 in specs/acme/openapi.yaml"
	raisePatch = "acme: version: the document changed, but info.version was 1.0.0 and is 1.0.0; " +
		"cure: set it to 1.0.1 in specs/acme/openapi.yaml"
	raised    = "acme: version: info.version was 1.0.0, is 1.1.0"
	major     = "module: needs a major version (before v1: a minor one): breaks callers of acme"
	minor     = "module: needs a minor version: changes or additions in acme"
	generator = "acme: origin: the document is the same: the generator or its settings changed gen/acme"
	unknown   = "module: the version it needs shows when these can be compared: acme"
	patch     = "module: a patch version is enough: only texts differ in acme"
)

var (
	toMinor = edit{"version: 1.0.0", "version: 1.1.0"}
	toPatch = edit{"version: 1.0.0", "version: 1.0.1"}

	currentOptional   = edit{"        - current\n", ""}
	currentPointer    = edit{"Current     Money ", "Current     *Money"}
	currentIsOptional = []string{
		operation + "response property `current` became optional (status 200)",
		"acme: breaks Go: acme.Balance.Current (was Money, is *Money)",
		corrected,
	}
)

func TestReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document, client []edit
		code             int
		want             []string
	}{
		"nothing": {want: []string{"unchanged: acme", "module: needs no new version for specs/ and gen/"}},
		"layout and comments": {
			document: []edit{{"servers:\n", "# where\nservers:\n"}, {"read: '2026-11-20'", `read: "2026-11-20"`}},
			want:     []string{"unchanged: acme", "module: needs no new version for specs/ and gen/"},
		},
		"texts": {
			document: []edit{{"One call.", "The one call."}, {"value: '1.00'", "value: '2.00'"}},
			client:   []edit{{"Money is an amount.", "Money is some amount."}},
			want: []string{
				"acme: texts: 2 descriptions, examples or notes differ, the first is info/description", raisePatch, patch,
			},
		},
		"texts with a version": {
			document: []edit{{"One call.", "The one call."}, toPatch},
			want: []string{
				"acme: texts: 1 descriptions, examples or notes differ, the first is info/description",
				"acme: version: info.version was 1.0.0, is 1.0.1", patch,
			},
		},
		"a property is added": {
			document: []edit{
				{"        balanceType:\n", "        limit:\n          type: string\n        balanceType:\n"}, toPatch,
			},
			client: []edit{{"\tBalanceType", "\tLimit *string `json:\"limit,omitempty\"`\n\tBalanceType"}},
			want: []string{
				"acme: change: GET /accounts/{id}/balance: added the optional property `limit` (status 200)",
				"acme: adds Go: acme.Balance.Limit", corrected, "acme: version: info.version was 1.0.0, is 1.0.1", minor,
			},
		},
		"a value is added": {
			document: []edit{{"        - CLOSED\n", "        - CLOSED\n        - FROZEN\n"}, toMinor},
			client:   []edit{{"\tStateOpen", "\tStateFrozen State = \"FROZEN\"\n\tStateOpen"}},
			want: []string{
				"acme: caution: GET /accounts/{id}/balance: added the new `FROZEN` enum value " +
					"to the `state` response property (status 200)",
				"acme: adds Go: acme.StateFrozen", corrected, raised, minor,
			},
		},
		"server and known values": {
			document: []edit{{"https://api.acme.test", "https://api2.acme.test"}, {"            - UNKNOWN\n", ""}, toPatch},
			want: []string{
				"acme: change: document: removed components/schemas/Error/properties/code/x-extensible-enum/UNKNOWN",
				"acme: change: document: removed servers/https://api.acme.test",
				"acme: change: document: added servers/https://api2.acme.test",
				corrected, "acme: version: info.version was 1.0.0, is 1.0.1", minor,
			},
		},
		"a required property became optional": {
			document: []edit{currentOptional}, client: []edit{currentPointer},
			code: 1, want: append(slices.Clone(currentIsOptional), raiseMinor, major),
		},
		"the same with a patch": {
			document: []edit{currentOptional, toPatch}, client: []edit{currentPointer},
			code: 1,
			want: append(slices.Clone(currentIsOptional), strings.Replace(raiseMinor, "is 1.0.0", "is 1.0.1", 1), major),
		},
		"the same with a lower version": {
			document: []edit{currentOptional, {"version: 1.0.0", "version: 0.9.0"}}, client: []edit{currentPointer},
			code: 1,
			want: append(slices.Clone(currentIsOptional), strings.Replace(raiseMinor, "is 1.0.0", "is 0.9.0", 1), major),
		},
		"the same with a minor": {
			document: []edit{currentOptional, toMinor}, client: []edit{currentPointer},
			want: append(slices.Clone(currentIsOptional), raised, major),
		},
		"an optional property became required breaks the Go field only": {
			document: []edit{{"        - current\n", "        - current\n        - state\n"}},
			client:   []edit{{"State       *State ", "State       State "}},
			code:     1,
			want: []string{
				"acme: breaks Go: acme.Balance.State (was *State, is State)",
				"acme: change: GET /accounts/{id}/balance: response property `state` became required (status 200)",
				corrected, raiseMinor, major,
			},
		},
		"a property is renamed to what makes the same field": {
			document: []edit{
				{"        - balanceType\n", "        - balance_type\n"},
				{"        balanceType:\n", "        balance_type:\n"}, toMinor,
			},
			client: []edit{{`json:"balanceType"`, `json:"balance_type"`}},
			want: []string{
				operation + "removed the required property `balanceType` (status 200)",
				`acme: breaks Go: acme.Balance.BalanceType (name in the message was "balanceType", is "balance_type")`,
				"acme: change: GET /accounts/{id}/balance: added the required property `balance_type` (status 200)",
				corrected, raised, major,
			},
		},
		"a type and a name of an error change in two answers": {
			document: []edit{{
				"        code:\n          type: string\n          x-extensible-enum:\n" +
					"            - DENIED\n            - UNKNOWN\n",
				"        code:\n          type: integer\n        hint:\n          type: string\n",
			}, toMinor},
			client: []edit{{
				"Code *string `json:\"code,omitempty\"`",
				"Code *int `json:\"code,omitempty\"`\n\tHint *string `json:\"hint,omitempty\"`",
			}},
			want: []string{
				operation + "`code` response's property `type` changed from `string` to `integer` (status 400, 404)",
				"acme: breaks Go: acme.Error.Code (was *string, is *int)",
				"acme: change: GET /accounts/{id}/balance: added the optional property `hint` (status 400, 404)",
				"acme: change: document: removed components/schemas/Error/properties/code/x-extensible-enum",
				"acme: adds Go: acme.Error.Hint", corrected, raised, major,
			},
		},
		"a property named like a keyword is no text": {
			document: []edit{{
				"        description:\n          type: string\n" +
					"          description: A property that is called like a keyword.\n", "",
			}, toMinor},
			client: []edit{{"\tDescription *string  `json:\"description,omitempty\"`\n", ""}},
			want: []string{
				operation + "removed the optional property `description` (status 200)",
				"acme: breaks Go: acme.Balance.Description (removed)",
				corrected, raised, major,
			},
		},
		"an operation is renamed after a new page": {
			document: []edit{{"getBalance\n", "readBalance\n"}, {"read: '2026-11-20'", "read: '2027-01-10'"}, toMinor},
			client:   []edit{{"\tGetBalance(ctx", "\tReadBalance(ctx"}, {") GetBalance(ctx", ") ReadBalance(ctx"}},
			want: []string{
				operation + "api operation id `getBalance` removed and replaced with `readBalance`",
				"acme: breaks Go: acme.Client.GetBalance (removed)",
				"acme: breaks Go: acme.ClientInterface.GetBalance (removed)",
				"acme: breaks Go: acme.ClientInterface.ReadBalance (new method: whatever implements the interface lacks it)",
				"acme: adds Go: acme.Client.ReadBalance",
				"acme: texts: 1 descriptions, examples or notes differ, the first is info/x-provenance/read",
				"acme: origin: the provider's page was read anew: 2027-01-10, before 2026-11-20", raised, major,
			},
		},
		"a parameter is required by a new version of the API": {
			document: []edit{
				{"          in: header\n", "          in: header\n          required: true\n"},
				{"apiVersion: v1", "apiVersion: v2"}, toMinor,
			},
			client: []edit{{"Trace *string `json:\"Trace,omitempty\"`", "Trace string `json:\"Trace\"`"}},
			want: []string{
				operation + "`header` request parameter `Trace` became required",
				"acme: breaks Go: acme.GetBalanceParams.Trace (was *string, is string)",
				"acme: texts: 1 descriptions, examples or notes differ, the first is info/x-provenance/apiVersion",
				`acme: origin: the provider's API version was "v1", is "v2"`, raised, major,
			},
		},
		"types of other packages": {
			client: []edit{{"decimal.NullDecimal", "decimal.Decimal"}, {"types.At", "types.Instant"}},
			want: []string{
				"acme: breaks Go: acme.Balance.Read (was types.At, is types.Instant)",
				"acme: breaks Go: acme.Money.Value (was decimal.NullDecimal, is decimal.Decimal)",
				generator, major,
			},
		},
		"a constant and an alias": {
			client: []edit{{`"OPEN"`, `"open"`}, {"type BadRequest = Error", "type BadRequest struct{}"}},
			want: []string{
				"acme: breaks Go: acme.BadRequest (was Error, is BadRequest)",
				`acme: breaks Go: acme.StateOpen (value was "OPEN", is "open")`,
				generator, major,
			},
		},
		"comparison with ==": {
			client: []edit{
				{"\tValue decimal", "\tNotes []string\n\tValue decimal"},
				{"return nil, nil", "return nil, http.ErrNotSupported"},
			},
			want: []string{
				"acme: caution: acme.Balance (values can no longer be compared with ==)",
				"acme: caution: acme.Money (values can no longer be compared with ==)",
				"acme: adds Go: acme.Money.Notes",
				generator, minor,
			},
		},
		"function bodies": {
			client: []edit{{"return nil, nil", "return nil, http.ErrNotSupported"}},
			want: []string{
				"acme: texts: gen/acme differs in comments or function bodies only",
				generator, patch,
			},
		},
		"an unreadable document": {
			document: []edit{{"#/components/schemas/Money", "#/components/schemas/Gold"}}, code: 1,
			want: []string{
				`acme: FAIL: specs/acme/openapi.yaml cannot be read: failed to resolve "Gold" in fragment in URI: ` +
					`"#/components/schemas/Gold": map key "Gold" not found; cure: correct the document`,
				unknown,
			},
		},
		"an unreadable client": {
			client: []edit{{"package acme", "pakage acme"}}, code: 1,
			want: []string{
				"acme: FAIL: gen/acme/client.gen.go:2:1: expected 'package', found pakage; cure: make generate",
				unknown,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t)
			w.edit(acmeDocument, c.document)
			w.edit(acmeClient, c.client)
			w.expect(c.code, c.want)
		})
	}
}

func TestProvidersComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	w.write("specs/zeta/openapi.yaml", testdata(t, "openapi.yaml"))
	w.write("gen/zeta/client.gen.go", testdata(t, "client.gen.go"))
	w.write("gen/zeta/client_test.go", "no Go, and not looked at")
	w.expect(0, []string{
		"zeta: new: provider Acme account balances, document 1.0.0", "unchanged: acme",
		"module: needs a minor version: changes or additions in zeta",
	})
	w.commit()
	w.remove("specs/acme", "gen/acme")
	w.expect(0, []string{
		"acme: removed: the provider, with its document and all identifiers of gen/acme", "unchanged: zeta", major,
	})
	w.git("checkout", "-q", ".")
	w.remove("gen/acme")
	w.expect(0, []string{
		"acme: breaks Go: package gen/acme (removed; if that is not meant: make generate)",
		generator, "unchanged: zeta", major,
	})
}

// An earlier state that nobody can read does not stand in the way of its correction.
func TestUnreadableBase(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t)
	w.write(acmeDocument, "openapi: 3.0.3\n")
	w.write(acmeClient, "package")
	w.commit()
	w.write(acmeDocument, testdata(t, "openapi.yaml"))
	w.write(acmeClient, testdata(t, "client.gen.go"))
	w.expect(0, []string{
		"acme: change: the client could not be read before: gen/acme/client.gen.go:1:8: expected 'IDENT', found 'EOF'",
		"acme: change: the document could not be read before: it has no info or no paths", minor,
	})
}
