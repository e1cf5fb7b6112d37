package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
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
	fanRounds   = 6
)

const fanNote = `%d myPOS accounts on %d servers, %d calls at once: package collect and the adapter against a pool of workers with
hand's client, each in a process of its own, in turns, %d times. Memory is what the Go runtime took from the system.`

func measureFanOut() {
	rows := [][]string{{"servers", "throughput, fastest", "median (quartiles)", "memory, least", "median (quartiles)"}}
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		for _, secure := range []bool{false, true} {
			throughput, memory := fanOut(latency, secure)
			name := map[bool]string{false: "", true: ", TLS"}[secure]
			rows = append(rows, slices.Concat([]string{latency.String() + name}, throughput.cells(), memory.cells()))
		}
	}
	printTable("Fan-out, ours / hand", fmt.Sprintf(fanNote, fanAccounts, fanServers, fanCalls, fanRounds), rows)
}

func fanOut(latency time.Duration, secure bool) (throughput, memory ratio) {
	text := scenario{myposBank, 1}.body()
	urls, certificate, stop := serve(fanServers, secure, func(request *http.Request) []byte {
		time.Sleep(latency)
		return bytes.Replace(text, []byte(myposBank.account), []byte(strings.Split(request.URL.Path, "/")[3]), 1)
	})
	defer stop()
	var seconds, sizes [2][]float64
	for turn := range 2 * fanRounds {
		side := (turn + turn/2) % 2
		took, size := begin([]string{"ours", "hand"}[side], certificate, urls)
		seconds[side], sizes[side] = append(seconds[side], took), append(sizes[side], size)
	}
	return newRatio(seconds[1], seconds[0]), newRatio(sizes[0], sizes[1])
}

// begin runs a side in a process of its own, and play is its part of it.
func begin(side, certificate string, urls []string) (seconds, bytes float64) {
	command := exec.Command(must(os.Executable()), append([]string{"-child", side, "--", certificate}, urls...)...)
	command.Stderr = os.Stderr
	must(fmt.Sscan(string(must(command.Output())), &seconds, &bytes))
	return seconds, bytes
}

func play(side, certificate string, urls []string) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certificate))
	visit := map[string]func([]string, *tls.Config) int{"ours": visitOurs, "hand": visitByHand}[side]
	begun := time.Now()
	if visit(urls, &tls.Config{RootCAs: roots}) != fanAccounts {
		panic("accounts are missing")
	}
	seconds := time.Since(begun).Seconds()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Println(seconds, memory.Sys)
}

func accountsAt(yield func(string) bool) {
	for i := 0; i < fanAccounts/fanServers && yield(strconv.FormatInt(50_000_000_000+int64(i), 10)); i++ {
	}
}

func visitOurs(urls []string, config *tls.Config) (answered int) {
	var connections []collect.Connection
	client := adapters.NewHTTPClient(config)
	for _, url := range urls {
		connections = append(connections, collect.Connection{
			Host: url, Source: myposOurs(&adapters.Options{BaseURL: url, HTTPClient: client}), PSU: adapters.Unattended(), Accounts: accountsAt,
		})
	}
	options := &collect.Options{Calls: fanCalls, PerHost: fanCalls / 4}
	for result := range collect.Balances(context.Background(), slices.Values(connections), options).Results() {
		answered += len(result.Balances)
	}
	return answered
}

// visitByHand is the pool that somebody would write who has learnt to keep connections.
func visitByHand(urls []string, config *tls.Config) int {
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
	for _, url := range urls {
		fetches = append(fetches, myposHand(&adapters.Options{BaseURL: url, HTTPClient: client, Now: time.Now}))
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
