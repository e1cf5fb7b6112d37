package accessguard

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbered is a change that can be told from others: it adds a call at that millisecond.
func numbered(n int64) func(Record) Record {
	return func(r Record) Record { r.Calls = append(r.Calls, n); return r }
}

func apply(changes []func(Record) Record) (r Record) {
	for _, change := range changes {
		r = change(r)
	}
	return r
}

// A change that comes while others are saved is kept, also where the oldest ones had to give way.
func TestUnsavedChangesOutlastASave(t *testing.T) {
	t.Parallel()
	u := &unsaved{changes: map[string]pending{}, turn: make(chan struct{}, 1)}
	for i := range int64(maxCalls) {
		u.add("k", numbered(i))
	}
	taken, saved, err := u.take(t.Context(), "k")
	require.NoError(t, err)
	assert.Len(t, taken, maxCalls)
	u.add("k", numbered(1000))
	u.add("k", numbered(1001))
	saved(nil)
	taken, saved, err = u.take(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, []int64{1000, 1001}, apply(taken).Calls)
	saved(errors.New("the store is down"))
	assert.Len(t, u.of("k").changes, 2)
	taken, saved, err = u.take(t.Context(), "k")
	require.NoError(t, err)
	assert.Len(t, taken, 2)
	saved(nil)
	assert.Empty(t, u.changes)
}

func TestUnsavedChangesAreBounded(t *testing.T) {
	t.Parallel()
	u := &unsaved{changes: map[string]pending{}, turn: make(chan struct{}, 1)}
	for i := range maxUnsaved + 10 {
		u.add(fmt.Sprint(i), numbered(1))
	}
	assert.Len(t, u.changes, maxUnsaved)
	u.add("0", numbered(2))
	assert.Len(t, u.of("0").changes, 2, "a key that is known goes on")
}
