package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
)

// serve starts the servers of a fan-out, which answer for every account.
func serve(s setting) (street, error) {
	text, err := myposBank.body(1)
	if err != nil {
		return street{}, err
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		time.Sleep(s.Latency)
		account := strings.Split(request.URL.Path, "/")[3]
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Replace(text, []byte(myposBank.account), []byte(account), 1))
	})
	var at street
	for range fanServers {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that end with their child
		if s.TLS {
			server.StartTLS()
			at.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		} else {
			server.Start()
		}
		at.URLs = append(at.URLs, server.URL)
	}
	return at, nil
}

// measureVisit fetches all accounts in one of the ways.
func measureVisit(way string, at street) (effort, error) {
	visit := map[string]func(street, *tls.Config) (int, error){names[ours]: visitOurs, names[hand]: visitByHand}[way]
	if visit == nil {
		return effort{}, fmt.Errorf("no such part: %s", way)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(at.Certificate)
	most := watchMemory()
	begun := time.Now()
	answered, err := visit(at, &tls.Config{RootCAs: roots})
	took := effort{time.Since(begun).Seconds(), most()}
	if err == nil && answered != fanAccounts {
		err = errors.New("accounts are missing")
	}
	return took, err
}

// watchMemory samples what the runtime holds until the returned function is called, which returns the most.
func watchMemory() func() float64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	stop, most := make(chan struct{}), make(chan float64)
	go func() {
		held, tick := 0.0, time.Tick(2*time.Millisecond)
		for {
			metrics.Read(samples)
			held = max(held, float64(samples[0].Value.Uint64()-samples[1].Value.Uint64()))
			select {
			case <-tick:
			case <-stop:
				most <- held
				return
			}
		}
	}()
	return func() float64 {
		close(stop)
		return <-most
	}
}

// accountsAt yields the accounts of one server.
func accountsAt(yield func(string) bool) {
	for i := range fanAccounts / fanServers {
		if !yield(strconv.FormatInt(50_000_000_000+int64(i), 10)) {
			return
		}
	}
}

func visitOurs(at street, config *tls.Config) (answered int, err error) {
	var connections []collect.Connection
	client := adapters.NewHTTPClient(config)
	for _, url := range at.URLs {
		source, err := newMyPOS(access{url, client, nil})
		if err != nil {
			return 0, err
		}
		connections = append(connections, collect.Connection{
			Name: url, Provider: "mypos", Host: url, Source: source, PSU: adapters.Unattended(), Accounts: accountsAt,
		})
	}
	options := &collect.Options{Calls: fanCalls, PerHost: fanPerHost}
	for result := range collect.Balances(context.Background(), slices.Values(connections), options).Results() {
		if result.Err != nil {
			return 0, result.Err
		}
		answered += len(result.Balances)
	}
	return answered, nil
}

// visitByHand is the pool that somebody would write who has learnt to keep connections.
func visitByHand(at street, config *tls.Config) (int, error) {
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{
		TLSClientConfig: config, MaxIdleConns: fanCalls * 2, MaxIdleConnsPerHost: fanCalls,
	}}
	type job struct {
		fetch   fetch
		account string
	}
	jobs := make(chan job, fanCalls)
	var answered, failed atomic.Int64
	var workers sync.WaitGroup
	for range fanCalls {
		workers.Go(func() {
			for job := range jobs {
				balances, err := job.fetch(context.Background(), job.account)
				if err != nil {
					failed.Add(1)
				}
				answered.Add(int64(len(balances)))
			}
		})
	}
	var fetches []fetch
	for _, url := range at.URLs {
		fetch, err := myposHand(access{url, client, time.Now})
		if err != nil {
			return 0, err
		}
		fetches = append(fetches, fetch)
	}
	for account := range accountsAt {
		for _, fetch := range fetches {
			jobs <- job{fetch, account}
		}
	}
	close(jobs)
	workers.Wait()
	if failed.Load() > 0 {
		return 0, errors.New("calls have failed")
	}
	return int(answered.Load()), nil
}
