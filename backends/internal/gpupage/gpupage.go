// Package gpupage reads the metrics page of a GPU exporter: what the adapters of such exporters have in common.
// It must not know any exporter's metric names, nor judge a GPU.
package gpupage

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// Page turns the pages of one kind of exporter into readings. It may keep memory from page to page; it is never called
// twice at a time.
type Page interface {
	// Decode reads one page. foreign is what is wrong with a page that is well-formed and names no GPU.
	Decode(body []byte) (gpus []fleet.GPUReading, notices []fleet.Notice, err error)
	Foreign() error
}

// NewReader gives a connector's NewReader. A source's URL is the exporter's address, to which "/metrics" is added, or
// the address of the page itself.
func NewReader(newPage func() Page) func(fleet.SourceSpec, fleet.Deps) (fleet.Reader, error) {
	return func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
		client, err := httpx.New(httpx.Options{
			Source: spec.ID, Base: spec.URL, TLS: spec.TLS, Auth: spec.Auth, Deps: deps,
		})
		if err != nil {
			return nil, err
		}
		r := &reader{clock: deps.Clock, client: client, decoder: decoder{source: spec.ID, page: newPage()}}
		if u, err := url.Parse(spec.URL); err == nil && (u.Path == "" || u.Path == "/") {
			r.path = "/metrics"
		}
		return r, nil
	}
}

// NewDecoder gives a connector's NewDecoder.
func NewDecoder(newPage func() Page) func() fleet.Decoder {
	return func() fleet.Decoder { return &decoder{page: newPage()} }
}

type reader struct {
	clock  fleet.Clock
	client *httpx.Client
	path   string // "" where the URL is the page itself
	decoder
}

// Read reads the page once.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	reply, err := r.client.Get(ctx, r.path, promtext.Accept)
	if err != nil {
		return fleet.Partial{}, err
	}
	p, err := r.Decode(reply.Body)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.At, p.ServerTime = r.clock.Now(), reply.ServerTime
	return p, nil
}

type decoder struct {
	source fleet.SourceID
	mu     sync.Mutex // a read that overran its deadline may still be at work
	page   Page
}

// Decode reads a page that somebody else fetched. A page of another system is an error of KindInvalid.
func (d *decoder) Decode(body []byte) (fleet.Partial, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gpus, notices, err := d.page.Decode(body)
	if err == nil && len(gpus) == 0 {
		err = d.page.Foreign()
	}
	if e, ok := err.(*fleet.Error); ok { //nolint:errorlint // what a page says in its own words is kept as it is
		said := *e
		said.Source = d.source
		return fleet.Partial{}, &said
	}
	if err != nil {
		return fleet.Partial{}, promtext.Refused(d.source, err)
	}
	return fleet.Partial{GPUs: gpus, Notices: notices}, nil
}

// NormalPCI writes an address as kernel logs do, so that they can be compared: "00000000:1B:00.0" is "0000:1b:00".
func NormalPCI(raw string) string {
	s := strings.ToLower(raw)
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		s = s[:i]
	}
	if domain, rest, ok := strings.Cut(s, ":"); ok && strings.Contains(rest, ":") {
		for len(domain) > 4 && domain[0] == '0' {
			domain = domain[1:]
		}
		s = domain + ":" + rest
	}
	return Clip(s)
}

// Clip bounds a descriptive label: what is kept for days must not hold kilobytes of someone's label.
func Clip(s string) string { return s[:min(len(s), fleet.MaxLabelBytes)] }

// maxCode bounds what can be an Xid, an action or an AMD field identifier.
const maxCode = 1 << 20

// Code reads a number that names something, none where it cannot be one.
func Code(v float64) fleet.Maybe[int] {
	if v < 0 || v >= maxCode || v != float64(int(v)) {
		return fleet.None[int]()
	}
	return fleet.Some(int(v))
}

// Bits reads a bit mask, none where it cannot be one.
func Bits(v float64) fleet.Maybe[uint64] {
	if v < 0 || v >= 1<<53 {
		return fleet.None[uint64]()
	}
	return fleet.Some(uint64(v))
}

// Time reads a Unix time in seconds, none where it cannot be one of an event: a machine without a clock says 0.
func Time(v float64) fleet.Maybe[time.Time] {
	if v < 1 || v >= 1<<33 {
		return fleet.None[time.Time]()
	}
	return fleet.Some(time.UnixMilli(int64(v * 1e3)).UTC())
}
