package prometheus

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// defaultInterval is how often a store is asked: most scrape every 15 to 60 seconds.
const defaultInterval = 15 * time.Second

// Connector returns the connector of stores with the Prometheus query API. A source's URL is the base of the API with
// its path prefix ("http://mimir/prometheus", "http://vmselect:8481/select/0/prometheus"). Options:
// "header.NAME" and "param.NAME" are sent with every query; "tenant" in the header that "flavour" (prometheus, thanos,
// mimir, victoriametrics) names; "window" is what rates are taken over, and at least four scrape intervals.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:      "prometheus",
		Title:     "Prometheus",
		Reads:     "series of engines and exporters, and aggregates of whole pools: Prometheus, Thanos, Mimir, VictoriaMetrics",
		Interval:  defaultInterval,
		NewReader: newReader,
		Ports:     []int{9090},
	}
}

type reader struct {
	source   fleet.SourceID
	clock    fleet.Clock
	api      *api
	window   time.Duration
	flavour  string
	makers   map[string]func() fleet.Decoder
	families map[string][]string

	mu      sync.Mutex
	targets []target
	pools   []wanted
	lacks   fleet.Safe // what the last answers said that they lack
	size    int        // targets in one query
	version fleet.Safe
	asked   time.Time // when the version was last asked

	decoding sync.Mutex
	decoders map[string]fleet.Decoder
	page     []byte
}

var _ fleet.Store = (*reader)(nil)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	o, err := readOptions(spec)
	if err != nil {
		return nil, invalid(spec.ID, "open the store", err)
	}
	client, err := httpx.New(httpx.Options{
		Source: spec.ID, Base: strings.TrimSuffix(strings.TrimRight(spec.URL, "/"), "/api/v1"), TLS: spec.TLS, Auth: spec.Auth,
		Extra: o.headers, Deps: deps, MaxBody: maxBody, MaxRatio: maxRatio,
	})
	if err != nil {
		return nil, err
	}
	return &reader{
		source: spec.ID, clock: deps.Clock, api: &api{source: spec.ID, client: client, params: o.params},
		window: o.window, flavour: o.flavour, makers: deps.Decoders, families: deps.Families,
		size: firstSize, decoders: map[string]fleet.Decoder{},
	}, nil
}

// Serve names what is read through the store from the next Read on.
func (r *reader) Serve(parts []fleet.SourceSpec, pools []fleet.PoolSpec) {
	targets := make([]target, len(parts))
	for i := range parts {
		targets[i] = newTarget(parts[i])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := map[fleet.PoolID]time.Time{}
	for _, p := range r.pools {
		asked[p.spec.ID] = p.asked
	}
	r.targets, r.pools = targets, nil
	for _, p := range pools {
		r.pools = append(r.pools, wanted{p, asked[p.ID]})
	}
}

// wanted is a pool that is asked for as a whole, and when it last was.
type wanted struct {
	spec  fleet.PoolSpec
	asked time.Time
}

// poolsEvery is how often a whole pool is asked for at most: such a question costs the store far more than one for
// series, and its rates are of minutes.
const poolsEvery = 30 * time.Second

// due takes the pools that are to be asked for now. r.mu is held.
func (r *reader) due() []fleet.PoolSpec {
	now := r.clock.Now()
	var list []fleet.PoolSpec
	for i := range r.pools {
		if p := &r.pools[i]; now.Sub(p.asked) >= poolsEvery*9/10 { // the Hub takes a little off its intervals
			p.asked = now
			list = append(list, p.spec)
		}
	}
	return list
}

// again lets pools that were not answered be asked for at the next read.
func (r *reader) again(list []fleet.PoolReading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, reading := range list {
		for i := range r.pools {
			if p := &r.pools[i]; reading.Err != nil && p.spec.ID == reading.Pool {
				p.asked = time.Time{}
			}
		}
	}
}

// Read asks for everything once. A store that answers some of the questions is read; what it did not answer carries
// its own error.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	r.mu.Lock()
	targets, pools, size := r.targets, r.due(), r.size
	r.mu.Unlock()
	jobs := r.jobs(targets, pools, size)
	results := work(ctx, jobs)
	p := fleet.Partial{}
	var all heard
	var failed error
	answered := len(jobs) == 0
	for _, h := range results {
		all.add(h.heard)
		p.Parts, p.Pools = append(p.Parts, h.parts...), append(p.Pools, h.pools...)
		r.again(h.pools)
		if h.err == nil {
			answered = true
		} else if failed == nil {
			failed = h.err
		}
	}
	if !answered {
		return fleet.Partial{}, failed
	}
	for i := range targets {
		if targets[i].err != nil {
			p.Parts = append(p.Parts, fleet.Part{Source: targets[i].spec.ID, Err: targets[i].err})
		}
	}
	p.At = r.clock.Now()
	version, err := r.currentVersion(ctx, p.At, len(jobs) == 0)
	if err != nil {
		return fleet.Partial{}, err
	}
	r.mu.Lock()
	if len(jobs) > 0 {
		r.lacks = all.partial
	}
	p.Version, p.ServerTime, p.Notices, p.Incomplete = version.name, all.server, all.notices, r.lacks
	r.mu.Unlock()
	if !p.ServerTime.OK {
		p.ServerTime = version.server
	}
	r.alerts(ctx, &p)
	return p, nil
}

