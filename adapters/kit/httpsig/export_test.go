package httpsig

// The draft's key has 1024 bits, so its vectors go in behind the size check.
var (
	NewUnchecked    = newCavage
	VerifyUnchecked = verify
	SigningString   = signingString
)
