package kube

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/net"
)

// access is a connection of its own to the API server of a source, opened when it is first needed.
type access struct {
	set settings

	mu   sync.Mutex
	conn *conn
}

// open returns the connection, made anew after its credential was refused.
func (a *access) open(ctx context.Context) (*conn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		c, err := a.set.open(ctx)
		if err != nil {
			return nil, err
		}
		a.conn = c
	}
	return a.conn, nil
}

// forget drops a connection whose credential was not accepted: the next call reads the kubeconfig again.
func (a *access) forget(c *conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == c {
		c.close()
		a.conn = nil
	}
}

// question is one request that is answered in whole.
type question struct {
	method string
	path   string // escaped, with its query
	header http.Header
	body   []byte
	within time.Duration
}

// reply is what came back, whatever its status.
type reply struct {
	conn   *conn
	code   int
	header http.Header
	body   []byte
	sent   bool // the request left this machine: it may have been carried out even where no answer came
}

func (a reply) ok() bool { return a.code >= http.StatusOK && a.code < http.StatusMultipleChoices }

// ask sends one request, never again, and reads the answer. err is that of the link, in its kind and words; what a
// server refuses is an answer.
func (a *access) ask(ctx context.Context, op string, q question) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, q.within)
	defer cancel()
	c, err := a.open(ctx)
	if err != nil {
		return reply{}, err
	}
	var sent atomic.Bool // told by the goroutine that writes
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	header := q.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Accept", "application/json")
	resp, err := c.send(ctx, q.method, q.path, header, bytes.NewReader(q.body))
	if err != nil {
		return reply{conn: c, sent: sent.Load()}, c.failure(ctx, op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body) // bounded by the connection
	if err != nil {
		return reply{conn: c, sent: true}, c.failure(ctx, op, err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		a.forget(c)
	}
	c.warned(ctx, resp.Header)
	return reply{conn: c, code: resp.StatusCode, header: resp.Header, body: body, sent: true}, nil
}

// warned hands on what the server warns of, as client-go does where it sends.
func (c *conn) warned(ctx context.Context, header http.Header) {
	list, _ := net.ParseWarningHeaders(header["Warning"]) // what cannot be read warns of nothing
	for _, w := range list {
		c.config.WarningHandlerWithContext.HandleWarningHeaderWithContext(ctx, w.Code, w.Agent, w.Text)
	}
}
