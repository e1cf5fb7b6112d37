package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that fails, or that does not end, is logged once and keeps nobody waiting.
func TestNotifyFails(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"fails": "exit 3", "hangs": "echo x >> RUNS; sleep 300 & sleep 300"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path, runs := filepath.Join(folder, "program"), filepath.Join(folder, "runs")
			script = "#!/bin/sh\necho x >> " + runs + "\n" + strings.ReplaceAll(script, "RUNS", runs) + "\n"
			require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
			var log safeBuffer
			n, err := newNotifier(path, slog.New(slog.NewTextHandler(&log, nil)))
			require.NoError(t, err)
			n.time = 300 * time.Millisecond
			for range notifyMost + 50 {
				n.notify(t.Context(), fleet.Alarm{Connection: "shop"})
			}
			eventually(t, "a few were started", func() bool {
				text, _ := os.ReadFile(runs)
				return bytes.Count(text, []byte("x")) > notifyAtOnce
			})
			n.cancel()
			n.close()
			assert.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), log.String())
		})
	}
}
