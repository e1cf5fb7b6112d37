package main

import "fmt"

// compared are the answers that complete calls are measured with.
var compared = []struct {
	bank     bank
	balances int
}{{eikaBank, 1}, {myposBank, 1}, {eikaBank, 4}, {onesingleviewBank, 500}}

// trial is how the implementations did in one respect: times by implementation and round, sizes by implementation.
type trial struct {
	times [][]cost
	sizes []cost
}

// result is what one scenario gave.
type result struct {
	scenario
	memory, loopback, request, decode trial
}

func measureCalls(r *report) error {
	var all []*result
	for _, c := range compared {
		s, err := newScenario(c.bank, c.balances)
		if err != nil {
			return err
		}
		m := &result{scenario: s}
		if err := m.measure(); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		all = append(all, m)
	}
	r.ratios(all)
	r.numbers(all)
	return nil
}

func (m *result) measure() error {
	if err := m.prove(); err != nil {
		return err
	}
	calls, err := m.calls(inMemory(m.text, nil))
	if err != nil {
		return err
	}
	m.memory = try(calls, whole)[0]
	a, stop := onLoopback(m.text)
	defer stop()
	if calls, err = m.calls(a); err != nil {
		return err
	}
	m.loopback = try(calls, whole)[0]
	stages := &stages{}
	if calls, err = m.calls(inMemory(m.text, stages)); err != nil {
		return err
	}
	both := try(calls, func(call func()) runner { return staged(stages, call) })
	m.request, m.decode = both[0], both[1]
	return nil
}

// try returns a trial for each stage of the calls.
func try(calls []func(), run func(func()) runner) []trial {
	var runners []runner
	for _, call := range calls {
		runners = append(runners, run(call))
	}
	results := contest(runners, rounds)
	trials := make([]trial, len(results[0]))
	for i, run := range runners {
		for stage, size := range heap(run) {
			trials[stage].times = append(trials[stage].times, results[i][stage])
			trials[stage].sizes = append(trials[stage].sizes, size)
		}
	}
	return trials
}

func (t trial) ratio(a, b int) spread { return ratio(t.times[a], t.times[b]) }

// net is ratio without what the limit takes, which is no work of either.
func (t trial) net(a, b int) spread {
	s := ratio(without(t.times[a], t.times[limit]), without(t.times[b], t.times[limit]))
	s.calm = (fastest(t.times[a]) - fastest(t.times[limit])) / (fastest(t.times[b]) - fastest(t.times[limit]))
	return s
}

func (r *report) ratios(all []*result) {
	rows := [][]string{{"ratio", "balances (bank)", "median (quartiles)", "fastest", "gate / goal", ""}}
	add := func(name string, value func(*result) spread) {
		for _, m := range all {
			s := value(m)
			row := []string{name, m.String(), s.String(), s.fastest()}
			rows = append(rows, append(row, r.judge(targets[name][m.balances], s.median)...))
		}
	}
	add(callInMemory, func(m *result) spread { return m.memory.ratio(ours, hand) })
	add(callOnLoopback, func(m *result) spread { return m.loopback.ratio(ours, hand) })
	add(callToLimit, func(m *result) spread { return m.loopback.ratio(ours, limit) })
	add(decodeAndMap, func(m *result) spread { return m.decode.net(ours, hand) })
	add(bytesAllocated, func(m *result) spread {
		return exact(m.memory.sizes[ours].bytes / m.memory.sizes[hand].bytes)
	})
	add("allocations in memory, ours / hand", func(m *result) spread {
		return exact(m.memory.sizes[ours].allocs / m.memory.sizes[hand].allocs)
	})
	add("building the request, ours / hand", func(m *result) spread { return m.request.ratio(ours, hand) })
	add("complete call in memory, stock / hand", func(m *result) spread { return m.memory.ratio(stock, hand) })
	add("complete call on loopback, stock / hand", func(m *result) spread { return m.loopback.ratio(stock, hand) })
	r.table("## Complete calls", fmt.Sprintf(callsNote, rounds), rows)
}

const callsNote = `Paired ratios of %d rounds; "fastest" compares the fastest twentieth of each side, which is disturbed least. ours is
the adapter with all its checks; hand is net/http and encoding/json without any; stock is the generated
...WithResponse and a mapping; limit discards the answer. Eika's signature is left out of all of them. "decode and map"
is what follows the transport, without what the limit takes there.`

func (r *report) numbers(all []*result) {
	rows := [][]string{{"measured", "balances (bank)", "", "ns", "bytes", "allocs"}}
	add := func(name string, of func(*result) trial) {
		for _, m := range all {
			t := of(m)
			for i, size := range t.sizes {
				middle := quantile(t.times[i], nanoseconds, 0.5)
				rows = append(rows, []string{
					name, m.String(), names[i], quantity(middle), quantity(size.bytes), quantity(size.allocs),
				})
			}
		}
	}
	add("complete call in memory", func(m *result) trial { return m.memory })
	add("complete call on loopback", func(m *result) trial { return m.loopback })
	add("before the transport", func(m *result) trial { return m.request })
	add("after the transport", func(m *result) trial { return m.decode })
	const note = "Of this machine in this run. Bytes and allocations on loopback include the server's."
	r.table("## The numbers behind", note, rows)
}
