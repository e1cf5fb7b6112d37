package outside_test

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/openbalances/openbalances/"

// Everything public builds with the modules of this one, which can be newer, and whatever is no provider's is used here. Not so
// adapters/fleet and its page, a module with many modules of its own: make stranger uses them, in adapters/testdata/fleet.
func TestEveryPublicPackageIsUsed(t *testing.T) {
	t.Parallel()
	list := func(arguments ...string) []string {
		out, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, arguments...)...).Output()
		require.NoError(t, err)
		return strings.Fields(string(out))
	}
	used := list("-f", `{{join .XTestImports "\n"}}`, ".")
	var public []string
	for _, name := range list("-e", module+"adapters/...", module+"gen/...", module+"specs/...") { // -e: the command needs more modules
		if strings.Contains(name, "/internal/") || strings.Contains(name, "/cmd/") {
			continue
		}
		if public = append(public, name); !slices.Contains(specs.Providers(), path.Base(name)) {
			assert.Contains(t, used, name)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"build"}, public...)...).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
