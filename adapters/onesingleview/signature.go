package onesingleview

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// sign returns the signature header for body: the SHA-256, in lower-case hex, of the body's base64 followed by the
// key. Documentation: "Open banking API signature", docs.onesingleview.com, read 2026-11-20.
func sign(body []byte, key string) string {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + key))
	return hex.EncodeToString(sum[:])
}
