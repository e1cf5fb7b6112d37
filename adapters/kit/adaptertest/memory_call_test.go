package adaptertest_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
)

// envelope is what an answer says about all balances in it.
type envelope struct {
	received time.Time
	warnings []string
}

func (c *client) get(ctx context.Context, path string, psu adapters.PSU, target any) (envelope, error) {
	request, err := c.build(ctx, path, psu)
	if err != nil {
		return envelope{}, failed(invalid("request: not to be built"), 0)
	}
	ctx = request.Context()
	if err := ctx.Err(); err != nil {
		return envelope{}, interrupted(err)
	}
	response, err := c.send(request)
	if err != nil {
		return envelope{}, unsent(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	received := c.now()
	if echo(request, response) == another {
		failure := failed(protocol("X-Request-ID: another request's"), response.StatusCode)
		failure.RequestID = request.Header.Get("X-Request-ID")
		return envelope{}, failure
	}
	if response.StatusCode != http.StatusOK {
		return envelope{}, c.refuse(response, received)
	}
	if !isJSON(response.Header) {
		return envelope{}, failed(protocol("content: not plain JSON"), http.StatusOK)
	}
	data, err := readAll(response.Body)
	if err != nil {
		return envelope{}, unread(ctx, err)
	}
	if err := c.decode(data, target); err != nil {
		return envelope{}, failed(err, http.StatusOK)
	}
	var warnings []string
	if warning := echo(request, response); warning != "" {
		warnings = []string{warning}
	}
	return envelope{received, warnings}, nil
}

// readAll is io.ReadAll that makes room for a long body once instead of in many steps.
func readAll(body io.Reader) ([]byte, error) {
	data := make([]byte, 0, 16<<10)
	for {
		if len(data) == cap(data) {
			data = append(make([]byte, 0, 4*cap(data)+adapters.DefaultMaxBodyBytes), data...)
		}
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *client) request(ctx context.Context, path string, psu adapters.PSU) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.baseURL+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(c.credentials().AccessToken))
	request.Header.Set("Consent-ID", string(c.credentials().ConsentID))
	request.Header.Set("X-Request-ID", uuid.NewString())
	if user, present := psu.Context(); present {
		request.Header.Set("PSU-IP-Address", user.IPAddress.String())
		if user.DeviceID != "" {
			request.Header.Set("PSU-Device-ID", user.DeviceID)
		}
	}
	return request, nil
}

func isJSON(header http.Header) bool {
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset, encoding := parameters["charset"], strings.Join(header.Values("Content-Encoding"), ",")
	return err == nil && media == "application/json" && len(header.Values("Content-Type")) == 1 &&
		(charset == "" || strings.EqualFold(charset, "utf-8")) && (encoding == "" || strings.EqualFold(encoding, "identity"))
}

// another is the echo of another request.
const another = "another"

// echo tells what the request id of an answer says about it; "" if it is as it should be.
func echo(request *http.Request, response *http.Response) string {
	plain := func(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
	received := strings.Join(response.Header.Values("X-Request-ID"), ",")
	switch {
	case strings.Contains(plain(received), plain(request.Header.Get("X-Request-ID"))), received == "":
		return ""
	case slices.ContainsFunc(strings.Split(received, ", "), func(id string) bool { return uuid.Validate(id) == nil }):
		return another
	}
	return "X-Request-ID of the answer differs from the request's"
}

// refused turns an answer that is not a 200 into an error; what its body says never hides the status.
func (c *client) refused(response *http.Response, received time.Time) *adapters.Error {
	var body errorBody
	data, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if c.decode(data, &body) != nil {
		body = errorBody{}
	}
	failure := &adapters.Error{
		Kind: statusKind(response.StatusCode), Origin: adapters.OriginProvider, Provider: examplebank, Operation: getBalances, Status: response.StatusCode,
		Code: body.Code, Message: c.short(body.Message), RequestID: response.Request.Header.Get("X-Request-ID"),
		RetryAfter: retryAfter(response.Header.Values("Retry-After"), received),
	}
	if slices.Contains(codes, body.Code) {
		failure.Detail = "code " + body.Code
	}
	if body.Code == consentExpired && failure.Kind == adapters.ErrUnauthorized {
		failure.Kind, failure.Consent = adapters.ErrConsentRequired, adapters.ErrConsentExpired
	}
	if body.ConsentURL != "" && failure.Kind == adapters.ErrConsentRequired {
		failure.Links = map[string]string{"consent": body.ConsentURL}
	}
	return failure
}

func statusKind(status int) adapters.Kind {
	switch {
	case status == http.StatusUnauthorized:
		return adapters.ErrUnauthorized
	case status == http.StatusForbidden:
		return adapters.ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return adapters.ErrNotFound
	case status == http.StatusTooManyRequests:
		return adapters.ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return adapters.ErrUnavailable
	case status >= 400:
		return adapters.ErrInvalidArgument
	case status >= 300:
		return adapters.ErrRedirect
	}
	return adapters.ErrProtocol
}

func retryAfter(values []string, now time.Time) time.Time {
	if len(values) != 1 {
		return time.Time{}
	}
	date, err := http.ParseTime(values[0])
	wait := date.Sub(now)
	if zone, _ := date.Zone(); zone != "GMT" && zone != "UTC" {
		wait = 0
	}
	if digits.MatchString(values[0]) {
		seconds, _ := strconv.ParseUint(values[0], 10, 64) // the largest one if it is too large
		wait, err = time.Duration(min(seconds, uint64(maxWait/time.Second)))*time.Second, nil
	}
	if err != nil || wait <= 0 {
		return time.Time{}
	}
	return now.Add(min(wait, maxWait))
}

func unsent(ctx context.Context, err error) error {
	var wrapped *url.Error
	var failure *adapters.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address
	}
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx.Err())
	case errors.As(err, &failure):
		return failed(failure, 0)
	}
	return failed(&adapters.Error{Kind: adapters.ErrUnavailable, Detail: transportProblem(err), Err: err}, 0)
}