// jobs are the queries of one read. All of them together may bring as many series as one page may have.
func (r *reader) jobs(targets []target, pools []fleet.PoolSpec, size int) []func(context.Context) harvest {
	var jobs []func(context.Context) harvest
	left := &budget{rows: maxSeries}
	for _, b := range plan(targets, size) {
		jobs = append(jobs, func(ctx context.Context) harvest {
			limit := left.now()
			if limit <= 0 {
				return harvest{err: r.api.fail(fleet.KindInvalid, errMany.Error(), "the rest was not asked for", nil),
					parts: missed(targets, &b, r.api.fail(fleet.KindInvalid, errMany.Error(), "", nil))}
			}
			h := r.readBatch(ctx, targets, &b, limit)
			left.spend(h.rows)
			return h
		})
	}
	for i := range pools {
		jobs = append(jobs, func(ctx context.Context) harvest { return r.readPool(ctx, &pools[i]) })
	}
	return jobs
}

func missed(list []target, b *batch, err error) []fleet.Part {
	var out []fleet.Part
	for _, value := range b.values {
		for _, i := range b.members[value] {
			out = append(out, fleet.Part{Source: list[i].spec.ID, Err: err})
		}
	}
	return out
}

// budget is how many series one read may still take.
type budget struct {
	mu   sync.Mutex
	rows int
}

func (b *budget) now() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rows
}

func (b *budget) spend(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows -= n
}

// options are what a source's Options say, checked.
type options struct {
	headers http.Header
	params  url.Values
	flavour string
	window  time.Duration
}

// tenantHeaders name the header that carries the tenant (orchestration.md 11.2).
var tenantHeaders = map[string]string{"mimir": "X-Scope-OrgID", "thanos": "THANOS-TENANT", "victoriametrics": "AccountID",
	"prometheus": "X-Scope-OrgID"}

const (
	// defaultWindow holds four scrapes of a minute each less a little: rate() needs two samples of a series.
	defaultWindow = 5 * time.Minute
	leastWindow   = time.Minute
)

func readOptions(spec fleet.SourceSpec) (options, error) {
	o := options{headers: http.Header{}, params: url.Values{}, flavour: spec.Options["flavour"], window: defaultWindow}
	if o.flavour == "" {
		o.flavour = "prometheus"
	}
	tenant, known := tenantHeaders[o.flavour]
	if !known {
		return o, errors.New("the flavour is none of prometheus, thanos, mimir, victoriametrics")
	}
	for name, value := range spec.Options {
		if h, ok := strings.CutPrefix(name, "header."); ok {
			o.headers.Set(h, value)
		}
		if p, ok := strings.CutPrefix(name, "param."); ok {
			o.params[p] = strings.Split(value, "\n")
		}
	}
	if v := spec.Options["tenant"]; v != "" {
		o.headers.Set(tenant, v)
	}
	if v := spec.Options["window"]; v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d < leastWindow {
			return o, errors.New("the window is no time of at least a minute, such as 5m")
		}
		o.window = d
	}
	return o, nil
}
