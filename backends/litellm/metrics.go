package litellm

import (
	"math"
	"slices"
	"strconv"

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
	mOutTokens    = "litellm_output_tokens_metric_total"
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

// page is what a metrics page says, summed over all label sets of one model_id.
type page struct {
	families map[string]bool // counters whose family is on the page, even without a series
	models   map[string]*modelPage
	inFlight fleet.Maybe[fleet.Count]
	series   int
}

// modelPage is one deployment's share of the page.
type modelPage struct {
	counters map[string]float64
	failures map[string]float64 // by exception status
	least    map[string]float64 // gauges of what is left: the least of the label sets
	ttft     buckets
	latency  buckets
	total    buckets
}

// buckets sums cumulative histogram counts by upper bound.
type buckets struct {
	counts map[float64]float64
	sum    float64
}

func newPage() *page {
	return &page{families: map[string]bool{}, models: map[string]*modelPage{}}
}

// sample is one line of the page.
type sample struct {
	name   string
	model  string
	status string
	bound  string
	value  float64
}

// wanted tells whether a sample name matters, so that others cost nothing.
func wanted(name string) bool {
	switch name {
	case mRequests, mSuccesses, mFailures, mCooldowns, mInTokens, mOutTokens, mRemRequests, mRemTokens, mInFlight,
		mTTFT + "_bucket", mTTFT + "_sum", mLatency + "_bucket", mLatency + "_sum",
		mTotalLatency + "_bucket", mTotalLatency + "_sum":
		return true
	}
	return false
}

// add takes one sample in.
func (p *page) add(s sample) {
	if math.IsNaN(s.value) {
		return
	}
	p.series++
	if s.name == mInFlight {
		p.inFlight = fleet.Some(p.inFlight.Or(0) + fleet.Count(s.value)) // one series for each worker
		return
	}
	if s.model == "" || s.model == labelNone { // refused before a deployment was picked
		return
	}
	m := p.models[s.model]
	if m == nil {
		m = &modelPage{counters: map[string]float64{}, failures: map[string]float64{}, least: map[string]float64{}}
		p.models[s.model] = m
	}
	switch s.name {
	case mRemRequests, mRemTokens:
		if old, ok := m.least[s.name]; !ok || s.value < old {
			m.least[s.name] = s.value
		}
	case mTTFT + "_bucket", mTTFT + "_sum":
		m.ttft.add(s, mTTFT+"_sum")
	case mLatency + "_bucket", mLatency + "_sum":
		m.latency.add(s, mLatency+"_sum")
	case mTotalLatency + "_bucket", mTotalLatency + "_sum":
		m.total.add(s, mTotalLatency+"_sum")
	default:
		m.counters[s.name] += s.value
		p.families[s.name] = true
		if s.name == mFailures {
			m.failures[s.status] += s.value
		}
	}
}

func (b *buckets) add(s sample, sumName string) {
	if s.name == sumName {
		b.sum += s.value
		return
	}
	bound, err := strconv.ParseFloat(s.bound, 64)
	if err != nil || math.IsNaN(bound) {
		return
	}
	if b.counts == nil {
		b.counts = map[float64]float64{}
	}
	b.counts[bound] += s.value
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
	h.Sum = b.sum
	return h
}

// counter is known where the deployment has a series. A family that is on the page without a series of this
// deployment counts 0: the Python client writes no series before the first event. A family that is not on the
// page at all was taken out by the operator, or never counted anything, and is unknown.
func (p *page) counter(id fleet.DeploymentID, name string) fleet.Maybe[float64] {
	if m := p.models[string(id)]; m != nil {
		if v, ok := m.counters[name]; ok {
			return fleet.Some(v)
		}
	}
	if p.families[name] {
		return fleet.Some(0.0)
	}
	return fleet.None[float64]()
}

func (p *page) left(id fleet.DeploymentID, name string) fleet.Maybe[float64] {
	if m := p.models[string(id)]; m != nil {
		if v, ok := m.least[name]; ok {
			return fleet.Some(v)
		}
	}
	return fleet.None[float64]()
}

// fill puts what the page says of a deployment into its reading.
func (p *page) fill(d *fleet.DeploymentReading) {
	d.Requests = p.counter(d.ID, mRequests)
	d.Successes = p.counter(d.ID, mSuccesses)
	d.Failures = p.counter(d.ID, mFailures)
	d.Cooldowns = p.counter(d.ID, mCooldowns)
	d.InTokens = p.counter(d.ID, mInTokens)
	d.OutTokens = p.counter(d.ID, mOutTokens)
	d.RemainingRequests = p.left(d.ID, mRemRequests)
	d.RemainingTokens = p.left(d.ID, mRemTokens)
	m := p.models[string(d.ID)]
	if m == nil {
		return
	}
	if len(m.failures) > 0 {
		d.FailuresByStatus = m.failures
	}
	d.TTFT = m.ttft.histogram()
	if d.Latency = m.latency.histogram(); d.Latency.IsZero() {
		d.Latency = m.total.histogram()
	}
}
