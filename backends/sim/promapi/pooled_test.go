package promapi_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/backends/registry"
	"pitwall/backends/sim/promapi"
	"pitwall/fleet"
)

// The window of rates in these tests, and how often pages are scraped.
const (
	poolWindow = time.Minute
	poolEvery  = 5 * time.Second
)

// played are pages whose counters grow: "1000+3" is 1000 at first and 3 more at each scrape.
type played struct {
	step  atomic.Int64
	pages map[string]string
}

var growing = regexp.MustCompile(`(?m) (\d+)\+(\d+)$`)

// page writes one page as it stands at a step.
func (p *played) page(name string, step int64) []byte {
	return growing.ReplaceAllFunc([]byte(p.pages[name]), func(text []byte) []byte {
		base, slope, _ := strings.Cut(strings.TrimSpace(string(text)), "+")
		from, _ := strconv.ParseInt(base, 10, 64)
		each, _ := strconv.ParseInt(slope, 10, 64)
		return fmt.Appendf(nil, " %d", from+each*step)
	})
}

// playedStore scrapes the named pages until every window is full, and reads them as one pool.
type playedStore struct {
	*played
	names []string
	set   registry.Set
	read  fleet.PoolReading
	parts []fleet.Part
	notes []fleet.Notice
}

func playPool(t *testing.T, engine, exporter, model string, names ...string) *playedStore {
	t.Helper()
	p := &playedStore{played: &played{pages: map[string]string{}}, names: names, set: registry.Connectors()}
	for _, n := range names {
		body, err := os.ReadFile(filepath.Join("testdata", "pools", n+".prom"))
		if err != nil {
			t.Fatal(err)
		}
		p.pages[n] = string(body)
	}
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(p.page(strings.TrimPrefix(r.URL.Path, "/"), p.step.Load()))
	}))
	defer pages.Close()
	var targets []promapi.Scraped
	for i, n := range names {
		targets = append(targets, promapi.Scraped{URL: pages.URL + "/" + n, Pool: "played",
			Labels: map[string]string{"job": "played", "instance": fmt.Sprintf("10.0.0.%d:80", i), "pod": n, "namespace": "llm"}})
	}
	clock := fleet.NewVirtualClock(noon)
	scraper := promapi.NewScraper(clock, poolEvery, targets)
	defer scraper.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range int(2*poolWindow/poolEvery) + 1 {
		scraper.Once()
		if p.step.Add(1); p.step.Load() <= int64(2*poolWindow/poolEvery) {
			if err := clock.Advance(ctx, poolEvery); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.step.Add(-1) // of the last scrape
	api := httptest.NewServer(promapi.New(promapi.Options{Data: scraper.Data(), Clock: clock}))
	defer api.Close()
	p.ask(t, api.URL, clock, fleet.PoolSpec{ID: "pool", Engine: engine, Model: fleet.ModelName(model),
		Store: &fleet.StorePool{Source: "store", Replicas: `job="played"`, GPUs: `job="played"`, Exporter: exporter}})
	return p
}

func (p *playedStore) ask(t *testing.T, url string, clock fleet.Clock, pool fleet.PoolSpec) {
	t.Helper()
	deps := p.set.Equip(fleet.Deps{Clock: clock}, nil)
	r, err := p.set.Open(fleet.SourceSpec{ID: "store", Kind: "prometheus", URL: url,
		Options: map[string]string{"window": poolWindow.String()}}, deps)
	if err != nil {
		t.Fatal(err)
	}
	kind := pool.Store.Exporter
	if kind == "" {
		kind = pool.Engine
	}
	var parts []fleet.SourceSpec
	for _, n := range p.names {
		if name, _, _ := strings.Cut(n, "-"); strings.HasPrefix(kind, name) { // not the engine beside an exporter
			parts = append(parts, fleet.SourceSpec{ID: fleet.SourceID(n), Kind: kind, From: "store",
				Options: map[string]string{"selector": fmt.Sprintf("pod=%q", n)}})
		}
	}
	r.(fleet.Store).Serve(parts, []fleet.PoolSpec{pool})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer, err := r.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Pools) != 1 || answer.Pools[0].Err != nil {
		t.Fatalf("no reading: %+v", answer.Pools)
	}
	p.read, p.parts, p.notes = answer.Pools[0], answer.Parts, answer.Notices
}

// decoded are the pages as the connector reads them, as they stood some time ago.
func (p *playedStore) decoded(t *testing.T, kind string, ago time.Duration) []fleet.Partial {
	t.Helper()
	i := slices.IndexFunc(p.set, func(c fleet.Connector) bool { return c.Kind == kind })
	var out []fleet.Partial
	for _, n := range p.names {
		read, err := p.set[i].NewDecoder().Decode(p.page(n, p.step.Load()-int64(ago/poolEvery)))
		if err != nil {
			t.Fatalf("%s: %v", n, err)
		}
		out = append(out, read)
	}
	return out
}

