package prismtest

// limit is something that Prism cannot serve.
type limit struct {
	complaint string // what Prism says; any other outcome is a failure
	reason    string
}

// limits are the only calls that may fail, by provider and name.
var limits = map[string]limit{
	"neonomics getBalances default unattended":          emptyHeader,
	"neonomics getAccounts default accounts unattended": emptyHeader,
}

var emptyHeader = limit{
	complaint: "must have required property 'x-psu-ip-address'",
	reason:    "The provider wants this header empty when no PSU is present; Prism takes empty for missing.",
}
