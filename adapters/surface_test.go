package adapters_test

import (
	"bufio"
	"bytes"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opaque are internal types that have a public name. Their own members are nobody's business.
var opaque = []string{module + "/adapters/internal/strictjson.Element"}

// foreign are the types of other modules that public packages name, by the folder of their module: the exceptions of
// .github/COMPATIBILITY.md.
var foreign = map[string][]string{
	"..": {"github.com/shopspring/decimal.Decimal", "github.com/shopspring/decimal.NullDecimal"},
	"fleet": {"github.com/jackc/pgx/v5/pgxpool.Pool", "go.opentelemetry.io/otel/metric.MeterProvider",
		"go.opentelemetry.io/otel/trace.TracerProvider"},
}

// What is public names types of the standard library, its own and those, so that no other module can break it, and the
// generator neither. The generated packages are apart: see .github/COMPATIBILITY.md.
func TestPublicPackagesNameNoTypesOfOthers(t *testing.T) {
	t.Parallel()
	agreed := text(t, ".github/COMPATIBILITY.md")
	for folder, want := range foreign {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if folder == "fleet" && testing.Short() {
				t.Skip("builds the engine of the fleet")
			}
			seen := map[string]bool{}
			packages := publicPackages
			if folder == "fleet" {
				packages = func(t *testing.T) []*types.Package { return packagesOf(t, folder) }
			}
			for _, p := range packages(t) {
				for _, name := range p.Scope().Names() {
					if object := p.Scope().Lookup(name); object.Exported() {
						s := surface{allowed: own}
						s.object(object)
						for _, of := range s.strange {
							assert.Contains(t, want, of, "%s.%s", p.Path(), name)
							seen[of] = true
						}
					}
				}
			}
			for _, name := range want {
				assert.True(t, seen[name], "no longer named: %s", name)
				assert.True(t, strings.Contains(agreed, "`"+path.Base(name)+"`"), "COMPATIBILITY does not name %s", name)
			}
		})
	}
}

// A constant of a type begins with the type's name. Kinds and states of a consent are errors, and those begin with Err.
func TestConstantsBeginWithTheirType(t *testing.T) {
	t.Parallel()
	errors := []string{module + "/adapters.Kind", module + "/adapters.ConsentState"}
	seen := 0
	for _, p := range publicPackages(t) {
		for _, name := range p.Scope().Names() {
			constant, isConstant := p.Scope().Lookup(name).(*types.Const)
			if !isConstant || !constant.Exported() {
				continue
			}
			of, named := constant.Type().(*types.Named)
			if !named || of.Obj().Pkg() != p || slices.Contains(errors, of.String()) && strings.HasPrefix(name, "Err") {
				continue
			}
			seen++
			prefix := of.Obj().Name()
			assert.True(t, strings.HasPrefix(name, prefix), "%s.%s does not begin with %s", p.Path(), name, prefix)
		}
	}
	assert.Greater(t, seen, 30)
}

// What writes JSON or text in a way of its own reads it again, unless it has a reason not to.
func TestWhatIsWrittenCanBeRead(t *testing.T) {
	t.Parallel()
	for _, p := range publicPackages(t) {
		for _, name := range p.Scope().Names() {
			object, isType := p.Scope().Lookup(name).(*types.TypeName)
			if !isType || !object.Exported() {
				continue
			}
			has := func(method string) bool {
				_, way, _ := types.LookupFieldOrMethod(types.NewPointer(object.Type()), false, p, method)
				return len(way) == 1 // and not of what it embeds
			}
			if !has("MarshalJSON") && !has("MarshalText") {
				continue
			}
			reason := onlyWritten[strings.TrimPrefix(p.Path(), module+"/")+"."+name]
			assert.NotEqual(t, reason == "", !has("UnmarshalJSON") && !has("UnmarshalText"), "%s.%s is only written: %q", p.Path(), name, reason)
		}
	}
}

const masks, report = "writes a mask, or no more than a log may show", "is a report for other programs"

var onlyWritten = map[string]string{
	"adapters.Error": report, "adapters/use/collect.Result": report, "adapters/kit/answer.Error": report,
	"adapters.Secret": masks, "adapters.Masked": masks, "adapters.PSU": masks, "adapters/use/configuration.Entry": masks,
}

