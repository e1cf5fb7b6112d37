package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// However many connections are added, their entries are marked by one reading and one writing of the file.
func TestAddOfMany(t *testing.T) {
	t.Parallel()
	var entries []map[string]any
	for i := range 2000 {
		entries = append(entries, map[string]any{"name": fmt.Sprint("c", i), "provider": "neonomics", "baseURL": "http://127.0.0.1:1/neonomics",
			"accounts": []string{"a"}, "credentials": map[string]string{"accessToken": secret, "sessionId": "s", "deviceId": "d"}})
	}
	text, err := json.Marshal(map[string]any{"connections": entries})
	require.NoError(t, err)
	d := newDesk(t, string(text))
	watch, err := syscall.InotifyInit1(syscall.IN_NONBLOCK)
	require.NoError(t, err)
	defer func() { _ = syscall.Close(watch) }()
	_, err = syscall.InotifyAddWatch(watch, d.folder, syscall.IN_OPEN|syscall.IN_MOVED_TO)
	require.NoError(t, err)
	assert.Contains(t, d.good("add", "-all"), "2000 connections added")
	opened, replaced := 0, 0
	buffer := make([]byte, 1<<20)
	for n, err := syscall.Read(watch, buffer); err == nil && n > 0; n, err = syscall.Read(watch, buffer) {
		for event := buffer[:n]; len(event) > 0; {
			header := (*syscall.InotifyEvent)(unsafe.Pointer(&event[0]))
			name := string(event[syscall.SizeofInotifyEvent : syscall.SizeofInotifyEvent+header.Len])
			event = event[syscall.SizeofInotifyEvent+header.Len:]
			require.Zero(t, header.Mask&syscall.IN_Q_OVERFLOW)
			if len(name) < len("config.json") || name[:len("config.json")] != "config.json" {
				continue
			}
			if header.Mask&syscall.IN_OPEN != 0 {
				opened++
			}
			if header.Mask&syscall.IN_MOVED_TO != 0 {
				replaced++
			}
		}
	}
	assert.Equal(t, 1, replaced)
	assert.Equal(t, 2, opened, "once to open the connections, and once to mark them")
	marked, err := os.ReadFile(d.path("config.json"))
	require.NoError(t, err)
	var got struct{ Connections []struct{ Fleet bool } }
	require.NoError(t, json.Unmarshal(marked, &got))
	for _, one := range got.Connections {
		assert.True(t, one.Fleet)
	}
}
