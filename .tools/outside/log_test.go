package outside_test

import (
	"errors"
	"log/slog"
	"os"

	"github.com/openbalances/openbalances/adapters"
)

// Balances and errors can be logged as they are: without IBANs and names, of account ids the end.
func Example_log() {
	server := bank()
	defer server.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "receivedAt" || a.Key == "requestId" {
			return slog.Attr{} // differs from run to run
		}
		return a
	}}))
	client := open(server.URL, adapters.Options{})
	for _, id := range []string{account, noConsent} {
		balances, err := balancesOf(client, id)
		for _, balance := range balances {
			logger.Info("balance", "of", balance)
		}
		if failure := (&adapters.Error{}); errors.As(err, &failure) {
			logger.Warn("no balance", "kind", failure.Kind, "origin", failure.Origin, "error", err)
		}
	}
	// Output:
	// level=INFO msg=balance of.provider=neonomics of.accountId=…0001 of.type=interimAvailable of.amount=42850.00 of.currency=NOK
	// level=INFO msg=balance of.provider=neonomics of.accountId=…0001 of.type=closingBooked of.amount=41990.50 of.currency=NOK
	// level=WARN msg="no balance" kind=consent_required origin=provider error="neonomics: get balances: consent_required (HTTP 510): code 1426"
}