// own tells whether a type is one of the standard library or of a public package written by hand.
func own(name *types.TypeName) bool {
	p := name.Pkg()
	switch {
	case p == nil, !strings.Contains(strings.Split(p.Path(), "/")[0], "."):
		return true
	case slices.Contains(opaque, p.Path()+"."+name.Name()):
		return true
	}
	path := strings.TrimPrefix(p.Path(), module+"/")
	return path != p.Path() && !strings.HasPrefix(path, "gen/") && !strings.Contains(path+"/", "internal/")
}

// surface walks what an identifier shows. A type with a name is shown by its own package, so it is not walked again.
type surface struct {
	allowed func(*types.TypeName) bool
	strange []string
}

func (s *surface) object(object types.Object) {
	name, isType := object.(*types.TypeName)
	if !isType {
		s.shown(object.Type())
		return
	}
	if name.IsAlias() {
		s.shown(types.Unalias(object.Type()))
		return
	}
	named := object.Type().(*types.Named)
	s.parameters(named.TypeParams())
	s.shown(named.Underlying())
	for method := range named.Methods() {
		if method.Exported() {
			s.shown(method.Type())
		}
	}
}

func (s *surface) parameters(list *types.TypeParamList) {
	for parameter := range list.TypeParams() {
		s.shown(parameter.Constraint())
	}
}

func (s *surface) shown(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		s.named(t.Obj(), t.TypeArgs())
	case *types.Named:
		s.named(t.Obj(), t.TypeArgs())
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() {
				s.shown(field.Type())
			}
		}
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			if method.Exported() {
				s.shown(method.Type())
			}
		}
		for embedded := range t.EmbeddedTypes() {
			s.shown(embedded)
		}
	case *types.Signature:
		s.parameters(t.TypeParams())
		for v := range t.Params().Variables() {
			s.shown(v.Type())
		}
		for v := range t.Results().Variables() {
			s.shown(v.Type())
		}
	case *types.Map:
		s.shown(t.Key())
		s.shown(t.Elem())
	case *types.Union:
		for term := range t.Terms() {
			s.shown(term.Type())
		}
	case interface{ Elem() types.Type }: // a pointer, a list, a channel
		s.shown(t.Elem())
	}
}

func (s *surface) named(name *types.TypeName, arguments *types.TypeList) {
	if !s.allowed(name) {
		s.strange = append(s.strange, name.Pkg().Path()+"."+name.Name())
	}
	for argument := range arguments.Types() {
		s.shown(argument)
	}
}

var ofTheRoot struct {
	once sync.Once
	all  []*types.Package
}

// publicPackages are those of the root module, which all tests build once.
func publicPackages(t *testing.T) []*types.Package {
	t.Helper()
	ofTheRoot.once.Do(func() { ofTheRoot.all = packagesOf(t, "..") })
	require.NotEmpty(t, ofTheRoot.all)
	return ofTheRoot.all
}

// packagesOf are the packages of the module in a folder that other modules can import and that are written by hand, with their
// types.
func packagesOf(t *testing.T, folder string) (public []*types.Package) {
	t.Helper()
	patterns, below := []string{"./specs/...", "./adapters/..."}, module+"/"
	if folder == "fleet" {
		patterns, below = []string{"./..."}, module+"/adapters/fleet"
	}
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-export", "-f", "{{.ImportPath}} {{.Name}} {{.Export}}"},
		patterns...)...)
	list.Dir = folder
	if folder == "fleet" {
		workspace, err := filepath.Abs("../.tools/go.work")
		require.NoError(t, err)
		list.Env = append(os.Environ(), "GOWORK="+workspace)
	}
	out, err := list.Output()
	require.NoError(t, err)
	exports, paths := map[string]string{}, []string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 { // unsafe
			continue
		}
		path := fields[0]
		exports[path] = fields[2]
		if strings.HasPrefix(path, below) && fields[1] != "main" && !strings.Contains(path+"/", "/internal/") && !strings.Contains(path, "/gen/") {
			paths = append(paths, path)
		}
	}
	require.NotEmpty(t, paths)
	read := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, path := range paths {
		p, err := read.Import(path)
		require.NoError(t, err)
		public = append(public, p)
	}
	return public
}
