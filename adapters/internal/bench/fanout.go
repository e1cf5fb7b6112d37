package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

const (
	fanAccounts = 10_000
	fanServers  = 5
	fanCalls    = 128
	fanPerHost  = 32
	fanRounds   = 6
)

// setting is what the servers of a fan-out do; street is where they then are.
type setting struct {
	Latency time.Duration
	TLS     bool
}

type street struct {
	URLs        []string
	Certificate []byte // that they share, if they speak TLS
}

// effort is what a fan-out took: seconds, and bytes of memory at most.
type effort struct{ Seconds, Memory float64 }

// measureFanOut lets processes of their own fetch many accounts from servers in another one, in turns.
func measureFanOut(r *report) error {
	rows := [][]string{{"servers", "throughput, ours / hand", "gate", "", "most memory, ours / hand", "gate", ""}}
	const far = 20 * time.Millisecond
	for _, s := range []setting{{0, false}, {0, true}, {far, false}, {far, true}} {
		throughput, memory, err := fanOut(s)
		if err != nil {
			return err
		}
		row := append([]string{s.String(), throughput.String()}, r.judge(throughputTarget, throughput.median)...)
		row = append(row, memory.String())
		rows = append(rows, append(row, r.judge(memoryTarget, memory.median)...))
	}
	r.table("## Fan-out", fmt.Sprintf(fanNote, fanAccounts, fanServers, fanCalls, fanRounds), rows)
	return nil
}

const fanNote = `%d myPOS accounts on %d servers, %d calls at once: package collect and the adapter against a pool of workers with
hand's client, each in a process of its own, in turns, %d times. Memory is what the Go runtime holds.`

func (s setting) String() string {
	if s.TLS {
		return fmt.Sprintf("%d ms, TLS", s.Latency.Milliseconds())
	}
	return fmt.Sprintf("%d ms", s.Latency.Milliseconds())
}

func fanOut(s setting) (throughput, memory spread, err error) {
	var at street
	stop, err := begin("servers", s, &at)
	if err != nil {
		return throughput, memory, err
	}
	defer stop()
	var speeds, sizes []float64
	for round := range fanRounds {
		var efforts [2]effort
		for turn := range efforts {
			i := (round + turn) % len(efforts)
			end, err := begin(names[i], at, &efforts[i])
			if err != nil {
				return throughput, memory, err
			}
			end()
		}
		speeds = append(speeds, efforts[hand].Seconds/efforts[ours].Seconds)
		sizes = append(sizes, efforts[ours].Memory/efforts[hand].Memory)
	}
	return spreadOf(speeds, itself), spreadOf(sizes, itself), nil
}

// begin starts a child in a part, tells it input and waits for its output. The child ends with the call of end.
func begin(part string, input, output any) (end func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, "-child", part)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	end = func() {
		_ = stdin.Close()
		_ = command.Wait()
	}
	err = json.NewEncoder(stdin).Encode(input)
	if err == nil {
		err = json.NewDecoder(stdout).Decode(output)
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return end, nil
}

// play is the child's side of begin.
func play(part string, stdin io.Reader, stdout io.Writer) error {
	decoder, encoder := json.NewDecoder(stdin), json.NewEncoder(stdout)
	if part == "servers" {
		var s setting
		if err := decoder.Decode(&s); err != nil {
			return err
		}
		at, err := serve(s)
		if err != nil {
			return err
		}
		if err := encoder.Encode(at); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, stdin) // until the parent ends
		return err
	}
	var at street
	if err := decoder.Decode(&at); err != nil {
		return err
	}
	took, err := measureVisit(part, at)
	if err != nil {
		return err
	}
	return encoder.Encode(took)
}
