package main

import (
	"fmt"
	"time"
)

const callsNote = `ours is the adapter with all its checks, hand is net/http and encoding/json without any. Eika's RSA signature is left
out of both. Times are of the fastest slices, on this machine in this run.`

func measureCalls() {
	rows := [][]string{{"ours / hand", "balances (bank)", "fastest", "median (quartiles)", "ours", "hand"}}
	add := func(name string, s scenario, r ratio) {
		rows = append(rows, []string{
			name, s.String(), fmt.Sprintf("%.2f", r.fastest), r.spread(), quantity(r.ours) + " ns", quantity(r.hand) + " ns",
		})
	}
	for _, s := range scenarios {
		add("call in memory", s, s.inMemory())
	}
	for _, s := range scenarios {
		add("call on loopback", s, s.onLoopback())
	}
	for _, s := range scenarios {
		add("decode and map", s, s.stage(false))
	}
	add("build the request", scenario{onesingleviewBank, 1}, scenario{onesingleviewBank, 1}.stage(true))
	for _, s := range scenarios {
		a := inMemory(s.memory())
		ours, hand := bytesOf(s.call(s.ours, a)), bytesOf(s.call(s.hand, a))
		share := fmt.Sprintf("%.2f", ours/hand)
		rows = append(rows, []string{"bytes allocated", s.String(), share, "", quantity(ours) + " B", quantity(hand) + " B"})
	}
	printTable("Calls", callsNote, rows)
}

func (s scenario) memory() *memory { return &memory{s.body(), func() {}, func() {}} }

func (s scenario) inMemory() ratio {
	a := inMemory(s.memory())
	return compare(whole(s.call(s.ours, a)), whole(s.call(s.hand, a)), rounds)
}

func (s scenario) onLoopback() ratio {
	a, stop := onLoopback(s.body())
	defer stop()
	return compare(whole(s.call(s.ours, a)), whole(s.call(s.hand, a)), rounds)
}

// stage compares what comes before the transport, or what comes after it.
func (s scenario) stage(before bool) ratio {
	var reached, left time.Time
	a := inMemory(&memory{s.body(), func() { reached = time.Now() }, func() { left = time.Now() }})
	part := func(call func()) runner {
		return func(n int) (took time.Duration) {
			for range n {
				begun := time.Now()
				call()
				if before {
					took += reached.Sub(begun)
				} else {
					took += time.Since(left)
				}
			}
			return took
		}
	}
	return compare(part(s.call(s.ours, a)), part(s.call(s.hand, a)), rounds)
}
