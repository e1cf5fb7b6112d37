package call

import (
	"context"
	"sync/atomic"
)

type counterKey struct{}

// Counting returns a context that counts the requests made under it.
func Counting(ctx context.Context) (context.Context, *atomic.Int64) {
	counter := new(atomic.Int64)
	return context.WithValue(ctx, counterKey{}, counter), counter
}

// count adds one request.
func count(ctx context.Context) {
	if counter, ok := ctx.Value(counterKey{}).(*atomic.Int64); ok {
		counter.Add(1)
	}
}
