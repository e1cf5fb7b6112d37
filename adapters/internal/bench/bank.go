package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
)

// fetch returns the balances of one account.
type fetch func(ctx context.Context, account string) ([]adapters.Balance, error)

// access is how a fetch reaches its bank.
type access struct {
	baseURL string
	client  *http.Client
	now     func() time.Time
}

// bank is a provider and the ways of fetching from it that are compared:
//
//   - ours is the adapter, with all its checks;
//   - hand is what somebody would write with net/http and encoding/json for this one provider: the same request and the
//     fields that are needed, and no check but that of the status;
//   - stock is the generated client's own ...WithResponse method and a mapping.
type bank struct {
	name              string
	example           string   // of the document, with the account below
	list              []string // the path to the balances in it; an array stands for its first element
	account           string
	ours, hand, stock func(access) (fetch, error)
}

// body is the bank's example with its list of balances repeated until it has n elements.
func (b bank) body(n int) ([]byte, error) {
	document, err := contract.Load(b.name)
	if err != nil {
		return nil, err
	}
	for _, example := range document.Examples() {
		if example.Name != b.example || example.Account != b.account {
			continue
		}
		text, err := repeat(example.JSON, b.list, n)
		if err != nil {
			return nil, fmt.Errorf("%s, example %s: %w", b.name, b.example, err)
		}
		var compact bytes.Buffer
		err = json.Compact(&compact, text)
		return compact.Bytes(), err
	}
	return nil, fmt.Errorf("%s: no example %s with account %s", b.name, b.example, b.account)
}

// repeat sets the length of the list at path to n. Numbers and texts stay as written.
func repeat(text json.RawMessage, path []string, n int) (json.RawMessage, error) {
	var array []json.RawMessage
	if isArray := json.Unmarshal(text, &array) == nil; isArray && len(array) == 0 {
		return nil, fmt.Errorf("empty list before %v", path)
	} else if isArray && len(path) == 0 {
		longer := make([]json.RawMessage, n)
		for i := range longer {
			longer[i] = array[i%len(array)]
		}
		return json.Marshal(longer)
	} else if isArray {
		first, err := repeat(array[0], path, n)
		if err != nil {
			return nil, err
		}
		array[0] = first
		return json.Marshal(array)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || len(path) == 0 || object[path[0]] == nil {
		return nil, fmt.Errorf("nothing at %v", path)
	}
	inner, err := repeat(object[path[0]], path[1:], n)
	if err != nil {
		return nil, err
	}
	object[path[0]] = inner
	return json.Marshal(object)
}

// decode reads the answer to a hand-written request as most people do.
func decode(client *http.Client, request *http.Request, target any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(target)
}
