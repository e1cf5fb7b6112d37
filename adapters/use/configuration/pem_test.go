package configuration_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pemFaults are files that are no certificate or no key, and a part of the line that names the cure. A file is one for a
// certificate, a key, or either of them.
func pemFaults(t *testing.T) (certificates, keys map[string][2]string) {
	t.Helper()
	files := configtest.Files(t)
	certificate, key := files["signing.pem"], files["signing.key"]
	block, _ := pem.Decode([]byte(certificate))
	keyBlock, _ := pem.Decode([]byte(key))
	root := tlstest.NewAuthority(t)
	leaf, _ := tlstest.PEM(t, root.Below(t).Issue(t, nil))
	own, issuer, _ := strings.Cut(leaf, "-----END CERTIFICATE-----\n")
	own += "-----END CERTIFICATE-----\n"
	wide := func(text string) string {
		var out bytes.Buffer
		for _, unit := range utf16.Encode([]rune(text)) {
			out.Write([]byte{byte(unit), byte(unit >> 8)})
		}
		return out.String()
	}
	named := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(secret)}))
	}
	traditional := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Bytes: []byte(secret), Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"},
	}))
	const store = "\x30\x82\x0a\x00\x02\x01\x03\x30\x82\x09\xc6" + "0123456789012345"
	either := func(good, kind string) map[string][2]string {
		return map[string][2]string{
			"empty":               {"", "empty"},
			"blank":               {" \r\n\t", "empty"},
			"byte order mark":     {"\ufeff" + good, "byte order mark; cure: save it as UTF-8 without one"},
			"mark before a chain": {"\ufeff" + good + good, "byte order mark"},
			"UTF-16":              {"\xff\xfe" + wide(good), "UTF-16; cure: save it as UTF-8"},
			"UTF-16 without mark": {wide(good), "UTF-16"},
			"literal breaks":      {strings.ReplaceAll(good, "\n", `\n`), `\n as two characters; cure: real line breaks`},
			"one line":            {strings.ReplaceAll(good, "\n", " "), "without line breaks; cure"},
			"indented":            {"  " + strings.ReplaceAll(good, "\n", "\n  "), "damaged PEM block; cure: copy it whole"},
			"cut off":             {good[:len(good)/2], "damaged PEM block"},
			"second cut off":      {good + good[:len(good)/2], "damaged PEM block"},
			"no markers":          {strings.Join(strings.Split(strings.TrimSpace(good), "\n")[1:len(strings.Split(strings.TrimSpace(good), "\n"))-1], "\n"), "base64 without its first and last line; cure: add -----BEGIN"},
			"PKCS#12":             {store, "PKCS#12 (.p12, .pfx); cure: openssl pkcs12 -in FILE -nodes"},
			"Java key store":      {"\xfe\xed\xfe\xed" + secret, "Java key store; cure: keytool"},
			"binary":              {"\x30\x82\x01\x00" + strings.Repeat("\x01", 256), "perhaps DER; cure"},
			"public key":          {named("PUBLIC KEY"), "a public key; cure: use the "},
			"RSA public key":      {named("RSA PUBLIC KEY"), "a public key; cure: use the "},
			"request":             {named("CERTIFICATE REQUEST"), "a certificate request; cure: use the "},
			"old request":         {named("NEW CERTIFICATE REQUEST"), "a certificate request; cure: use the "},
			"other text":          {"0 " + secret, "holds no " + kind + " in PEM"},
			"other block":         {named("X509 CRL"), "holds no " + kind + " in PEM"},
		}
	}
	certificates, keys = either(certificate, "CERTIFICATE"), either(key, "PRIVATE KEY")
	for name, fault := range map[string][2]string{
		"DER":                   {string(block.Bytes), "a certificate in DER; cure: openssl x509 -inform DER -in FILE -out NEW"},
		"key":                   {key, "a private key where a certificate is wanted; cure"},
		"key of old form":       {files["keys/signing.key"], "a private key where a certificate is wanted; cure"},
		"key in DER":            {string(keyBlock.Bytes), "a private key in DER"},
		"issuer first":          {issuer + own, "an issuer's certificate comes first; cure: your own certificate first"},
		"trusted certificate":   {named("TRUSTED CERTIFICATE"), "TRUSTED or X509 CERTIFICATE of OpenSSL; cure: openssl x509"},
		"old certificate":       {named("X509 CERTIFICATE"), "TRUSTED or X509 CERTIFICATE of OpenSSL; cure: openssl x509"},
		"PKCS#7":                {named("PKCS7"), "PKCS#7 (.p7b); cure: openssl pkcs7 -print_certs"},
		"PKCS#7 in DER":         {"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + strings.Repeat("\x01", 245), "PKCS#7"},
		"unreadable":            {files["broken.pem"], "not a readable X.509 certificate"},
		"certificate by base64": {base64.StdEncoding.EncodeToString(block.Bytes), "base64 without its first and last line"},
	} {
		certificates[name] = fault
	}
	elliptic, err := x509.MarshalECPrivateKey(root.Issue(t, nil).PrivateKey.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	for name, fault := range map[string][2]string{
		"encrypted":           {named("ENCRYPTED PRIVATE KEY"), "an encrypted private key; cure: openssl pkey -in FILE -out NEW"},
		"encrypted, old form": {traditional, "an encrypted private key; cure: openssl pkey"},
		"OpenSSH":             {named("OPENSSH PRIVATE KEY"), "a key of OpenSSH; cure: ssh-keygen -p -m PKCS8"},
		"DER":                 {string(keyBlock.Bytes), "a private key in DER; cure: openssl pkey -inform DER -in FILE -out NEW"},
		"DER, elliptic":       {string(elliptic), "a private key in DER"},
		"certificate":         {certificate, "a certificate where a private key is wanted; cure"},
		"several":             {key + files["other.key"], "several private keys; cure: leave the one that belongs"},
		"unreadable":          {files["broken.pem"], "not a readable private key"},
	} {
		keys[name] = fault
	}
	return certificates, keys
}

// Every fault in every place where such a file is named, and as a text in its place.
func TestPEMFaultsNameTheirCure(t *testing.T) {
	t.Parallel()
	certificates, keys := pemFaults(t)
	for name, fault := range certificates {
		assertCure(t, "certificate "+name, "credentials.signingCert", fault, "fault", "signing.key", "", "", "")
		assertCure(t, "certificate "+name, "tls.clientCert", fault, "signing.pem", "signing.key", "fault", "signing.key", "")
		if name != "issuer first" {
			assertCure(t, "certificate "+name, "tls.rootCAs", fault, "signing.pem", "signing.key", "", "", "fault")
		}
	}
	for name, fault := range keys {
		assertCure(t, "key "+name, "credentials.signingKey", fault, "signing.pem", "fault", "", "", "")
		assertCure(t, "key "+name, "tls.clientKey", fault, "signing.pem", "signing.key", "signing.pem", "fault", "")
	}
	for _, name := range []string{"literal breaks", "one line", "no markers", "key"} {
		fault := certificates[name]
		assertCure(t, "text "+name, "credentials.signingCert", fault, fault[0], "signing.key", "", "", "")
	}
	fault := certificates["DER"]
	assertCure(t, "file: DER", "credentials.signingCert", fault, "file:fault", "signing.key", "", "", "")
}

// assertCure checks the configuration of an Eika connection that names these files, one of which is the fault.
func assertCure(t *testing.T, name, place string, fault [2]string, signingCert, signingKey, clientCert, clientKey, roots string) {
	t.Helper()
	entry := map[string]any{
		"name": "home", "provider": "eika", "credentials": map[string]string{"signingCert": signingCert, "signingKey": signingKey},
		"tls": map[string]string{"clientCert": clientCert, "clientKey": clientKey, "rootCAs": roots},
	}
	config, err := json.Marshal(map[string]any{"connections": []any{entry}})
	require.NoError(t, err)
	folder := configtest.Folder(t, map[string]string{"config.json": string(config), "fault": fault[0]})
	_, err = open(filepath.Join(folder, "config.json"))
	lines := problems(t, err)
	require.Len(t, lines, 1, name)
	assert.True(t, strings.HasPrefix(lines[0], "connections[0] (home): "+place+": "), "%s: %s", name, lines[0])
	assert.Contains(t, lines[0], fault[1], "%s in %s", name, place)
	assert.NotContains(t, lines[0], secret, name)
}

// What is no fault: blanks and other blocks around, other line ends, all forms of keys, both in one file.
func TestPEMThatIsGood(t *testing.T) {
	t.Parallel()
	files := configtest.Files(t)
	certificate, key := files["signing.pem"], files["signing.key"]
	for name, pair := range map[string][2]string{
		"plain":          {certificate, key},
		"old form":       {certificate, files["keys/signing.key"]},
		"CR and LF":      {strings.ReplaceAll(certificate, "\n", "\r\n"), strings.ReplaceAll(key, "\n", "\r\n")},
		"no last line":   {strings.TrimSpace(certificate), strings.TrimSpace(key)},
		"both in a file": {certificate + key, certificate + key},
		"attributes":     {"Bag Attributes\n  localKeyID: 01\n" + certificate, "Key Attributes: <No Attributes>\n" + key},
		"twice the same": {certificate + certificate, key},
	} {
		config := `{"connections":[{"name":"home","provider":"eika","credentials":{"signingCert":"c","signingKey":"k"},` +
			`"tls":{"clientCert":"c","clientKey":"k","rootCAs":"c"}}]}`
		_, err := open(filepath.Join(configtest.Folder(t, map[string]string{"config.json": config, "c": pair[0], "k": pair[1]}), "config.json"))
		assert.NoError(t, err, name)
	}
}
