package fleet

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// Spans and metrics tell jobs, calls and states, and nothing whose they are.
func TestTelemetry(t *testing.T) {
	t.Parallel()
	bank, db := newBank(t), open(t, filepath.Join(t.TempDir(), "fleet.db"))
	single, err := sandbox.Accounts("mypos")
	require.NoError(t, err)
	single = single[:2]
	const unknown = "no-such-account"
	bank.answer("/mypos/accounts/"+unknown+"/balances", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
	})
	config := &configuration{entries: map[string]Connection{
		"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: append(single, unknown)},
		"work": {Source: bank.neonomics(t), Consent: "session-1"},
	}}
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	f := newFleet(t, db, config, func(o *Options) {
		o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		o.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	})
	_, err = f.Add(t.Context(), slices.Values([]string{"shop", "work"}))
	require.NoError(t, err)
	stop := working(t, f)
	eventually(t, "all accounts are asked for", func() bool {
		s, err := db.Summary(t.Context())
		require.NoError(t, err)
		return s.Accounts > len(single)+1 && s.NeverFetched == 0
	})
	var read metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &read))
	stop()

	require.Len(t, read.ScopeMetrics, 1)
	metrics := map[string]metricdata.Aggregation{}
	for _, m := range read.ScopeMetrics[0].Metrics {
		metrics[m.Name] = m.Data
	}
	calls := map[string]int64{}
	for _, point := range metrics["openbalances.fleet.calls"].(metricdata.Sum[int64]).DataPoints {
		calls[textOf(point.Attributes)] = point.Value
	}
	assert.Equal(t, map[string]int64{
		"balances ok mypos": 2, "balances not_found mypos": 1, "allBalances ok neonomics": 1,
	}, calls)
	var measured uint64
	for _, point := range metrics["openbalances.fleet.call.duration"].(metricdata.Histogram[float64]).DataPoints {
		measured += point.Count
	}
	total := int64(0)
	for _, n := range calls {
		total += n
	}
	assert.EqualValues(t, total, measured)
	assert.EqualValues(t, bank.total(), total)
	assert.EqualValues(t, 2, gauge(metrics["openbalances.fleet.connections"])["active"])
	s, err := db.Summary(t.Context())
	require.NoError(t, err)
	states := gauge(metrics["openbalances.fleet.accounts"])
	assert.EqualValues(t, s.StoppedAccounts, states["stopped"])
	assert.EqualValues(t, s.Accounts-s.StoppedAccounts, states["ok"]+states["failing"])
	assert.Contains(t, metrics, "openbalances.fleet.balance.age.max")

	names := map[string]int{}
	parents := map[string]bool{}
	for _, span := range spans.Ended() {
		names[span.Name()]++
		if !span.Parent().IsValid() {
			parents[span.Name()] = true
		}
	}
	assert.Equal(t, int(total), names["balances"]+names["allBalances"])
	assert.NotContains(t, parents, "balances", "a call is part of a job")
	assert.True(t, parents["list"] && parents["refresh"])

	all, err := json.Marshal(tracetest.SpanStubsFromReadOnlySpans(spans.Ended()).Snapshots())
	require.NoError(t, err)
	told := string(all)
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(spans.Ended()) {
		for _, a := range span.Attributes {
			told += " " + a.Value.String()
		}
		told += " " + span.Name + " " + span.Status.Description
	}
	body, err := json.Marshal(read)
	require.NoError(t, err)
	told += string(body)
	hidden := []string{"shop", "session-1", consent, unknown}
	for _, name := range []string{"shop", "work"} {
		for _, a := range accounts(t, db, name) {
			hidden = append(hidden, a.AccountID)
			for _, b := range a.Latest {
				hidden = append(hidden, b.IBAN, b.Currency)
				amount := b.Amount.String()
				if len(amount) > 4 && !b.Amount.Decimal().IsZero() { // durations have zeros, and short numbers are like others
					hidden = append(hidden, amount)
				}
			}
		}
	}
	for _, text := range hidden {
		if text != "" {
			assert.NotContains(t, told, text)
		}
	}
	assert.Contains(t, told, "mypos")
}

// textOf has the values of attributes in the order of their keys.
func textOf(set attribute.Set) (text string) {
	for _, a := range set.ToSlice() {
		text += " " + a.Value.String()
	}
	return text[min(1, len(text)):]
}

func gauge(data metricdata.Aggregation) map[string]int64 {
	all := map[string]int64{}
	for _, point := range data.(metricdata.Gauge[int64]).DataPoints {
		all[textOf(point.Attributes)] = point.Value
	}
	return all
}

// A call of several accounts is partly good.
func TestTelemetryOfPartialCalls(t *testing.T) {
	t.Parallel()
	good, empty := adapters.AccountBalances{AccountID: "1"}, adapters.AccountBalances{AccountID: "2", Err: adapters.ErrNoBalances}
	bad := adapters.AccountBalances{AccountID: "3", Err: adapters.ErrNotFound}
	assert.Equal(t, "ok", outcomeText([]adapters.AccountBalances{good, empty}, nil))
	assert.Equal(t, "partial", outcomeText([]adapters.AccountBalances{good, bad}, nil))
	assert.Equal(t, "unavailable", outcomeText(nil, adapters.ErrUnavailable))
}
