// Package acme stands in for a generated client; the tests change it as the generator would.
package acme

import (
	"context"
	"net/http"

	types "example.test/runtime/types"
	"github.com/shopspring/decimal"
)

// Defines values for State.
const (
	StateClosed State = "CLOSED"
	StateOpen   State = "OPEN"
)

// Balance is the answer.
type Balance struct {
	Current     Money    `json:"current"`
	BalanceType string   `json:"balanceType"`
	Description *string  `json:"description,omitempty"`
	State       *State   `json:"state,omitempty"`
	Read        types.At `json:"-"`
}

// Money is an amount.
type Money struct {
	Value decimal.NullDecimal `json:"value"`
}

// Error is the answer to a call that was refused.
type Error struct {
	Code *string `json:"code,omitempty"`
}

// BadRequest is the answer with status 400.
type BadRequest = Error

// State is a list of values.
type State string

// GetBalanceParams are the headers of the call.
type GetBalanceParams struct {
	Trace *string `json:"Trace,omitempty"`
}

// ClientInterface is the client.
type ClientInterface interface {
	GetBalance(ctx context.Context, id string, params *GetBalanceParams) (*http.Response, error)
}

// ClientWithResponses reads answers.
type ClientWithResponses struct {
	ClientInterface
}

// Client sends requests.
type Client struct{ Server string }

// GetBalance reads the balance.
func (c *Client) GetBalance(ctx context.Context, id string, params *GetBalanceParams) (*http.Response, error) {
	return nil, nil
}
