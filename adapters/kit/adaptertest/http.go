package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mediaTypes answers with a good body under other media types; an empty one is none.
func mediaTypes(kind adapters.Kind, types ...string) check {
	return func(t *testing.T, h Harness) {
		example, stage := h.example(t), h.stage(t)
		for _, media := range types {
			balances, err := stage.play(t, with(http.StatusOK, media, string(example.JSON)))
			assert.Empty(t, balances, media)
			assert.Equal(t, http.StatusOK, h.assertFailure(t, err, kind).Status, media)
		}
	}
}

const page = "<!DOCTYPE html><html><title>Log in</title><p>Your session has ended</html>"

func checkWebPages(t *testing.T, h Harness) {
	mediaTypes(adapters.ErrProtocol, "text/html", "text/html; charset=utf-8", "application/xhtml+xml")(t, h)
	stage := h.stage(t)
	for _, media := range []string{"text/html", "application/json"} {
		balances, err := stage.play(t, with(http.StatusOK, media, page))
		assert.Empty(t, balances)
		failure := h.assertFailure(t, err, adapters.ErrProtocol)
		assert.Equal(t, http.StatusOK, failure.Status)
		for _, text := range []string{err.Error(), failure.Message, failure.Code} {
			assert.NotContains(t, text, "session")
		}
	}
}

func checkOtherJSON(t *testing.T, h Harness) {
	mediaTypes(adapters.ErrProtocol, "application/hal+json", "application/json; charset=iso-8859-1", "application/json; charset=utf-16",
		"application/json; charset=utf-8; charset=utf-16", "application/json, text/html")(t, h)
	example, stage := h.example(t), h.stage(t)
	before, err := stage.play(t, with(http.StatusOK, "application/json", string(example.JSON)))
	require.NoError(t, err)
	for _, media := range []string{
		"application/json;charset=utf-8", `Application/JSON; Charset="UTF-8"`, "application/json; version=1", "application/json;",
		"application/json;charset=utf8", "application/json; charset=us-ascii", "application/json; charset=", "application/json; v=1; v=2",
		"application/json; charset=utf-8; charset=UTF8", "application/json, application/json; charset=ANSI_X3.4-1968",
	} {
		after, err := stage.play(t, with(http.StatusOK, media, string(example.JSON)))
		require.NoError(t, err, media)
		assert.Equal(t, before, after, media)
	}
	_, err = stage.play(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json", "text/html"}
		_, _ = w.Write(example.JSON)
	})
	h.assertFailure(t, err, adapters.ErrProtocol)
}

// checkOtherSuccess answers with the other statuses of success, some of which can have no body.
func checkOtherSuccess(t *testing.T, h Harness) {
	stage := h.stage(t)
	for _, status := range []int{201, 202, 203, 204, 205, 206, 207, 226, 299} {
		for _, body := range []string{"", string(h.example(t).JSON)} {
			balances, err := stage.play(t, with(status, "application/json", body))
			assert.Empty(t, balances, status)
			assert.Equal(t, status, h.assertFailure(t, err, adapters.ErrProtocol).Status)
		}
	}
}

// checkOddHTTP answers in all the ways of HTTP/1 that a bank's old proxy may know.
func checkOddHTTP(t *testing.T, h Harness) {
	example := h.example(t)
	before, err := h.teller(t).ask(t, example.Account, example.JSON)
	require.NoError(t, err)
	head, body := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", string(example.JSON)
	half := len(body) / 2
	chunks := fmt.Sprintf("%x;note=\"x\"\r\n%s\r\n%x\r\n%s\r\n0\r\n", half, body[:half], len(body)-half, body[half:])
	for name, reply := range map[string]func(io.ReadWriter){
		"HTTP/1.0":          says("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n", body),
		"until the end":     says(head, "\r\n", body),
		"no reason, blanks": says("HTTP/1.1 200\r\ncontent-type:   application/json  \r\n\r\n", body),
		"chunks":            says(head, "Transfer-Encoding: chunked\r\n\r\n", chunks, "\r\n"),
		"trailers": says(head, "Transfer-Encoding: chunked\r\nTrailer: X-Request-ID\r\n\r\n", chunks,
			"X-Request-ID: 1\r\nContent-Type: text/html\r\n\r\n"),
		"some 1xx": says(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 50), head, "\r\n", body),
	} {
		after, err := h.raw(t, reply).Balances(t.Context(), example.Account, adapters.Unattended())
		require.NoError(t, err, name)
		assert.Equal(t, before, withoutRequestID(after), name)
	}
	flood := func(conn io.ReadWriter) { repeats(conn, 0, "", "HTTP/1.1 100 Continue\r\n\r\n") }
	h.assertRefusedWithin(t, h.raw(t, flood), adapters.ErrUnavailable)
	switched := saysAndWaits("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	h.assertRefusedWithin(t, h.raw(t, switched), adapters.ErrProtocol)
}
