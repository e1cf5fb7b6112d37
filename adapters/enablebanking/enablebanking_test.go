package enablebanking_test

import (
	"crypto/rsa"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/enablebanking"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
)

const (
	applicationID = "4f2f0e8a-6f0b-4a1e-9c57-2b1d0a9e7c31"
	sessionID     = "5d0c2b7e-8a44-4f0f-9b2f-3f0b8a7d1c55"
	accountID     = "0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11"
)

// credentials are made once, because a key of 2048 bits takes a while.
var credentials = sync.OnceValue(func() enablebanking.Credentials {
	return enablebanking.Credentials{ApplicationID: applicationID, PrivateKey: tlstest.RSAKey(), SessionID: sessionID}
})

var harness = adaptertest.Harness{
	Provider: "enablebanking",
	New: func(options *adapters.Options) (adapters.Source, error) {
		return enablebanking.New(credentials(), options)
	},
	Secrets:     []string{applicationID, sessionID, credentials().PrivateKey.(*rsa.PrivateKey).D.String()},
	Volatile:    []string{"Authorization"},
	Credentials: adaptertest.Tagged(credentials(), enablebanking.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
