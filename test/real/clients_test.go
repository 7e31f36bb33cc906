//go:build real

package real_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clients are users of the route: a steady number of requests a second, spread over the gateway replicas. A replica
// that does not take a connection is passed over, as a load balancer would.
type clients struct {
	route                string
	sent, served, failed atomic.Int64
}

// atOnce bounds the requests in flight; one more is dropped rather than queued.
const atOnce = 64

// newClients keep asking until the end of the test.
func newClients(t *testing.T, route string, gateways []string, perSecond int) *clients {
	t.Helper()
	c := &clients{route: route}
	ctx, cancel := context.WithCancel(context.Background())
	http := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		room := make(chan struct{}, atOnce)
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			select {
			case room <- struct{}{}:
			default:
				continue
			}
			work.Go(func() {
				defer func() { <-room }()
				c.ask(ctx, http, gateways[n%len(gateways)], gateways[(n+1)%len(gateways)])
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		work.Wait()
		t.Logf("clients of %s: %d sent, %d served, %d failed", c.route, c.sent.Load(), c.served.Load(), c.failed.Load())
	})
	return c
}

const question = `{"model": "%s", "max_tokens": 6, "messages": [{"role": "user", "content": "Say something short."}]}`

func (c *clients) ask(ctx context.Context, client *http.Client, gateways ...string) {
	c.sent.Add(1)
	body := fmt.Sprintf(question, c.route)
	for _, url := range gateways {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			break
		}
		req.Header.Set("Authorization", "Bearer "+bedKey)
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			continue
		}
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if err == nil && res.StatusCode == http.StatusOK {
			c.served.Add(1)
			return
		}
	}
	if ctx.Err() == nil {
		c.failed.Add(1)
	}
}
