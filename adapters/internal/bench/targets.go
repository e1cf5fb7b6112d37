package main

import "fmt"

// target is where a ratio has to be, and where we want it to be.
type target struct {
	gate, goal float64
	atLeast    bool
}

func (t target) String() string {
	sign := "<="
	if t.atLeast {
		sign = ">="
	}
	if t.gate == t.goal {
		return fmt.Sprintf("%s %.2f", sign, t.gate)
	}
	return fmt.Sprintf("%s %.2f / %.2f", sign, t.gate, t.goal)
}

func (t target) passes(measured, bound float64) bool {
	if t.atLeast {
		return measured >= bound
	}
	return measured <= bound
}

// The ratios that have targets.
const (
	callInMemory   = "complete call in memory, ours / hand"
	callOnLoopback = "complete call on loopback, ours / hand"
	callToLimit    = "complete call on loopback, ours / limit"
	decodeAndMap   = "decode and map, ours / hand"
	bytesAllocated = "bytes allocated in memory, ours / hand"
)

// targets are by ratio and number of balances.
var targets = map[string]map[int]target{
	callInMemory:   {1: atMost(1.20, 1.00), 4: atMost(1.00, 0.80), 500: atMost(0.60, 0.43)},
	callOnLoopback: {1: atMost(1.10, 0.95), 4: atMost(1.05, 0.92), 500: atMost(0.65, 0.50)},
	callToLimit:    {1: atMost(1.40, 1.20), 4: atMost(1.50, 1.25)},
	decodeAndMap:   {1: atMost(0.65, 0.40), 4: atMost(0.65, 0.45), 500: atMost(0.70, 0.45)},
	bytesAllocated: {1: atMost(1.20, 0.90), 4: atMost(1.00, 0.80), 500: atMost(0.55, 0.45)},
}

// Those of the fan-out.
var (
	throughputTarget = target{gate: 0.95, goal: 0.95, atLeast: true}
	memoryTarget     = atMost(1.10, 1.10)
)

func atMost(gate, goal float64) target { return target{gate: gate, goal: goal} }
