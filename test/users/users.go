// Package users plays those who use a gateway: requests at an even rate on a fleet's clock, and what became of each. It is for tests
// and measurements.
package users

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Options are who asks for what.
type Options struct {
	Clock  fleet.Clock
	URLs   []string // of the gateway replicas, asked in turn
	Key    string
	Models []string // asked in turn
	Rate   float64  // requests per second of the clock
	Tokens int      // of each answer
}

// Request is one request and what became of it.
type Request struct {
	Sent   time.Time // on the fleet's clock
	Ended  time.Time
	Status int    // 0 where no answer came
	Member string // the deployment that answered, as the gateway names it
	Whole  bool   // the stream came to its end
	Err    error  // of the connection
}

// Lost tells whether its user got no whole answer.
func (r *Request) Lost() bool { return r.Status != http.StatusOK || !r.Whole }

// Crowd are users at work.
type Crowd struct {
	o      Options
	client *http.Client
	stop   context.CancelFunc
	asking sync.WaitGroup // who sends, and each request under way

	mu   sync.Mutex
	list []Request
}

// Gather lets users begin. The clock must go on until Leave has returned.
func Gather(o Options) *Crowd {
	ctx, stop := context.WithCancel(context.Background())
	c := &Crowd{o: o, stop: stop, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096}}}
	task := o.Clock.Task()
	c.asking.Go(func() {
		defer task.Done()
		every := time.Duration(float64(time.Second) / o.Rate)
		for n := 0; task.Sleep(ctx, every) == nil; n++ {
			model, url, at := o.Models[n%len(o.Models)], o.URLs[n/len(o.Models)%len(o.URLs)], o.Clock.Now()
			c.asking.Go(func() { c.ask(url, model, at) })
		}
	})
	return c
}

// Leave lets nobody begin any more, waits for what is under way and gives all requests in the order in which they were sent.
func (c *Crowd) Leave() []Request {
	c.stop()
	c.asking.Wait()
	c.client.CloseIdleConnections()
	list := c.So()
	slices.SortStableFunc(list, func(a, b Request) int { return a.Sent.Compare(b.Sent) })
	return list
}

// So are the requests that have ended so far.
func (c *Crowd) So() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// ask is one request. It does not hold the clock, on which the answer is made.
func (c *Crowd) ask(url, model string, at time.Time) {
	r := Request{Sent: at}
	body := fmt.Sprintf(`{"model":%q,"stream":true,"max_tokens":%d,"messages":[{"role":"user","content":"what is up?"}]}`, model, c.o.Tokens)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+c.o.Key)
		req.Header.Set("Content-Type", "application/json")
		var resp *http.Response
		if resp, err = c.client.Do(req); err == nil {
			r.Status, r.Member = resp.StatusCode, resp.Header.Get("x-litellm-model-id")
			r.Whole, err = whole(resp.Body)
			err = errors.Join(err, resp.Body.Close())
		}
	}
	if r.Err = err; err != nil {
		r.Whole = false
	}
	r.Ended = c.o.Clock.Now()
	c.mu.Lock()
	c.list = append(c.list, r)
	c.mu.Unlock()
}

// whole tells whether a stream has the end that a whole one has.
func whole(body io.Reader) (bool, error) {
	lines, end := bufio.NewScanner(body), false
	for lines.Scan() {
		end = end || lines.Text() == "data: [DONE]"
	}
	return end, lines.Err()
}
