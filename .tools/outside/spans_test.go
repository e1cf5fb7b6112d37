package outside_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// spanName is the operation, because the path holds the account's id.
func spanName(_ string, request *http.Request) string {
	provider, operation, _ := adapters.OperationOf(request.Context())
	return provider + " " + operation
}

// pathless stands beneath otelhttp and replaces the address that it has given to the span by the route of the document.
type pathless struct{ base http.RoundTripper }

func (p pathless) RoundTrip(request *http.Request) (*http.Response, error) {
	_, _, route := adapters.OperationOf(request.Context())
	_, route, _ = strings.Cut(route, " ")
	trace.SpanFromContext(request.Context()).SetAttributes(attribute.String("url.full", request.URL.Scheme+"://"+request.URL.Host+route))
	return p.base.RoundTrip(request)
}

// traced returns a client whose calls are spans without ids. No trace id is sent to the bank.
func traced(provider trace.TracerProvider) *http.Client {
	client := adapters.NewHTTPClient(nil)
	client.Transport = otelhttp.NewTransport(pathless{client.Transport}, otelhttp.WithTracerProvider(provider),
		otelhttp.WithSpanNameFormatter(spanName), otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
	return client
}

func Example_spans() {
	server := bank()
	defer server.Close()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	defer func() { _ = provider.Shutdown(context.Background()) }()

	client := open(server.URL, adapters.Options{HTTPClient: traced(provider)})
	for _, id := range []string{account, noConsent} {
		_, _ = balancesOf(client, id)
	}
	for _, span := range exporter.GetSpans() {
		for _, a := range span.Attributes {
			if a.Key == "url.full" || a.Key == "http.response.status_code" {
				fmt.Println(span.Name, a.Key, strings.Replace(a.Value.String(), server.URL, "https://bank.example", 1))
			}
		}
		fmt.Println("an id:", strings.Contains(fmt.Sprintf("%+v", span), account[:30]))
	}
	// Output:
	// neonomics get balances url.full https://bank.example/ics/v3/accounts/{id}/balances
	// neonomics get balances http.response.status_code 200
	// an id: false
	// neonomics get balances url.full https://bank.example/ics/v3/accounts/{id}/balances
	// neonomics get balances http.response.status_code 510
	// an id: false
}
