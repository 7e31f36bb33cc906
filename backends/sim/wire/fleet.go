package wire

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Options are what the servers need besides the world.
type Options struct {
	World       *world.World
	Clock       fleet.Clock
	Key         string            // the one credential of gateways and providers
	MetricsAuth bool              // gateways ask for the key on /metrics, as LiteLLM does from 1.85 on
	Exporters   map[string]string // node to the kind of its GPU exporter, ExporterDCGM where it is not named
	Gateway     string            // the kind of the gateways: "" for LiteLLM, GatewayKong
	LiteLLM     string            // version that the gateways have the calls and manners of; "" means 1.96.0
	Coalesce    bool              // streams have one event for all tokens since the last
	Admins      map[string]string // provider to the key of the organisation, which bills want
	Past        func() Past       // what was served and spent before the world began; nil for nothing
	Styles      map[string]string // provider to the style of its headers: "openai" (default) or "anthropic"
}

// Servers are the listeners of one world, one for each endpoint.
type Servers struct {
	o     Options
	mu    sync.Mutex
	all   []*server
	bound map[string]string // name to base URL
}

// server is one endpoint. Name is that of the replica, node, gateway replica or provider.
type server struct {
	name   string
	o      *Options
	http   *http.Server
	mux    *http.ServeMux
	mu     sync.Mutex
	skew   time.Duration
	frozen bool
	last   map[string][]byte // pages as they were when the telemetry froze
	asked  float64           // requests for the list of models

	up   func() bool // whether the process behind it listens, asked with the world at rest; nil for always
	site string      // whose telemetry its metrics pages are part of; only where telemetry is set
	seen world.Telemetry
	// telemetry says that the site's telemetry faults touch this server.
	telemetry bool
}

// Reserve opens the listeners, so that addresses are known before the world is built.
func Reserve(ctx context.Context, names []string) (map[string]net.Listener, error) {
	held := map[string]net.Listener{}
	for _, name := range names {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			for _, other := range held {
				_ = other.Close()
			}
			return nil, &fleet.Error{Kind: fleet.KindUnreachable, Op: "open a loopback port for " + name, Err: err,
				Next: "nothing was started"}
		}
		held[name] = l
	}
	return held, nil
}

// Serve answers on the reserved listeners until Close.
func Serve(o Options, held map[string]net.Listener) *Servers {
	s := &Servers{o: o, bound: map[string]string{}}
	add := func(name string, routes func(*server)) {
		l := held[name]
		if l == nil {
			return
		}
		one := &server{name: name, o: &s.o, mux: http.NewServeMux(), last: map[string][]byte{}}
		routes(one)
		one.http = &http.Server{Handler: one, ReadHeaderTimeout: 10 * time.Second}
		s.all = append(s.all, one)
		s.bound[name] = "http://" + l.Addr().String()
		go func() { _ = one.http.Serve(l) }() // ends with http.ErrServerClosed
	}
	w := o.World
	for _, r := range w.Replicas {
		add(r.Name, func(one *server) {
			one.up, one.site, one.telemetry = r.Up, r.Pool.Site, true
			one.engine(r)
		})
	}
	nodes := map[string][]*world.GPU{}
	for _, g := range w.GPUs {
		nodes[g.Node] = append(nodes[g.Node], g)
	}
	for node, gpus := range nodes {
		add(node, func(one *server) {
			one.site, one.telemetry = gpus[0].Site, true
			one.up = func() bool {
				_, gone := w.Rented(node)
				return !gone
			}
			one.exporter(node, gpus)
		})
	}
	plugins := newKongPlugins(w)
	for _, g := range w.Gateways {
		add(g.Name, func(one *server) {
			if o.Gateway == GatewayKong {
				one.kong(g, plugins)
				return
			}
			one.litellm(g)
		})
	}
	for _, p := range w.Providers {
		add(p.Spec.Name, func(one *server) { one.provider(p, o.Styles[p.Spec.Name]) })
		add(StatusPrefix+p.Spec.Name, func(one *server) { one.statusPage(p, o.Styles[p.Spec.Name]) })
	}
	return s
}

// URL returns the base URL of an endpoint, "" when there is none of that name.
func (s *Servers) URL(name string) string { return s.bound[name] }

// Names lists the endpoints in order.
func (s *Servers) Names() []string {
	names := make([]string, 0, len(s.bound))
	for n := range s.bound {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Skew sets the clock of one server forward, or back; Freeze makes its metrics pages repeat what they showed.
// Both say whether there is such a server.
func (s *Servers) Skew(name string, d time.Duration) bool {
	return s.with(name, func(one *server) { one.skew = d })
}

// Freeze stops, or lets go on, the telemetry of one server; the system behind it is not touched.
func (s *Servers) Freeze(name string, on bool) bool {
	return s.with(name, func(one *server) {
		one.frozen = on
		if !on {
			clear(one.last)
		}
	})
}

func (s *Servers) with(name string, f func(*server)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if one.name == name {
			one.mu.Lock()
			f(one)
			one.mu.Unlock()
			return true
		}
	}
	return false
}

// Close ends all servers at once.
func (s *Servers) Close() error {
	var errs []error
	for _, one := range s.all {
		errs = append(errs, one.http.Close())
	}
	return errors.Join(errs...)
}

// ServeHTTP answers with the server's own idea of the time.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	skew := s.skew
	s.mu.Unlock()
	w.Header().Set("Date", s.o.Clock.Now().Add(skew).UTC().Format(http.TimeFormat))
	w.Header().Set("Server", "uvicorn")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if s.gone() {
		hangUp(w)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// maxBody bounds what a client may send.
const maxBody = 8 << 20

// page serves a metrics page.
func (s *server) page(path, contentType string, render func(b []byte) []byte) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, path, contentType, render)
	})
}

func (s *server) write(w http.ResponseWriter, path, contentType string, render func(b []byte) []byte) {
	frozen, silent, body := s.state(path)
	if silent {
		hangUp(w)
		return
	}
	if !frozen || body == nil {
		spare, _ := pages.Get().(*[]byte)
		if spare == nil {
			spare = new([]byte)
		}
		s.o.World.At(s.o.Clock.Now(), func() { body = render((*spare)[:0]) })
		*spare = body
		defer pages.Put(spare)
		if frozen {
			s.mu.Lock()
			s.last[path] = bytes.Clone(body)
			s.mu.Unlock()
		}
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client hung up
}

// pages are the buffers of pages that have been sent. A page is up to a hundred kilobytes, is asked for every few
// seconds of a clock that may run much faster than the day's, and nearly as long as the one before.
var pages sync.Pool

const textFormat = "text/plain; version=0.0.4; charset=utf-8"

// bearer is the credential of a request: "Bearer X", or one of the headers that stand for it.
func bearer(r *http.Request, others ...string) string {
	if v, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return v
	}
	for _, name := range others {
		if v := r.Header.Get(name); v != "" {
			return v
		}
	}
	return ""
}
