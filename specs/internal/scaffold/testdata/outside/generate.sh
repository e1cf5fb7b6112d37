# Writes the client of openapi.yaml with the generator, the settings and the templates of openbalances.
set -e
openbalances=$(go list -m -f '{{.Dir}}' github.com/openbalances/openbalances)
sed -e 's/^package: .*/package: client/' -e "s|^output: .*|output: $PWD/client/client.gen.go|" \
	"$openbalances/specs/mypos/oapi-codegen.yaml" > oapi-codegen.yaml
go run -C "$openbalances" github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config "$PWD/oapi-codegen.yaml" "$PWD/openapi.yaml"
