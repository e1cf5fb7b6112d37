//go:build tools

package openbalances

// The import keeps the generator in go.mod, which is the only place that names its version.
import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