// compareParts: one by one, too, the store says what the pages say.
func (p *playedStore) compareParts(t *testing.T, kind string) {
	t.Helper()
	want := p.decoded(t, kind, 0)
	if len(p.parts) != len(p.names) {
		t.Fatalf("%d parts of %d pages", len(p.parts), len(p.names))
	}
	for _, part := range p.parts {
		i := slices.Index(p.names, string(part.Source))
		if part.Err != nil || !reflect.DeepEqual(part.Reading.Engines, want[i].Engines) || !reflect.DeepEqual(part.Reading.GPUs, want[i].GPUs) {
			t.Errorf("%s (%v): the store says\n%+v\nthe page\n%+v", part.Source, part.Err, part.Reading, want[i])
		}
	}
}

// growth adds up what a counter of the engines of a model grew by over the window; none where no engine has it.
func (p *playedStore) growth(t *testing.T, kind string, model fleet.ModelName, of func(*fleet.EngineReading) fleet.Maybe[float64]) fleet.Maybe[float64] {
	t.Helper()
	var sum fleet.Maybe[float64]
	now, then := p.decoded(t, kind, 0), p.decoded(t, kind, poolWindow)
	for i := range now {
		for j := range now[i].Engines {
			e := &now[i].Engines[j]
			if v := of(e); v.OK && (e.Model == "" || e.Model == model) {
				sum = fleet.Some(sum.V + v.V - of(&then[i].Engines[j]).V)
			}
		}
	}
	return sum
}

// TestAPoolAsAWholeIsTheSumOfItsReplicas: of every engine, with series that repeat each other, old and new names, other
// models on the same page, and replicas that hang.
func TestAPoolAsAWholeIsTheSumOfItsReplicas(t *testing.T) {
	for _, c := range []struct {
		engine  string
		pages   []string
		stalled fleet.Maybe[int]
	}{
		{"vllm", []string{"vllm-two-ranks", "vllm-old-names"}, fleet.Some(0)},
		{"sglang", []string{"sglang-ranks-repeat", "sglang-hung"}, fleet.Some(1)},
		{"trtllm", []string{"trtllm-prefixed", "trtllm-unprefixed", "trtllm-idle"}, fleet.Some(1)},
		{"triton", []string{"triton", "triton-hung"}, fleet.Some(1)},
		{"tgi", []string{"tgi", "tgi-long-answer"}, fleet.Some(0)},
		{"llamacpp", []string{"llamacpp", "llamacpp-hung"}, fleet.Some(1)},
		{"trtllm", []string{"trtllm-unprefixed"}, fleet.None[int]()}, // it has no load: whether it stalls is not known
	} {
		t.Run(c.pages[0], func(t *testing.T) {
			p := playPool(t, c.engine, "", "chat", c.pages...)
			p.compareParts(t, c.engine)
			p.compareGauges(t, c.engine)
			p.compareRates(t, c.engine)
			got := p.read
			if got.Replicas != fleet.Some(len(c.pages)) || got.Reporting != fleet.Some(len(c.pages)) || got.Stalled != c.stalled {
				t.Errorf("%v replicas, %v report, %v stalled; want %d, and %v", got.Replicas, got.Reporting, got.Stalled, len(c.pages), c.stalled)
			}
			for _, w := range got.Worst {
				if w.Stalled != (got.Stalled.V > 0 && w.ID == got.Worst[0].ID) || w.At.IsZero() {
					t.Errorf("of the worst ones: %+v", w)
				}
			}
		})
	}
}

// compareGauges holds what stands on the pages against sums of what the connector reads.
func (p *playedStore) compareGauges(t *testing.T, kind string) {
	t.Helper()
	var running, waiting fleet.Maybe[fleet.Count]
	var kv fleet.Maybe[fleet.Ratio]
	for _, page := range p.decoded(t, kind, 0) {
		for _, e := range page.Engines {
			if e.Model != "" && e.Model != "chat" {
				continue
			}
			if e.Running.OK {
				running = fleet.Some(running.V + e.Running.V)
			}
			if e.Waiting.OK {
				waiting = fleet.Some(waiting.V + e.Waiting.V)
			}
			if e.KVUsage.OK {
				kv = fleet.Some(max(kv.V, e.KVUsage.V))
			}
		}
	}
	if got := p.read; got.Running != running || got.Waiting != waiting || got.KVMax != kv {
		t.Errorf("running %v, waiting %v, cache %v; one by one %v, %v, %v", got.Running, got.Waiting, got.KVMax, running, waiting, kv)
	}
}

