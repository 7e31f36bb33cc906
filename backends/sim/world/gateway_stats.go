package world

import "slices"

// GatewayStats are the counters of one gateway replica since it started.
type GatewayStats struct {
	Deployments []*DeploymentStats // in order of first use
	Requests    map[RequestKey]float64
	Failures    map[RequestKey]float64
	Queue       map[string]*Histogram // by route
}

// RequestKey labels a client's request.
type RequestKey struct {
	Route, ID string // model id that answered, or failed last
	Status    int
	Class     string
}

// DeploymentStats are the counters of one member.
type DeploymentStats struct {
	Spec           *DeploymentSpec
	Total, Success float64
	Failed         map[RequestKey]float64
	Cooled         map[int]float64 // by status
	Used           []KeyUse        // by key: the master key, then those of the Spec
	State          int             // 0 healthy, 1 partial: the last answer
	Outage         bool            // has ever been cooled down; never reset (litellm 1.81)
	FellBack       map[RequestKey]float64
	Limits         Limits
	Latency        Histogram // of the client's request
	API            Histogram // of the call to the member
	TTFT           Histogram
	PerToken       Histogram
	Overhead       Histogram
}

func newGatewayStats() GatewayStats {
	return GatewayStats{
		Requests: map[RequestKey]float64{}, Failures: map[RequestKey]float64{}, Queue: map[string]*Histogram{},
	}
}

func (s *GatewayStats) deployment(spec *DeploymentSpec) *DeploymentStats {
	h := newHistogram
	d := &DeploymentStats{
		Spec: spec, Failed: map[RequestKey]float64{}, Cooled: map[int]float64{}, FellBack: map[RequestKey]float64{},
		Latency: h(gwBounds), API: h(gwBounds), TTFT: h(gwBounds), PerToken: h(gwBounds), Overhead: h(gwBounds),
	}
	s.Deployments = append(s.Deployments, d)
	return d
}

// Keys returns the labels of a counter in a fixed order.
func Keys(m map[RequestKey]float64) []RequestKey {
	keys := make([]RequestKey, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b RequestKey) int {
		switch {
		case a.Route != b.Route:
			return compare(a.Route < b.Route)
		case a.ID != b.ID:
			return compare(a.ID < b.ID)
		case a.Status != b.Status:
			return compare(a.Status < b.Status)
		case a.Class != b.Class:
			return compare(a.Class < b.Class)
		}
		return 0
	})
	return keys
}

func compare(less bool) int {
	if less {
		return -1
	}
	return 1
}

// overhead is what the gateway itself adds to a request, in seconds.
const overhead = 0.004

// success books an answer.
func (d *DeploymentStats) success(c *Call, t *attempt, r result) {
	d.Total++
	d.Success++
	d.State = 0
	d.use(c, t, r.at)
	d.API.observe(r.at - t.start)
	if c.Stream && t.first > 0 {
		d.TTFT.observe(t.first - t.start)
	}
	d.PerToken.observe((r.at - t.start) / float64(max(t.output, 1)))
	d.Latency.observe(r.at - c.Start)
	d.Overhead.observe(overhead)
	if r.limits.Known {
		d.Limits = r.limits
	}
}

// failure books a failed try.
func (d *DeploymentStats) failure(c *Call, r result) {
	d.Total++
	d.State = 1
	c.gateway.db.spent.enter(r.at, d.Spec, c.key, KeyUse{Failed: 1})
	d.Failed[RequestKey{Route: c.Route, Status: r.status, Class: r.class}]++
	if r.limits.Known {
		d.Limits = r.limits
	}
}

// ExceptionClass is the name that LiteLLM gives to a status.
func ExceptionClass(status int) string {
	switch status {
	case 408, 504:
		return "Timeout"
	case 429:
		return "RateLimitError"
	case 503:
		return "ServiceUnavailableError"
	case 401:
		return "AuthenticationError"
	case 404:
		return "NotFoundError"
	case 403:
		return "PermissionDeniedError"
	case 400:
		return "BadRequestError"
	default:
		return "InternalServerError"
	}
}
