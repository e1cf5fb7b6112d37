package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

const (
	scope       = "github.com/openbalances/openbalances/adapters/fleet"
	providerKey = attribute.Key("openbalances.provider")
	callKey     = attribute.Key("openbalances.call")    // balances, batch, accounts, allBalances
	outcomeKey  = attribute.Key("openbalances.outcome") // ok, partial, or the adapters.Kind of the failure
	stateKey    = attribute.Key("openbalances.state")
)

// telemetry makes spans and metrics of jobs and calls. No attribute names a connection, an account or an amount.
type telemetry struct {
	tracer   trace.Tracer
	meter    metric.Meter
	calls    metric.Int64Counter
	duration metric.Float64Histogram
}

func newTelemetry(o Options) (t telemetry, err error) {
	if o.TracerProvider == nil {
		o.TracerProvider = tracenoop.NewTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	t.tracer, t.meter = o.TracerProvider.Tracer(scope), o.MeterProvider.Meter(scope)
	if t.calls, err = t.meter.Int64Counter("openbalances.fleet.calls", metric.WithUnit("{call}"),
		metric.WithDescription("Calls to providers by outcome")); err != nil {
		return t, err
	}
	t.duration, err = t.meter.Float64Histogram("openbalances.fleet.call.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls to providers took"),
		metric.WithExplicitBucketBoundaries(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))
	return t, err
}

// job starts the span of a job, which end ends.
func (t telemetry) job(ctx context.Context, kind string) (_ context.Context, end func(error)) {
	ctx, span := t.tracer.Start(ctx, kind, trace.WithNewRoot())
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, string(adapters.KindOf(err)))
		}
		span.End()
	}
}

// observed is a source whose calls are measured. It stands beneath the guard, so what the guard refuses is no call.
type observed struct {
	adapters.Source
	telemetry
}

func (o observed) Balances(ctx context.Context, accountID string, psu adapters.PSU) (all []adapters.Balance, err error) {
	ctx, end := o.call(ctx, "balances")
	all, err = o.Source.Balances(ctx, accountID, psu)
	end(nil, err)
	return all, err
}

func (o observed) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (all []adapters.AccountBalances, err error) {
	ctx, end := o.call(ctx, "batch")
	all, err = o.Source.BatchBalances(ctx, ids, psu)
	end(all, err)
	return all, err
}

func (o observed) Accounts(ctx context.Context, psu adapters.PSU) (all []adapters.Account, err error) {
	ctx, end := o.call(ctx, "accounts")
	all, err = o.Source.Accounts(ctx, psu)
	end(nil, err)
	return all, err
}

func (o observed) AllBalances(ctx context.Context, psu adapters.PSU) (all []adapters.AccountBalances, err error) {
	ctx, end := o.call(ctx, "allBalances")
	all, err = o.Source.AllBalances(ctx, psu)
	end(all, err)
	return all, err
}

// call starts to measure a call. What the provider does not have is no call.
func (o observed) call(ctx context.Context, name string) (_ context.Context, end func([]adapters.AccountBalances, error)) {
	started := time.Now()
	provider := providerKey.String(o.Provider())
	inner, span := o.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient))
	return inner, func(all []adapters.AccountBalances, err error) {
		outcome := outcomeText(all, err)
		span.SetAttributes(provider, callKey.String(name), outcomeKey.String(outcome))
		trace.SpanFromContext(ctx).SetAttributes(provider)
		if err != nil {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		facts := metric.WithAttributes(provider, callKey.String(name), outcomeKey.String(outcome))
		o.calls.Add(ctx, 1, facts)
		o.duration.Record(ctx, time.Since(started).Seconds(), facts)
	}
}

// outcomeText is "ok", "partial" if accounts of a call have failed, or the kind of the failure of all of it.
func outcomeText(all []adapters.AccountBalances, err error) string {
	if err != nil {
		return string(adapters.KindOf(err))
	}
	for _, one := range all {
		if one.Err != nil && !errors.Is(one.Err, adapters.ErrNoBalances) {
			return "partial"
		}
	}
	return "ok"
}

// observe lets the gauges read the database until stop is called. Every worker of a database reports the same.
func (f *Fleet) observe() (stop func(), err error) {
	var all []metric.Observable
	gauge := func(name, unit, description string) (g metric.Int64ObservableGauge) {
		var problem error
		g, problem = f.telemetry.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		all, err = append(all, g), errors.Join(err, problem)
		return g
	}
	connections := gauge("openbalances.fleet.connections", "{connection}", "Connections by state")
	accounts := gauge("openbalances.fleet.accounts", "{account}", "Accounts by what became of the last call for them")
	unknown := gauge("openbalances.fleet.calls.unknown", "{call}", "Calls whose worker ended before their outcome was stored")
	overdue := gauge("openbalances.fleet.overdue", "{job}", "Jobs that should have been worked on before")
	oldest := gauge("openbalances.fleet.balance.age.max", "s", "Age of the oldest balance of an account that is kept current")
	if err != nil {
		return nil, err
	}
	registered, err := f.telemetry.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		s, err := f.db.Summary(ctx)
		if err != nil {
			return err
		}
		for _, state := range []State{StateActive, StateConsentRequired, StateStopped, StateMissing} {
			o.ObserveInt64(connections, int64(s.Connections[state]), metric.WithAttributes(stateKey.String(string(state))))
		}
		for state, n := range map[string]int{
			"stopped": s.StoppedAccounts, "failing": s.FailingAccounts, "ok": s.Accounts - s.StoppedAccounts - s.FailingAccounts,
		} {
			o.ObserveInt64(accounts, int64(n), metric.WithAttributes(stateKey.String(state)))
		}
		o.ObserveInt64(unknown, int64(s.UnknownOutcomes))
		o.ObserveInt64(overdue, int64(s.Overdue))
		if !s.Oldest.IsZero() {
			o.ObserveInt64(oldest, int64(f.now().Sub(s.Oldest).Seconds()))
		}
		return nil
	}, all...)
	if err != nil {
		return nil, err
	}
	return func() { _ = registered.Unregister() }, nil
}
