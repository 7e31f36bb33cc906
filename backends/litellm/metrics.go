package litellm

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// The metrics that pitwall reads, as LiteLLM 1.81 to 1.109 exposes them. litellm_deployment_state is left alone:
// a success and a cooldown write two different series of one deployment, and nothing takes the 2 back.
const (
	mRequests     = "litellm_deployment_total_requests_total"
	mSuccesses    = "litellm_deployment_success_responses_total"
	mFailures     = "litellm_deployment_failure_responses_total"
	mCooldowns    = "litellm_deployment_cooled_down_total"
	mInTokens     = "litellm_input_tokens_metric_total"
	mOutTokens    = "litellm_output_tokens_metric_total"       //nolint:gosec // a metric of tokens, not a credential
	mCacheRead    = "litellm_input_cached_tokens_metric_total" // this and the next three since May 2026, pull requests 28372 and 27660
	mCacheWrite   = "litellm_input_cache_creation_tokens_metric_total"
	mProvRead     = "litellm_provider_cache_read_input_tokens_metric_total"
	mProvWrite    = "litellm_provider_cache_creation_input_tokens_metric_total"
	mSpend        = "litellm_spend_metric_total"
	mRemRequests  = "litellm_remaining_requests_metric"
	mRemTokens    = "litellm_remaining_tokens_metric"
	mInFlight     = "litellm_in_flight_requests"
	mTTFT         = "litellm_llm_api_time_to_first_token_metric"
	mLatency      = "litellm_llm_api_latency_metric"
	mTotalLatency = "litellm_request_total_latency_metric"
)

// The labels that count; everything else is summed over, since operators add and remove labels.
const (
	labelModel  = "model_id"
	labelStatus = "exception_status"
	labelBound  = "le"
	labelNone   = "None" // how a missing label value is written
)

// The families by their number in the table.
const (
	fRequests = iota
	fSuccesses
	fFailures
	fCooldowns
	fInTokens
	fOutTokens
	fCacheRead
	fCacheWrite
	fProvRead
	fProvWrite
	fSpend
	fRemRequests
	fRemTokens
	fInFlight
	fTTFT
	fLatency
	fTotalLatency
	familyCount
)

// families is in the order of the numbers.
func families() []promtext.Family {
	return []promtext.Family{
		{Name: mRequests, Type: promtext.Counter}, {Name: mSuccesses, Type: promtext.Counter},
		{Name: mFailures, Type: promtext.Counter}, {Name: mCooldowns, Type: promtext.Counter},
		{Name: mInTokens, Type: promtext.Counter}, {Name: mOutTokens, Type: promtext.Counter},
		{Name: mCacheRead, Type: promtext.Counter}, {Name: mCacheWrite, Type: promtext.Counter},
		{Name: mProvRead, Type: promtext.Counter}, {Name: mProvWrite, Type: promtext.Counter}, {Name: mSpend, Type: promtext.Counter},
		{Name: mRemRequests, Type: promtext.Gauge}, {Name: mRemTokens, Type: promtext.Gauge},
		{Name: mInFlight, Type: promtext.Gauge}, {Name: mTTFT, Type: promtext.Histogram},
		{Name: mLatency, Type: promtext.Histogram}, {Name: mTotalLatency, Type: promtext.Histogram},
	}
}

// page is what a metrics page says, summed over all label sets of one model_id.
type page struct {
	present  [familyCount]bool // on the page, even without a series
	models   map[string]*modelPage
	keys     map[string]*keyPage // by hash
	parted   bool                // there are more keys than are followed
	inFlight fleet.Maybe[fleet.Count]
	series   int
	notices  []fleet.Notice
}

// modelPage is one deployment's share of the page.
type modelPage struct {
	values    [familyCount]fleet.Maybe[float64] // counters: the sum; gauges of what is left: the least
	failures  map[string]float64                // by exception status
	cooldowns map[string]float64                // by the status that led to it
	spread    [familyCount]buckets
}

// buckets sums cumulative histogram counts by upper bound.
type buckets struct {
	counts map[float64]float64
	sum    fleet.Maybe[float64]
}

func newPage() *page { return &page{models: map[string]*modelPage{}, keys: map[string]*keyPage{}} }

// parsePage reads a page whole, or refuses it. A page without a line is one on which nothing was counted yet, as
// several workers with a shared metrics folder answer it.
func parsePage(table *promtext.Table, raw *promtext.Page, body []byte) (*page, error) {
	p := newPage()
	if len(bytes.TrimSpace(body)) == 0 {
		return p, nil
	}
	if err := table.Parse(body, raw); err != nil {
		return nil, err
	}
	for i, f := range families() {
		line := []byte("# TYPE " + f.Name + " ")
		p.present[i] = bytes.HasPrefix(body, line) || bytes.Contains(body, append([]byte{'\n'}, line...))
	}
	for _, s := range raw.Samples {
		p.add(s)
	}
	p.notices = raw.Notices
	return p, nil
}

