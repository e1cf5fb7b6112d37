package call

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/currency"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
)

// maxBalances is how many balances of one account an answer may hold. Real ones hold a handful.
const maxBalances = 1000

const (
	getBalances = "get balances"
	getToken    = "get token"
	requestID   = "X-Request-Id" // in the canonical form, which is found fastest
)

// Send makes the request of one operation; it is the generated client's method with its arguments.
type Send func(ctx context.Context) (*http.Response, error)

// Balances fetches the balances of one account: it makes exactly one request, decodes the answer into T and maps it
// with toBalances, which is pure and leaves Provider, AccountID and ReceivedAt to this function.
func Balances[T any](ctx context.Context, c *Connection, accountID string, psu adapters.PSU, send Send,
	toBalances func(T) ([]adapters.Balance, error)) ([]adapters.Balance, error) {
	if err := c.checkArguments(psu, accountID); err != nil {
		return nil, err
	}
	answer, err := exchange[T](ctx, c, send)
	if err != nil {
		return nil, err
	}
	balances, err := toBalances(answer.body)
	if err == nil {
		err = c.stamp(balances, accountID, answer.envelope)
	}
	if err != nil {
		return nil, c.failed(err, http.StatusOK)
	}
	return balances, nil
}

// Batch fetches the balances of several accounts in one request. toResults maps the answer to one element for each
// account, in the order asked.
func Batch[T any](ctx context.Context, c *Connection, accountIDs []string, psu adapters.PSU, send Send,
	toResults func(T) ([]adapters.AccountBalances, error)) ([]adapters.AccountBalances, error) {
	if len(accountIDs) == 0 {
		return nil, c.failed(c.Invalid("account ids", "missing"), 0)
	}
	if len(accountIDs) > adapters.MaxBatch {
		return nil, c.failed(c.Invalid("account ids", "more than one call takes"), 0)
	}
	if err := c.checkArguments(psu, accountIDs...); err != nil {
		return nil, err
	}
	if repeats(accountIDs) {
		return nil, c.failed(c.Invalid("account ids", "one occurs twice"), 0)
	}
	answer, err := exchange[T](ctx, c, send)
	if err != nil {
		return nil, err
	}
	results, err := toResults(answer.body)
	if err != nil {
		return nil, c.failed(err, http.StatusOK)
	}
	for i := range results {
		c.settle(&results[i], answer.envelope)
	}
	return results, nil
}

func repeats(ids []string) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) < len(ids)
}

// settle completes one account of a batch; what is wrong with it stays its own.
func (c *Connection) settle(result *adapters.AccountBalances, e envelope) {
	if result.Err == nil {
		result.Err = c.stamp(result.Balances, result.AccountID, e)
	}
	if result.Err != nil {
		result.Balances, result.Err = nil, c.failed(result.Err, http.StatusOK)
	}
}

func (c *Connection) checkArguments(psu adapters.PSU, accountIDs ...string) error {
	for _, id := range accountIDs {
		if err := adapters.ValidateAccountID(id); err != nil {
			return c.failed(err, 0)
		}
	}
	if err := psu.Validate(); err != nil {
		return c.failed(err, 0)
	}
	return nil
}

// envelope is what an answer says about all balances in it.
type envelope struct {
	received time.Time
	warnings []string
}

type answer[T any] struct {
	envelope
	body T
}

// exchange sends, judges and decodes; its errors are complete.
func exchange[T any](ctx context.Context, c *Connection, send Send) (*answer[T], error) {
	if err := ctx.Err(); err != nil {
		return nil, c.interrupted(err)
	}
	limited, cancel := c.limited(ctx)
	defer cancel()
	response, err := send(limited)
	if err != nil {
		err = c.unsent(ctx, err)
	}
	if !errors.Is(err, adapters.ErrInvalidArgument) { // which is found before anything is sent
		count(ctx)
	}
	if err != nil {
		return nil, err
	}
	received := c.Now()
	body := buffers.Get().(*buffer)
	defer body.release()
	data, err := c.accept(ctx, response, body, received)
	if err != nil {
		return nil, err
	}
	got := &answer[T]{envelope: envelope{received, echoWarnings(response)}}
	if err := strictjson.Unmarshal(data, &got.body); err != nil {
		return nil, c.failed(broken(err), response.StatusCode)
	}
	return got, nil
}

// limited returns the context of one request. Its end is a failure of the transport, that of ctx the caller's.
func (c *Connection) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.timeout)
}

// echoWarnings compares the request id that a provider echoes with the one that was sent.
func echoWarnings(response *http.Response) []string {
	echo, sent := response.Header.Get(requestID), response.Request.Header.Get(requestID)
	if sent == "" || echo == "" || strings.EqualFold(echo, sent) {
		return nil
	}
	return []string{"X-Request-ID of the answer differs from the request's"}
}

// stamp completes mapped balances and holds them to the contract.
func (c *Connection) stamp(balances []adapters.Balance, accountID string, e envelope) error {
	if len(balances) > maxBalances {
		return &adapters.Error{Kind: adapters.ErrTooLarge, Detail: "more balances than one account can have"}
	}
	for i := range balances {
		b := &balances[i]
		b.Provider, b.AccountID, b.ReceivedAt = c.Provider, accountID, e.received
		b.ProviderType = shorten(b.ProviderType)
		if warning := currency.Warning(b.Amount, b.Currency); warning != "" {
			b.Warnings = append(b.Warnings, warning)
		}
		b.Warnings = append(b.Warnings, e.warnings...)
		if err := b.Validate(); err != nil {
			return At("balances", i, err)
		}
	}
	return nil
}

func broken(err error) *adapters.Error {
	kind := adapters.ErrProtocol
	if errors.Is(err, strictjson.ErrTooMany) {
		kind = adapters.ErrTooLarge
	}
	return &adapters.Error{Kind: kind, Detail: err.Error(), Err: err}
}

func (c *Connection) interrupted(err error) error {
	return fmt.Errorf("%s: %s: %w", c.Provider, c.operation, err)
}
