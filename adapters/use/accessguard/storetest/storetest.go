// Package storetest holds a store to the contract of [accessguard.Store].
package storetest

import (
	"testing"

	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/internal/storetest"
)

// Run tests a store. open returns it as a newly started process would: another instance with the same records, or the
// same instance where nothing survives a process.
func Run(t *testing.T, open func(t *testing.T) accessguard.Store) { storetest.Run(t, open) }
