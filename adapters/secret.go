package adapters

import (
	"fmt"
	"log/slog"
)

const masked = "[secret]"

// Secret is a credential that shows itself only when converted to a string. Fmt, log, log/slog, text/template and the
// encoders for JSON, XML and gob write a mask instead; so they do for what embeds [Masked].
//
// A Secret stays a string, so that one can be written as a constant, and Credentials are structs of them. Nothing can
// mask these:
//   - print and println;
//   - the verbs of fmt that do not fit: %p and %w, and for a pointer to a struct of the caller's inside a list, map or
//     struct also %s and %q;
//   - a field of the caller's that is not exported, where fmt may call no method; a pointer there is safe;
//   - the keys of a map in JSON;
//   - what reads fields by reflection and calls no method, such as spew and the diffs of testify.
//
// Clients, token sources, signers and [PSU] hold theirs where reflection finds the address of a function only.
type Secret string

// Format writes the mask, whatever the verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(masked)) }

// String returns the mask.
func (Secret) String() string { return masked }

// MarshalText returns the mask; encoding/json and encoding/xml use it.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalBinary returns the mask; encoding/gob uses it.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(masked), nil }

// LogValue returns the mask.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// Masked makes a struct that embeds it, such as the Credentials of an adapter, show the mask of a [Secret] instead of its
// fields, with the same exceptions.
type Masked struct{}

// Format writes the mask, whatever the verb.
func (Masked) Format(state fmt.State, verb rune) { Secret.Format("", state, verb) }

// MarshalText returns the mask.
func (Masked) MarshalText() ([]byte, error) { return Secret.MarshalText("") }

// MarshalBinary returns the mask.
func (Masked) MarshalBinary() ([]byte, error) { return Secret.MarshalBinary("") }
