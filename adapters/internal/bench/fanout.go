package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
)

const (
	fanAccounts = 10_000
	fanServers  = 5
	fanCalls    = 128
	fanPerHost  = 32
	fanRounds   = 6
)

const fanNote = `%d myPOS accounts on %d servers, %d calls at once: package collect and the adapter against a pool of workers with
hand's client, each in a process of its own, in turns, %d times. Memory is what the Go runtime took from the system.`

func measureFanOut() {
	rows := [][]string{{"servers", "throughput: fastest", "median (quartiles)", "memory: least", "median (quartiles)"}}
	const far = 20 * time.Millisecond
	for _, latency := range []time.Duration{0, far} {
		for _, secure := range []bool{false, true} {
			name := fmt.Sprintf("%d ms", latency.Milliseconds())
			if secure {
				name += ", TLS"
			}
			throughput, memory := fanOut(latency, secure)
			rows = append(rows, []string{
				name, fmt.Sprintf("%.2f", throughput.fastest), throughput.spread(), fmt.Sprintf("%.2f", memory.fastest), memory.spread(),
			})
		}
	}
	printTable("Fan-out, ours / hand", fmt.Sprintf(fanNote, fanAccounts, fanServers, fanCalls, fanRounds), rows)
}

// street is where the servers of a fan-out are, effort what a fan-out took.
type street struct {
	URLs        []string
	Certificate []byte // that they share, if they speak TLS
}

type effort struct{ Seconds, Memory float64 }

func fanOut(latency time.Duration, secure bool) (throughput, memory ratio) {
	at, stop := serve(latency, secure)
	defer stop()
	sides, efforts := []string{"ours", "hand"}, [2][]effort{}
	for round := range fanRounds {
		for turn := range sides {
			i := (round + turn) % 2
			efforts[i] = append(efforts[i], begin(sides[i], at))
		}
	}
	speed := func(e effort) float64 { return 1 / e.Seconds }
	size := func(e effort) float64 { return e.Memory }
	return compareEfforts(efforts, speed, slices.Max[[]float64]), compareEfforts(efforts, size, slices.Min[[]float64])
}

func compareEfforts(efforts [2][]effort, value func(effort) float64, best func([]float64) float64) ratio {
	var ours, hand, all []float64
	for i := range efforts[0] {
		ours, hand = append(ours, value(efforts[0][i])), append(hand, value(efforts[1][i]))
		all = append(all, ours[i]/hand[i])
	}
	r := ratioOf(all)
	r.fastest = best(ours) / best(hand)
	return r
}

// serve starts the servers, which answer for every account.
func serve(latency time.Duration, secure bool) (at street, stop func()) {
	text := scenario{myposBank, 1}.body()
	handler := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		time.Sleep(latency)
		account := strings.Split(request.URL.Path, "/")[3]
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Replace(text, []byte(myposBank.account), []byte(account), 1))
	})
	var servers []*httptest.Server
	for range fanServers {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that end with their child
		if secure {
			server.StartTLS()
			at.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		} else {
			server.Start()
		}
		at.URLs, servers = append(at.URLs, server.URL), append(servers, server)
	}
	return at, func() {
		for _, server := range servers {
			server.Close()
		}
	}
}

// begin runs a side in a process of its own, and play is its part of it.
func begin(side string, at street) (took effort) {
	command := exec.Command(must(os.Executable()), "-child", side, string(must(json.Marshal(at))))
	command.Stderr = os.Stderr
	must(0, json.Unmarshal(must(command.Output()), &took))
	return took
}

func play(side, argument string) {
	var at street
	must(0, json.Unmarshal([]byte(argument), &at))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(at.Certificate)
	visit := map[string]func(street, *tls.Config) int{"ours": visitOurs, "hand": visitByHand}[side]
	begun := time.Now()
	if visit(at, &tls.Config{RootCAs: roots}) != fanAccounts {
		panic("accounts are missing")
	}
	took := effort{Seconds: time.Since(begun).Seconds()}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	took.Memory = float64(memory.Sys)
	must(0, json.NewEncoder(os.Stdout).Encode(took))
}

func accountsAt(yield func(string) bool) {
	for i := 0; i < fanAccounts/fanServers && yield(strconv.Itoa(50_000_000_000+i)); i++ {
	}
}

func visitOurs(at street, config *tls.Config) (answered int) {
	var connections []collect.Connection
	client := adapters.NewHTTPClient(config)
	for _, url := range at.URLs {
		connections = append(connections, collect.Connection{
			Host: url, Source: newMyPOS(access{url, client, nil}), PSU: adapters.Unattended(), Accounts: accountsAt,
		})
	}
	options := &collect.Options{Calls: fanCalls, PerHost: fanPerHost}
	for result := range collect.Balances(context.Background(), slices.Values(connections), options).Results() {
		answered += len(result.Balances)
	}
	return answered
}

// visitByHand is the pool that somebody would write who has learnt to keep connections.
func visitByHand(at street, config *tls.Config) int {
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{
		TLSClientConfig: config, MaxIdleConns: fanCalls * 2, MaxIdleConnsPerHost: fanCalls,
	}}
	type job struct {
		fetch   fetch
		account string
	}
	jobs := make(chan job, fanCalls)
	var answered atomic.Int64
	var workers sync.WaitGroup
	for range fanCalls {
		workers.Go(func() {
			for job := range jobs {
				balances, _ := job.fetch(context.Background(), job.account)
				answered.Add(int64(len(balances)))
			}
		})
	}
	var fetches []fetch
	for _, url := range at.URLs {
		fetches = append(fetches, myposHand(access{url, client, time.Now}))
	}
	for account := range accountsAt {
		for _, fetch := range fetches {
			jobs <- job{fetch, account}
		}
	}
	close(jobs)
	workers.Wait()
	return int(answered.Load())
}
