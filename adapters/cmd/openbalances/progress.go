package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// tally counts what a run has asked for. It is safe for concurrent use.
type tally struct{ asked, answered, failed atomic.Int64 }

func (t *tally) ask(accounts int) { t.asked.Add(int64(accounts)) }

func (t *tally) end(err error) {
	if err != nil {
		t.failed.Add(1)
		return
	}
	t.answered.Add(1)
}

func (t *tally) String() string {
	return fmt.Sprintf("asked %d, %d answered, %d failed", t.asked.Load(), t.answered.Load(), t.failed.Load())
}

// show keeps one line with the counts on a terminal once a second has passed, until hide is called. Elsewhere nothing
// is written.
func (t *tally) show(output io.Writer, quiet bool) (hide func()) {
	if quiet || !isTerminal(output) {
		return func() {}
	}
	var writing sync.WaitGroup
	done := make(chan struct{})
	writing.Go(func() { t.rewrite(output, done) })
	return func() {
		close(done)
		writing.Wait()
	}
}

func (t *tally) rewrite(output io.Writer, done <-chan struct{}) {
	wait, width := progressAfter, 0
	for {
		select {
		case <-done:
			if width > 0 {
				_, _ = fmt.Fprintf(output, "\r%s\r", strings.Repeat(" ", width))
			}
			return
		case <-time.After(wait):
			line := t.String()
			_, _ = fmt.Fprint(output, "\r", line)
			wait, width = progressEvery, max(width, len(line))
		}
	}
}

// isTerminal reports whether somebody looks at what is written.
func isTerminal(output io.Writer) bool {
	file, ok := output.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// asking is a source whose accounts are counted as they are asked for.
type asking struct {
	adapters.Source
	tally  *tally
	single bool // no batches
}

func (a asking) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	a.tally.ask(1)
	balances, err := a.Source.Balances(ctx, id, psu)
	a.tally.end(err)
	return balances, err
}

func (a asking) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if a.single {
		return adapters.Base(a.Provider()).BatchBalances(ctx, ids, psu)
	}
	a.tally.ask(len(ids))
	answers, err := a.Source.BatchBalances(ctx, ids, psu)
	if kind := adapters.KindOf(err); kind == adapters.ErrNotFound || kind == adapters.ErrInvalidArgument {
		a.tally.ask(-len(ids)) // each is asked for by itself
		return answers, err
	}
	for i := range ids {
		switch {
		case err != nil:
			a.tally.end(err)
		case i < len(answers):
			a.tally.end(answers[i].Err)
		}
	}
	return answers, err
}

func (a asking) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	answers, err := a.Source.AllBalances(ctx, psu)
	for _, answer := range answers {
		if !errors.Is(answer.Err, adapters.ErrNoBalances) { // or it is asked for by itself
			a.tally.ask(1)
			a.tally.end(answer.Err)
		}
	}
	return answers, err
}