// transportProblem says where a call failed, in fixed words.
func transportProblem(err error) string {
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &certificate), errors.As(err, &hostname):
		return "server certificate not accepted"
	case strings.Contains(err.Error(), "tls: "):
		return "TLS handshake failed"
	case errors.As(err, &network) && network.Timeout():
		return "no answer in time"
	}
	return "request failed"
}

func unread(ctx context.Context, err error) error {
	var failure *adapters.Error
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx.Err())
	case errors.As(err, &failure):
		return failed(failure, http.StatusOK)
	case errors.As(err, &network) && network.Timeout():
		late := &adapters.Error{Kind: adapters.ErrUnavailable, Detail: "body: no answer in time", Err: err}
		return failed(late, http.StatusOK)
	}
	broken := protocol("body: broken off")
	if !errors.Is(err, gzip.ErrHeader) && !errors.Is(err, gzip.ErrChecksum) {
		broken.Err = fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
	}
	return failed(broken, http.StatusOK)
}

func interrupted(err error) error { return fmt.Errorf("%s: %s: %w", examplebank, getBalances, err) }

func invalid(detail string) *adapters.Error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Provider: examplebank, Detail: detail}
}

func protocol(detail string) *adapters.Error {
	return &adapters.Error{Kind: adapters.ErrProtocol, Provider: examplebank, Detail: detail}
}

// failed completes an error with provider, operation and status.
func failed(err error, status int) *adapters.Error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		failure = &adapters.Error{Kind: adapters.ErrProtocol, Err: err}
	}
	complete := *failure
	complete.Provider, complete.Operation, complete.Status = examplebank, getBalances, status
	complete.Origin = adapters.OriginLocal
	switch {
	case status != 0:
		complete.Origin = adapters.OriginProvider
	case complete.Kind == adapters.ErrUnavailable:
		complete.Origin = adapters.OriginTransport
	}
	return &complete
}