// add takes one sample in.
func (p *page) add(s promtext.Sample) {
	p.series++
	if s.Family == fInFlight {
		p.inFlight = fleet.Some(p.inFlight.Or(0) + fleet.Count(s.Value)) // one series for each worker
		return
	}
	p.addKey(s)
	id := s.Labels.Raw(labelModel)
	if len(id) == 0 || string(id) == labelNone { // refused before a deployment was picked
		return
	}
	m := p.models[string(id)]
	if m == nil {
		m = &modelPage{failures: map[string]float64{}, cooldowns: map[string]float64{}}
		p.models[promtext.Decode(id)] = m
	}
	p.present[s.Family] = true
	v := &m.values[s.Family]
	switch s.Family {
	case fRemRequests, fRemTokens:
		*v = fleet.Some(min(v.Or(s.Value), s.Value))
	case fTTFT, fLatency, fTotalLatency:
		m.spread[s.Family].add(s)
	default:
		*v = fleet.Some(v.Or(0) + s.Value)
		switch s.Family {
		case fFailures:
			m.failures[s.Labels.Value(labelStatus)] += s.Value
		case fCooldowns:
			m.cooldowns[s.Labels.Value(labelStatus)] += s.Value
		}
	}
}

func (b *buckets) add(s promtext.Sample) {
	switch s.Part {
	case promtext.PartSum:
		b.sum = fleet.Some(b.sum.V + s.Value)
	case promtext.PartBucket:
		bound, err := strconv.ParseFloat(string(s.Labels.Raw(labelBound)), 64)
		if err != nil || math.IsNaN(bound) {
			return
		}
		if b.counts == nil {
			b.counts = map[float64]float64{}
		}
		b.counts[bound] += s.Value
	case promtext.PartCount, promtext.PartValue: // the last bucket is the count
	}
}

// histogram gives the sum, or nothing where the label sets do not share their bounds: then a higher bound counts
// less than a lower one.
func (b buckets) histogram() fleet.Histogram {
	var h fleet.Histogram
	for bound := range b.counts {
		h.Bounds = append(h.Bounds, bound)
	}
	slices.Sort(h.Bounds)
	for i, bound := range h.Bounds {
		h.Counts = append(h.Counts, b.counts[bound])
		if i > 0 && h.Counts[i] < h.Counts[i-1] {
			return fleet.Histogram{}
		}
	}
	if n := len(h.Bounds); n == 0 || !math.IsInf(h.Bounds[n-1], 1) {
		return fleet.Histogram{}
	}
	h.Sum = b.sum.Or(math.NaN())
	return h
}

// counter is known where the deployment has a series. A family that is on the page without a series of this
// deployment counts 0: the Python client writes no series before the first event. A family that is not on the
// page at all was taken out by the operator and is unknown.
func (p *page) counter(m *modelPage, family int) fleet.Maybe[float64] {
	if v := m.values[family]; v.OK {
		return v
	}
	if p.present[family] {
		return fleet.Some(0.0)
	}
	return fleet.None[float64]()
}

// fill puts what the page says of a deployment into its reading.
func (p *page) fill(d *fleet.DeploymentReading) {
	m := p.models[string(d.ID)]
	if m == nil {
		m = &modelPage{}
	}
	d.Requests = p.counter(m, fRequests)
	d.Successes = p.counter(m, fSuccesses)
	d.Failures = p.counter(m, fFailures)
	if !d.Failures.OK && d.Requests.OK && d.Requests == d.Successes {
		d.Failures = fleet.Some(0.0) // several workers show no family before its first event; every request succeeded
	}
	d.Cooldowns = p.counter(m, fCooldowns)
	d.InTokens = p.counter(m, fInTokens)
	d.OutTokens = p.counter(m, fOutTokens)
	d.CacheRead = either(p.counter(m, fCacheRead), p.counter(m, fProvRead))
	d.CacheWrite = either(p.counter(m, fCacheWrite), p.counter(m, fProvWrite))
	d.RemainingRequests = m.values[fRemRequests]
	d.RemainingTokens = m.values[fRemTokens]
	if len(m.failures) > 0 {
		d.FailuresByStatus = m.failures
	}
	if len(m.cooldowns) > 0 {
		d.CooldownsByStatus = m.cooldowns
	}
	d.TTFT = m.spread[fTTFT].histogram()
	if d.Latency = m.spread[fLatency].histogram(); d.Latency.IsZero() {
		d.Latency = m.spread[fTotalLatency].histogram()
	}
}
