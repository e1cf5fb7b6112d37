package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

const (
	maxCredential = 64 << 10
	pemBegin      = "-----BEGIN "
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// resolve follows env:NAME and file:PATH; everything else is the value itself. Its errors name the variable but
// never show a value or path.
func resolve(text, folder string) (string, error) {
	value := text
	if name, ok := strings.CutPrefix(text, "env:"); ok {
		if !variableName.MatchString(name) {
			return "", errors.New("env: is not followed by a variable's name")
		}
		if value = os.Getenv(name); value == "" {
			return "", fmt.Errorf("environment variable %s is not set or empty", name)
		}
	}
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		data, err := readFile(within(folder, path), maxCredential)
		if err != nil {
			return "", err
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	}
	if value == "" {
		return "", errors.New("empty")
	}
	return value, nil
}

// resolvePEM returns value if it is PEM text, and otherwise the content of the file that it names.
func resolvePEM(value, folder string) (string, error) {
	if strings.Contains(value, pemBegin) {
		return value, nil
	}
	data, err := readFile(within(folder, value), maxCredential)
	return string(data), err
}

// within returns path as seen from the configuration's folder.
func within(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// readFile returns the content of a regular file of at most limit bytes. Its errors do not hold the path.
func readFile(path string, limit int64) ([]byte, error) {
	data, err := readRegular(path, limit+1)
	switch {
	case errors.Is(err, errIrregular):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case errors.Is(err, fs.ErrPermission):
		return nil, errors.New("no permission to read the file")
	case err != nil:
		return nil, errors.New("the file cannot be read")
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("the file is larger than %d KiB", limit>>10)
	}
	return data, nil
}

var errIrregular = errors.New("not a regular file")

// readRegular opens nothing that could let it wait, such as a FIFO.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, errIrregular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, limit))
}

var (
	certificateType = reflect.TypeFor[*x509.Certificate]()
	keyType         = reflect.TypeFor[crypto.Signer]()
)

// parsePEM returns what a PEM text holds, as one of the two types, or what is wrong with the text.
func parsePEM(kind reflect.Type, text adapters.Secret) (value any, problem string) {
	if kind == certificateType {
		return parseCertificate(text)
	}
	return parseKey(text)
}

// parseCertificate reads the first certificate; the rest of a chain is left alone.
func parseCertificate(text adapters.Secret) (value any, problem string) {
	block := findBlock([]byte(text), "CERTIFICATE")
	if block == nil {
		return nil, "holds no CERTIFICATE in PEM"
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, "not a readable X.509 certificate"
	}
	return certificate, ""
}

// parseKey reads a key in PKCS#8, or an RSA key in PKCS#1.
func parseKey(text adapters.Secret) (value any, problem string) {
	block := findBlock([]byte(text), "PRIVATE KEY", "RSA PRIVATE KEY")
	if block == nil {
		return nil, "holds no unencrypted PRIVATE KEY or RSA PRIVATE KEY in PEM"
	}
	var err error
	if block.Type == "RSA PRIVATE KEY" {
		value, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		value, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, "not a readable private key"
	}
	if _, ok := value.(crypto.Signer); !ok {
		return nil, "not a key that signs"
	}
	return value, ""
}

// findBlock returns the first block of one of the types, or nil.
func findBlock(text []byte, types ...string) *pem.Block {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if slices.Contains(types, block.Type) {
			return block
		}
	}
	return nil
}
