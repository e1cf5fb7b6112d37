package httpsig_test

import (
	"fmt"
	"net/http"

	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

func Example() {
	key := testKey() // any crypto.Signer
	signer, err := httpsig.New(key, "SN=A4F1,CA=CN=Example CA,O=Bank\\, AS,C=NO", &httpsig.Options{EncodedWord: true})
	if err != nil {
		fmt.Println(err)
		return
	}

	req, _ := http.NewRequest(http.MethodGet, "https://psd2.example/api/v1/accounts/42/balances", nil)
	req.Header.Set("Date", "Wed, 15 Jan 2025 06:30:00 GMT")
	req.Header.Set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
	if err := signer.Sign(req); err != nil { // last
		fmt.Println(err)
		return
	}

	fmt.Println(httpsig.Verify(req, req.Header.Get("Signature"), key.Public()))
	// Output: [date x-request-id] <nil>
}
