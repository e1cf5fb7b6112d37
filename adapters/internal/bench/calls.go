package main

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const timeout = 30 * time.Second

const callsNote = `ours is the adapter with all its checks, hand is net/http and encoding/json without any. Eika's RSA signature is left
out of both. The last two columns are of the fastest slices, on this machine in this run.`

func measureCalls() {
	rows := [][]string{{"ours / hand", "balances (bank)", "fastest", "median (quartiles)", "ours", "hand"}}
	add := func(name string, scenarios []scenario, measure func(scenario) ratio) {
		for _, s := range scenarios {
			r := measure(s)
			rows = append(rows, slices.Concat([]string{name, s.String()}, r.cells(), []string{quantity(r.ours), quantity(r.hand)}))
		}
	}
	add("call in memory, ns", scenarios, scenario.inMemory)
	add("call on loopback, ns", scenarios, scenario.onLoopback)
	add("decode and map, ns", scenarios, scenario.afterTransport)
	add("build the POST, ns", []scenario{{onesingleviewBank, 1}}, scenario.beforeTransport)
	add("bytes allocated", scenarios, scenario.bytes)
	printTable("Calls", callsNote, rows)
}

func (s scenario) memory() *memory { return &memory{s.body(), func(*http.Request) {}, func() {}} }

func (s scenario) inMemory() ratio { return s.compare(inMemory(s.memory()), whole) }

func (s scenario) onLoopback() ratio {
	body := s.body()
	urls, _, stop := serve(1, false, func(*http.Request) []byte { return body })
	defer stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}, Timeout: timeout}
	return s.compare(&adapters.Options{BaseURL: urls[0], HTTPClient: client, Now: time.Now}, whole)
}

func (s scenario) compare(o *adapters.Options, measured func(call func()) runner) ratio {
	fetches := s.fetches(o)
	return compare(measured(s.call(fetches[0])), measured(s.call(fetches[1])))
}

// afterTransport compares what comes after the transport has answered.
func (s scenario) afterTransport() ratio {
	var left time.Time
	return s.compare(inMemory(&memory{s.body(), func(*http.Request) {}, func() { left = time.Now() }}), func(call func()) runner {
		return func(n int) (took time.Duration) {
			for range n {
				call()
				took += time.Since(left)
			}
			return took
		}
	})
}

// beforeTransport compares what ours does until its transport is reached with building the request by hand; then both
// make their call.
func (s scenario) beforeTransport() ratio {
	var built time.Time
	o := inMemory(&memory{s.body(), func(*http.Request) { built = time.Now() }, func() {}})
	fetches := s.fetches(o)
	before := func(build func(), call func()) runner {
		return func(n int) (took time.Duration) {
			for range n {
				begun := time.Now()
				build()
				took += built.Sub(begun)
				call()
			}
			return took
		}
	}
	byHand := func() {
		must(osvBuild(context.Background(), o, s.account))
		built = time.Now()
	}
	return compare(before(s.call(fetches[0]), func() {}), before(byHand, s.call(fetches[1])))
}

func (s scenario) bytes() ratio {
	fetches := s.fetches(inMemory(s.memory()))
	return newRatio([]float64{bytesOf(s.call(fetches[0]))}, []float64{bytesOf(s.call(fetches[1]))})
}
