package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	endpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT"
	telemetryAtEnd   = 5 * time.Second
)

// telemetry is where spans and metrics go.
type telemetry struct {
	traces  trace.TracerProvider // nil: nothing is measured
	metrics metric.MeterProvider
	stop    func()
}

// startTelemetry sends spans and metrics to where the environment says, if it does. The exporters read its other variables.
func startTelemetry(ctx context.Context, logger *slog.Logger) (telemetry, error) {
	if os.Getenv(endpointVariable) == "" {
		return telemetry{stop: func() {}}, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		logger.Warn("fleet: traces or metrics cannot be sent", "error", err)
	}))
	name := attribute.String("service.name", "openbalances-fleet")
	about, err := resource.New(ctx, resource.WithAttributes(name), resource.WithFromEnv())
	if err != nil {
		return telemetry{}, fmt.Errorf("cannot read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return telemetry{}, fmt.Errorf("cannot send traces: %w", err)
	}
	metrics, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return telemetry{}, fmt.Errorf("cannot send metrics: %w", err)
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(about))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)), sdkmetric.WithResource(about))
	return telemetry{traces, meters, func() {
		ctx, cancel := context.WithTimeout(context.Background(), telemetryAtEnd)
		defer cancel()
		if err := errors.Join(traces.Shutdown(ctx), meters.Shutdown(ctx)); err != nil {
			logger.Warn("fleet: the last traces or metrics cannot be sent", "error", err)
		}
	}}, nil
}
