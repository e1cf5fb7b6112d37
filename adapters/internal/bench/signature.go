package main

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"net/http"

	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// measureSignatures compares the signature that Eika asks for with the RSA operation in it and with the rest of a call.
func measureSignatures(r *report) error {
	key, certificate := eikaKey()
	keyID, err := httpsig.KeyID(certificate, "")
	if err != nil {
		return err
	}
	signer, err := httpsig.New(key, keyID, &httpsig.Options{EncodedWord: true})
	if err != nil {
		return err
	}
	s, err := newScenario(eikaBank, 4)
	if err != nil {
		return err
	}
	calls, err := s.calls(inMemory(s.text, nil))
	if err != nil {
		return err
	}
	sent, _, err := s.observe(s.ours)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, sent.request.URL.String(), nil)
	if err != nil {
		return err
	}
	request.Header = sent.request.Header.Clone()
	sum := sha256.Sum256([]byte("what is signed"))
	bare := func() {
		_, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
		must(err)
	}
	results := contest([]runner{whole(func() { must(signer.Sign(request)) }), whole(bare), whole(calls[ours])}, rounds/4)
	const note = "RSA with 2048 bits. Ours checks what the key made before it is sent."
	r.table("## Signature of an Eika request", note, [][]string{
		{"ratio", "median (quartiles)"},
		{"signature, ours / bare RSA operation", ratio(results[0][0], results[1][0]).String()},
		{"signature / complete call without it in memory, 4 balances", ratio(results[0][0], results[2][0]).String()},
	})
	return nil
}
