package neonomics

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/openbalances/openbalances/adapters/kit/call"
)

// keySize is that of AES-128, the only one that the provider hands out.
const keySize = 16

// newPSUID returns the function that makes the x-psu-id of one call: "" without an id, the caller's own ciphertext, or
// a fresh one. Documentation: docs.neonomics.io, "Sensitive end-user data", read 2026-11-20.
func newPSUID(c *Credentials) (func() string, error) {
	switch {
	case c.PSUIDPlain == "" && c.PSUIDKey == "":
		return func() string { return string(c.PSUID) }, nil
	case c.PSUID != "":
		return nil, call.Invalid(provider.Name, "credentials.psuId", "given both encrypted and as text")
	case c.PSUIDPlain == "":
		return nil, call.Invalid(provider.Name, "credentials.psuIdPlain", "missing")
	}
	aead, err := newAEAD(string(c.PSUIDKey))
	if err != nil {
		return nil, err
	}
	prefix, err := keyPrefix(c.PSUIDKeyID)
	if err != nil {
		return nil, err
	}
	return func() string { return encrypt(aead, prefix, string(c.PSUIDPlain)) }, nil
}

// keyPrefix is what Tink puts before a ciphertext to name the key: a one and the key's id, or nothing.
func keyPrefix(keyID string) ([]byte, error) {
	if keyID == "" {
		return nil, nil
	}
	id, err := strconv.ParseUint(keyID, 10, 32)
	if err != nil {
		return nil, call.Invalid(provider.Name, "credentials.psuIdKeyId", "not a number of 32 bits")
	}
	return binary.BigEndian.AppendUint32([]byte{1}, uint32(id)), nil
}

func newAEAD(encodedKey string) (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(encodedKey)
	if err != nil || len(key) != keySize {
		return nil, call.Invalid(provider.Name, "credentials.psuIdKey", "not the base64 of 16 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, call.Invalid(provider.Name, "credentials.psuIdKey", "not an AES key")
	}
	return cipher.NewGCM(block)
}

// encrypt returns base64 of prefix, IV, ciphertext and tag: Tink's AES-GCM form. The IV is random.
func encrypt(aead cipher.AEAD, prefix []byte, plain string) string {
	iv := make([]byte, aead.NonceSize())
	_, _ = rand.Read(iv) // never fails: the program stops if the system has no randomness
	return base64.StdEncoding.EncodeToString(aead.Seal(slices.Concat(prefix, iv), iv, []byte(plain), nil))
}
