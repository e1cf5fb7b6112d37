package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
)

const (
	notifyTime   = 30 * time.Second
	notifyAtOnce = 4
	notifyMost   = 1000 // alarms that wait
	notifyAtEnd  = 10 * time.Second
)

// alarm is what the program of -notify reads.
type alarm struct {
	At          time.Time             `json:"at"`
	Connection  string                `json:"connection"`
	Account     int64                 `json:"account,omitempty"` // the fleet's number
	Kind        adapters.Kind         `json:"kind"`
	Consent     adapters.ConsentState `json:"consent,omitempty"`
	Detail      string                `json:"detail,omitempty"`
	ConsentLink string                `json:"consentLink,omitempty"`
}

// notifier starts a program for each alarm, a few at once.
type notifier struct {
	path    string
	time    time.Duration // of one program
	logger  *slog.Logger
	waiting chan alarm
	ended   sync.WaitGroup
	context context.Context // of the programs
	cancel  context.CancelFunc
	failing atomic.Bool // that has been logged
}

// newNotifier returns a notifier that does nothing without a path.
func newNotifier(path string, logger *slog.Logger) (*notifier, error) {
	n := &notifier{path: path, time: notifyTime, logger: logger, waiting: make(chan alarm, notifyMost)}
	n.context, n.cancel = context.WithCancel(context.Background())
	if path == "" {
		return n, nil
	}
	var err error
	if n.path, err = exec.LookPath(path); err != nil {
		return nil, misuse{"-notify is no program that can be started"}
	}
	for range notifyAtOnce {
		n.ended.Go(func() {
			for a := range n.waiting {
				n.failed(n.run(a))
			}
		})
	}
	return n, nil
}

// notify is [fleet.Options].OnAlarm. It does not wait for the program.
func (n *notifier) notify(_ context.Context, a fleet.Alarm) {
	if n.path == "" {
		return
	}
	select {
	case n.waiting <- alarm(a):
	default:
		n.failed("more alarms wait than are kept")
	}
}

// run tells a program about an alarm, and returns what is wrong.
func (n *notifier) run(a alarm) (problem string) {
	body, err := json.Marshal(a)
	if err != nil {
		return "the alarm cannot be written"
	}
	ctx, cancel := context.WithTimeout(n.context, n.time)
	defer cancel()
	program := exec.CommandContext(ctx, n.path)
	program.Stdin, program.WaitDelay = bytes.NewReader(append(body, '\n')), time.Second
	program.Stdout, program.Stderr = os.Stderr, os.Stderr
	endWithChildren(program)
	err = program.Run()
	switch {
	case ctx.Err() != nil:
		return "it was ended, because it took too long"
	case err != nil:
		return err.Error()
	}
	return ""
}

// failed logs a failure, unless the one before was logged.
func (n *notifier) failed(problem string) {
	if problem == "" {
		n.failing.Store(false)
	} else if !n.failing.Swap(true) {
		n.logger.Error("fleet: the program of -notify failed; this is logged once, until it succeeds", "problem", problem)
	}
}

// close lets the alarms that wait be told for a while. No notify may follow.
func (n *notifier) close() {
	close(n.waiting)
	late := time.AfterFunc(notifyAtEnd, n.cancel)
	n.ended.Wait()
	late.Stop()
	n.cancel()
}