// compareRates holds rates and means against what the connector's counters grew by.
func (p *playedStore) compareRates(t *testing.T, kind string) {
	t.Helper()
	of := func(f func(*fleet.EngineReading) fleet.Maybe[float64]) fleet.Maybe[float64] {
		return p.growth(t, kind, "chat", f)
	}
	perSecond := func(m fleet.Maybe[float64]) fleet.Maybe[float64] {
		return fleet.Maybe[float64]{V: m.V / poolWindow.Seconds(), OK: m.OK}
	}
	over := func(part, whole fleet.Maybe[float64]) fleet.Maybe[float64] {
		if !part.OK || !whole.OK || whole.V <= 0 {
			return fleet.None[float64]()
		}
		return fleet.Some(part.V / whole.V)
	}
	sum := func(h func(*fleet.EngineReading) *fleet.Histogram) fleet.Maybe[float64] {
		return of(func(e *fleet.EngineReading) fleet.Maybe[float64] {
			return fleet.Maybe[float64]{V: h(e).Sum, OK: !h(e).IsZero()}
		})
	}
	count := func(h func(*fleet.EngineReading) *fleet.Histogram) fleet.Maybe[float64] {
		return of(func(e *fleet.EngineReading) fleet.Maybe[float64] {
			return fleet.Maybe[float64]{V: h(e).Count(), OK: !h(e).IsZero()}
		})
	}
	e2e := func(e *fleet.EngineReading) *fleet.Histogram { return &e.E2E }
	prompt := func(e *fleet.EngineReading) *fleet.Histogram { return &e.PromptLen }
	output := func(e *fleet.EngineReading) *fleet.Histogram { return &e.OutputLen }
	got := p.read
	for _, c := range []struct {
		what      string
		got, want fleet.Maybe[float64]
	}{
		{"prompt tokens", plain(got.InRate), perSecond(of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.PromptTokens }))},
		{"output tokens", plain(got.OutRate), perSecond(of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.OutputTokens }))},
		{"requests", plain(got.Requests), perSecond(of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.Finished }))},
		{"failed", plain(got.Failed), perSecond(of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.Failed }))},
		{"prefix hits", plain(got.PrefixHit), over(of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.PrefixHits }),
			of(func(e *fleet.EngineReading) fleet.Maybe[float64] { return e.PrefixQueries }))},
		{"whole request", plain(got.E2E), over(sum(e2e), count(e2e))},
		{"prompt length", plain(got.PromptMean), over(sum(prompt), count(prompt))},
		{"output length", plain(got.OutputMean), over(sum(output), count(output))},
	} {
		if c.got.OK != c.want.OK || math.Abs(c.got.V-c.want.V) > 1e-6*math.Abs(c.want.V) {
			t.Errorf("%s: %v, one by one %v", c.what, c.got, c.want)
		}
	}
	p.compareHistogram(t, kind, "time to first token", got.TTFT, func(e *fleet.EngineReading) *fleet.Histogram { return &e.TTFT })
	p.compareHistogram(t, kind, "inter-token latency", got.ITL, func(e *fleet.EngineReading) *fleet.Histogram { return &e.ITL })
}

func plain[T ~float64](m fleet.Maybe[T]) fleet.Maybe[float64] {
	return fleet.Maybe[float64]{V: float64(m.V), OK: m.OK}
}

// compareHistogram holds the growth of each bucket against that of the connector's histogram.
func (p *playedStore) compareHistogram(t *testing.T, kind, what string, got fleet.Histogram, of func(*fleet.EngineReading) *fleet.Histogram) {
	t.Helper()
	for i, bound := range got.Bounds {
		want := p.growth(t, kind, "chat", func(e *fleet.EngineReading) fleet.Maybe[float64] {
			j := slices.IndexFunc(of(e).Bounds, func(b float64) bool { return math.Abs(b-bound) <= 1e-12 || b == bound })
			if j < 0 {
				return fleet.None[float64]()
			}
			return fleet.Some(of(e).Counts[j])
		})
		if !want.OK || math.Abs(got.Counts[i]-want.V) > 1e-6*want.V {
			t.Errorf("%s up to %v: %v, one by one %v", what, bound, got.Counts[i], want)
		}
	}
	has := p.growth(t, kind, "chat", func(e *fleet.EngineReading) fleet.Maybe[float64] {
		return fleet.Maybe[float64]{OK: !of(e).IsZero()}
	})
	if has.OK != !got.IsZero() {
		t.Errorf("%s: %v, one by one %v", what, got, has)
	}
}
