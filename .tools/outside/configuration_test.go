package outside_test

import (
	"fmt"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

// A program of one's own works from the configuration of the command. It puts the guard around each source, in a store that is
// that of the command if the file is configuration.StatePath(nil, "access.json").
func Example_configuration() {
	server := bank()
	defer server.Close()
	text := `{"connections": [{"name": "home", "provider": "neonomics", "baseURL": "` + server.URL + `/neonomics", "accounts": ["` +
		account + `", "` + noConsent + `"], "credentials": {"accessToken": "token", "sessionId": "session", "deviceId": "device"}}]}`
	configured := must(configuration.Parse(strings.NewReader(text), "", nil)) // or Read("", nil)
	for _, c := range must(configured.Open()) {
		guarded := must(accessguard.New(c.Source, c.Consent, accessguard.Memory(), nil))
		for _, id := range c.Accounts {
			balances, err := balancesOf(guarded, id)
			fmt.Println(c.Name, balances, err)
		}
	}
	_, err := configuration.Parse(strings.NewReader(`{"connections": [{"nmae": "home"}]}`), "", nil)
	fmt.Println(err)
	// Output:
	// home [[provider=neonomics accountId=…0001 type=interimAvailable amount=42850.00 currency=NOK] [provider=neonomics accountId=…0001 type=closingBooked amount=41990.50 currency=NOK]] <nil>
	// home [] neonomics: get balances: consent_required (HTTP 510): code 1426
	// config: connections[0]."nmae": not a known name, did you mean name?
}
