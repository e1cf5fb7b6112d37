package jwt_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module is a key that stays where it is, counts what it signs, and fails or waits when it is told to.
type module struct {
	key    *rsa.PrivateKey
	signed atomic.Int64
	fails  error
	waits  chan struct{}
}

func (m *module) Public() crypto.PublicKey { return m.key.Public() }

func (m *module) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	m.signed.Add(1)
	if m.waits != nil {
		<-m.waits
	}
	if m.fails != nil {
		return nil, m.fails
	}
	return m.key.Sign(random, digest, options)
}

var rsaKey = sync.OnceValue(tlstest.RSAKey)

var claims = jwt.Claims{
	KeyID: "4f2f0e8a-6f0b-4a1e-9c57-2b1d0a9e7c31", Issuer: "enablebanking.com", Audience: "api.enablebanking.com", Life: time.Hour,
}

// newSource returns a source whose clock begins a margin after the vector's iat.
func newSource(t *testing.T, key crypto.Signer) (adapters.TokenSource, *time.Time) {
	t.Helper()
	now := time.Unix(1736935800, 0).Add(jwt.Margin)
	source, err := jwt.NewSource(key, claims, func() time.Time { return now })
	require.NoError(t, err)
	return source, &now
}

// The signing input was computed by another program; any key will do, because RS256 is deterministic.
func TestVector(t *testing.T) {
	t.Parallel()
	source, _ := newSource(t, &module{key: rsaKey()})
	token, err := source(t.Context())
	require.NoError(t, err)
	input, encoded, found := cutLast(token)
	require.True(t, found)
	assert.Equal(t, "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6IjRmMmYwZThhLTZmMGItNGExZS05YzU3LTJiMWQwYTllN2MzMSJ9."+
		"eyJpc3MiOiJlbmFibGViYW5raW5nLmNvbSIsImF1ZCI6ImFwaS5lbmFibGViYW5raW5nLmNvbSIsImlhdCI6MTczNjkzNTgwMCwiZXhwIjoxNzM2OTM5NDAwfQ", input)
	signature, err := base64.RawURLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(input))
	assert.NoError(t, rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, sum[:], signature))
}

func cutLast(token string) (before, after string, found bool) {
	i := strings.LastIndex(token, ".")
	return token[:max(i, 0)], token[i+1:], i >= 0
}

// A token serves until a margin before its end, and not before the time at which it was made.
func TestTokensAreReplaced(t *testing.T) {
	t.Parallel()
	key := &module{key: rsaKey()}
	source, now := newSource(t, key)
	first := *now
	for _, step := range []struct {
		after  time.Duration // since the first
		signed int64
	}{
		{0, 1}, {0, 1}, {58*time.Minute - 1, 1}, {58 * time.Minute, 2}, {115 * time.Minute, 2}, {116 * time.Minute, 3}, {0, 4}, {time.Minute, 4},
	} {
		*now = first.Add(step.after)
		_, err := source(t.Context())
		require.NoError(t, err)
		assert.Equal(t, step.signed, key.signed.Load(), step.after)
	}
}

// A refused token is forgotten once, however many calls had it.
func TestDeadTokenIsReplaced(t *testing.T) {
	t.Parallel()
	key := &module{key: rsaKey()}
	source, now := newSource(t, key)
	_, dead, err := source.Ask(t.Context())
	require.NoError(t, err)
	*now = now.Add(time.Second)
	dead()
	_, _, err = source.Ask(t.Context())
	require.NoError(t, err)
	dead()
	_, _, err = source.Ask(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, key.signed.Load())
}

func TestOneSignatureForAllWhoWait(t *testing.T) {
	t.Parallel()
	key := &module{key: rsaKey(), waits: make(chan struct{})}
	source, _ := newSource(t, key)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			_, err := source(t.Context())
			assert.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return key.signed.Load() == 1 }, time.Minute, time.Millisecond)
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := source(gone)
	assert.ErrorIs(t, err, context.Canceled, "who leaves does not wait for the key")
	close(key.waits)
	calls.Wait()
	assert.EqualValues(t, 1, key.signed.Load())
}

func TestKeyThatFails(t *testing.T) {
	t.Parallel()
	key := &module{key: rsaKey(), fails: errors.New("S3CR3T")}
	source, _ := newSource(t, key)
	_, err := source(t.Context())
	assert.EqualError(t, err, "unavailable: access token could not be signed")
	assert.ErrorIs(t, err, key.fails)
	key.fails = nil
	_, err = source(t.Context())
	assert.NoError(t, err, "a failure is not kept")
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	curve := tlstest.ECKey(t)
	for name, key := range map[string]crypto.Signer{"none": nil, "nil in a key": (*rsa.PrivateKey)(nil), "not RSA": curve} {
		_, err := jwt.NewSource(key, claims, time.Now)
		assert.Error(t, err, name)
	}
}
