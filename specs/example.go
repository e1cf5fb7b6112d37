package specs

import "encoding/json"

// Example is a named example of a document.
type Example struct {
	Operation string // operationId
	Method    string
	Path      string // as in the document, with its {parameters}
	Status    int    // of the answer; 0 for the body of a request
	Name      string
	Summary   string
	Account   string   // x-sandbox-account: the account id that the sandbox answers with this example
	Accounts  []string // x-sandbox-accounts: the same for an answer about several accounts
	Named     bool     // requests of the operation name the accounts that they ask for
	Lists     bool     // the operation has an x-sandbox-list, so it lists accounts
	Listed    []string // ids of the accounts that such an answer names, in its order
	Partial   bool     // x-partial: such an answer may leave out balances of its accounts
	Compose   string   // x-sandbox-compose: the member that each account of the list gets from its own example
	Media     string   // media type of the body
	JSON      []byte   // indented; strings, numbers and the order of members as written in the document
	Valid     bool     // false for x-invalid-examples
	Reason    string   // why it is invalid
	Refused   string   // why it is to be refused although it keeps its schema; not Valid either
}

// Code is what a document says of one of the provider's codes, in x-kind.
type Code struct {
	Kind    string `json:"kind"`    // of the adapter's error; "by status" where the status decides, "none" for no error
	Consent string `json:"consent"` // of consent_required: expired, revoked or unknown; empty where the code does not tell
	Origin  string `json:"origin"`  // whose fault it is: provider or bank; empty where the code does not tell
	List    string `json:"-"`       // the schema beside which x-kind stands, such as Error, or its property, such as Error.code
}

// UnmarshalJSON reads a kind alone, or an object.
func (c *Code) UnmarshalJSON(text []byte) error {
	type object Code
	if json.Unmarshal(text, &c.Kind) == nil {
		return nil
	}
	return json.Unmarshal(text, (*object)(c))
}
