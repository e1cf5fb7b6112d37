// Package secrettest puts a value into every form in which it could get into a log, a file or a message by mistake.
package secrettest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// AssertHides fails for each form of value that shows one of the secrets, whatever holds it where its methods can be
// called. The exceptions are those that the documentation of adapters.Secret names.
func AssertHides(t testing.TB, value any, secrets ...string) {
	t.Helper()
	for name, held := range held(value, "") {
		assertForms(t, name, held, secrets, func(form string) bool {
			isUnfit := strings.Contains(form, "%") && strings.Trim(form[len(form)-1:], "pw") == ""
			isKey := strings.HasPrefix(name, "key") && strings.Contains(form, "JSON")
			return isUnfit || isKey || form == "testify" || form == "reflection"
		})
	}
}

// AssertSealed is AssertHides without exception: also where no method can be called, and for what reads fields by
// reflection.
func AssertSealed(t testing.TB, value any, secrets ...string) {
	t.Helper()
	for _, path := range []string{"", "example.com/user"} {
		for name, held := range held(value, path) {
			assertForms(t, name, held, secrets, func(string) bool { return false })
		}
	}
}

func assertForms(t testing.TB, name string, held any, secrets []string, isExcepted func(form string) bool) {
	t.Helper()
	for form, text := range forms(held) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) && !isExcepted(form) {
				t.Errorf("%s of %s of %T shows %.20q", form, name, held, secret)
			}
		}
	}
}

// held returns value in everything that can hold it, made by reflection. A path is that of a package whose struct holds it
// in a field that is not exported.
func held(value any, path string) map[string]any {
	v := reflect.ValueOf(value)
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	twice := reflect.New(pointer.Type())
	twice.Elem().Set(pointer)
	all := map[string]any{"value": value, "pointer": pointer.Interface(), "pointer to pointer": twice.Interface()}
	for _, one := range []reflect.Value{v, pointer} {
		for _, t := range []reflect.Type{one.Type(), reflect.TypeFor[any]()} {
			hold := func(holder string, filled reflect.Value) {
				all[fmt.Sprint(holder, " of ", one.Type(), " as ", t)] = filled.Interface()
			}
			field := reflect.StructField{Name: "A", Type: t}
			if path != "" {
				field.Name, field.PkgPath = "a", path
			}
			structure := reflect.New(reflect.StructOf([]reflect.StructField{field})).Elem()
			reflect.NewAt(t, structure.Field(0).Addr().UnsafePointer()).Elem().Set(one)
			hold("struct", structure)
			hold("list", reflect.Append(reflect.MakeSlice(reflect.SliceOf(t), 0, 1), one))
			array := reflect.New(reflect.ArrayOf(1, t)).Elem()
			array.Index(0).Set(one)
			hold("array", array)
			channel := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, t), 1)
			channel.Send(one)
			hold("channel", channel)
			values := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), t))
			values.SetMapIndex(reflect.ValueOf("a"), one)
			hold("map", values)
			if one.Comparable() {
				keys := reflect.MakeMap(reflect.MapOf(t, reflect.TypeFor[int]()))
				keys.SetMapIndex(one, reflect.ValueOf(1))
				hold("key", keys)
			}
		}
	}
	return all
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!"

// forms are the texts that a value becomes. What cannot be encoded becomes as much as was written before the error, and
// the error.
func forms(value any) map[string]string {
	texts := map[string]string{"testify": difference(value), "reflection": reflected(reflect.ValueOf(value), map[any]bool{})}
	for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "9.3"} {
		for _, verb := range letters {
			form := "%" + flags + string(verb)
			texts[form] = fmt.Sprintf(form, value)
			texts["errorf "+form] = fmt.Errorf("%v: "+form, value, value).Error()
		}
	}
	var buffer bytes.Buffer
	take := func(form string, err error) {
		texts[form] = buffer.String() + fmt.Sprint(err)
		buffer.Reset()
	}
	log.New(&buffer, "", 0).Println(value)
	take("log", nil)
	slog.New(slog.NewTextHandler(&buffer, nil)).Info("a", "b", value, slog.Group("c", "d", value))
	take("slog", nil)
	slog.New(slog.NewJSONHandler(&buffer, nil)).Info("a", "b", value, slog.Group("c", "d", value))
	take("slog JSON", nil)
	take("JSON", json.NewEncoder(&buffer).Encode(value))
	take("XML", xml.NewEncoder(&buffer).Encode(value))
	take("gob", gob.NewEncoder(&buffer).Encode(value))
	take("template", template.Must(template.New("").Parse(`{{.}} {{print .}} {{html .}} {{js .}}`)).Execute(&buffer, value))
	take("page JSON", htmltemplate.Must(htmltemplate.New("").Parse(`<a>{{.}}</a><script>{{.}}</script>`)).Execute(&buffer, value))
	return texts
}

// reflected is what a value leads to, fields that are not exported included.
func reflected(v reflect.Value, seen map[any]bool) (text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if place := [2]any{v.Type(), v.Pointer()}; !seen[place] {
			seen[place] = true
			return reflected(v.Elem(), seen)
		}
	case reflect.Interface:
		return reflected(v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			text += reflected(v.Field(i), seen)
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			text += reflected(each.Key(), seen) + reflected(each.Value(), seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			text += reflected(v.Index(i), seen)
		}
	case reflect.String:
		return v.String() + " "
	case reflect.Invalid, reflect.Func, reflect.Chan, reflect.UnsafePointer:
	default:
		return fmt.Sprint(v) + " "
	}
	return text
}

// difference is what testify prints when value is not what was wanted.
func difference(value any) string {
	var got recorder
	assert.Equal(&got, reflect.Zero(reflect.TypeOf(value)).Interface(), value)
	return got.String()
}

type recorder struct{ strings.Builder }

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }

// Key returns what a private key consists of, as numbers and texts.
func Key(t testing.TB, key crypto.Signer) []string {
	t.Helper()
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return Spellings(key.Seed())
	case *ecdsa.PrivateKey:
		secret, err := key.Bytes()
		require.NoError(t, err)
		return number(new(big.Int).SetBytes(secret))
	case *rsa.PrivateKey:
		return number(key.D)
	}
	require.Fail(t, "a key of another type")
	return nil
}

func number(n *big.Int) []string {
	return append(Spellings(n.Bytes()), n.String(), fmt.Sprint(uint(n.Bits()[0])), fmt.Sprintf("%#x", uint(n.Bits()[0])))
}

// Spellings are the ways in which fmt and the encoders write bytes.
func Spellings(secret []byte) []string {
	listed := strings.Trim(fmt.Sprint(secret), "[]")
	return []string{
		string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret), listed,
		strings.ReplaceAll(listed, " ", ","), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", secret), "[]byte{"), "}"),
		base64.StdEncoding.EncodeToString(secret)[:len(secret)/3*4],
	}
}
