package adapters

import (
	"fmt"
	"log/slog"
)

const masked = "[secret]"

// Secret is a credential that shows itself only when converted to a string. Every verb of fmt, encoding/json and
// log/slog print a mask instead.
type Secret string

// Format writes the mask, whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(masked)) }

// String returns the mask.
func (Secret) String() string { return masked }

// MarshalText returns the mask; encoding/json uses it.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns the mask.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }
