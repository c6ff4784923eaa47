// A closed-loop load generator for etcd, through etcd's own Go client, so that the comparison
// in test/bench/run measures the server and not a hand-made client. Prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
)

func dial(endpoints []string, count int) []*clientv3.Client {
	clients := make([]*clientv3.Client, count)
	for i := range clients {
		client, err := clientv3.New(clientv3.Config{
			Endpoints:   endpoints[i%len(endpoints) : i%len(endpoints)+1],
			DialTimeout: 5 * time.Second,
		})
		if err != nil {
			fmt.Fprintf(os.Stderr, "etcd-load: cannot connect: %v\n", err)
			os.Exit(1)
		}
		clients[i] = client
	}
	return clients
}

func percentile(sorted []time.Duration, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(p / 100 * float64(len(sorted)-1))
	return float64(sorted[i].Nanoseconds()) / 1e6
}

func main() {
	endpoints := flag.String("endpoints", "127.0.0.1:2379", "comma-separated")
	operation := flag.String("operation", "put", "put or get (linearizable)")
	clients := flag.Int("clients", 1, "goroutines, each with one request under way")
	connections := flag.Int("connections", 10, "connections they share")
	total := flag.Int64("n", 1000, "requests")
	keys := flag.Int("keys", 100000, "key space")
	size := flag.Int("size", 100, "value bytes")
	flag.Parse()

	if *connections > *clients {
		*connections = *clients
	}
	pool := dial(strings.Split(*endpoints, ","), *connections)
	value := strings.Repeat("x", *size)
	latencies := make([][]time.Duration, *clients)
	var next, failed int64
	var group sync.WaitGroup

	start := time.Now()
	for i := 0; i < *clients; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			client := pool[i%len(pool)]
			random := rand.New(rand.NewSource(int64(i)))
			for atomic.AddInt64(&next, 1) <= *total {
				key := fmt.Sprintf("key:%012d", random.Intn(*keys))
				began := time.Now()
				var err error
				if *operation == "put" {
					_, err = client.Put(context.Background(), key, value)
				} else {
					_, err = client.Get(context.Background(), key)
				}
				if err != nil {
					atomic.AddInt64(&failed, 1)
				}
				latencies[i] = append(latencies[i], time.Since(began))
			}
		}(i)
	}
	group.Wait()
	seconds := time.Since(start).Seconds()

	var all []time.Duration
	for _, some := range latencies {
		all = append(all, some...)
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"rps":    float64(len(all)) / seconds,
		"p50_ms": percentile(all, 50),
		"p99_ms": percentile(all, 99),
		"failed": failed,
	})
}
