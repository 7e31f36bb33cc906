package rayserve

import (
	"bytes"
	"strconv"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// family is one metric that is read: names of pages of Ray 2.60.0 and 2.9.3.
type family = enginepage.Family[key, part]

const prefix = "ray_serve_"

// key is what one series speaks of: a deployment, the door of an application, which is what its proxies count (no
// deployment), or a proxy itself (no application). Replicas are only told apart where they are read one by one.
type key struct{ application, deployment, replica []byte }

// keysOf makes keys; split is the deployment whose replicas are told apart, "" for none.
func keysOf(split string) func(promtext.Labels) key {
	return func(l promtext.Labels) key {
		k := keyOf(l)
		if split == "" || promtext.Decode(k.deployment) != split {
			k.replica = nil
		}
		return k
	}
}

func keyOf(l promtext.Labels) key {
	var k key
	for {
		name, value, rest, ok := l.Next()
		if !ok {
			return k
		}
		switch string(name) {
		case "application":
			k.application = value
		case "deployment":
			k.deployment = value
		case "replica":
			k.replica = value
		}
		l = rest
	}
}

// Equal compares all parts.
func (k key) Equal(o key) bool {
	return bytes.Equal(k.replica, o.replica) && bytes.Equal(k.deployment, o.deployment) && bytes.Equal(k.application, o.application)
}

// part is what is said of one key.
type part struct {
	running, waiting  fleet.Maybe[fleet.Count]
	requests, errors  tally // of a deployment
	answers, refused  answers
	latency           fleet.Histogram      // milliseconds
	replicas, healthy int                  // as the controller sees them, wherever they run
	status            fleet.Maybe[float64] // of an application
	version           string
}

// tally is one counter under two names: with "_total" since Ray 2.10, and without, which later ones write too.
type tally struct{ total, old fleet.Maybe[float64] }

func (t tally) value() fleet.Maybe[float64] {
	if t.total.OK {
		return t.total
	}
	return t.old
}

// answers counts what proxies answered, by kind.
type answers struct{ all, failed, aborted tally }

func families() []family {
	gauge := func(name string, set func(x *part, v float64)) family {
		return family{Name: prefix + name, Kind: promtext.Gauge, Set: set}
	}
	latency := func(name string) family {
		return family{Name: prefix + name, Kind: promtext.Histogram, Split: true, Hist: func(x *part) *fleet.Histogram { return &x.latency }}
	}
	list := []family{
		{Name: prefix + "replica_processing_queries", Kind: promtext.Gauge, Also: func(x *part, l promtext.Labels, v float64) {
			enginepage.Add(&x.running, v)
			if x.version == "" {
				x.version = l.Value("Version")
			}
		}},
		gauge("deployment_queued_queries", func(x *part, v float64) { enginepage.Add(&x.waiting, v) }),
		gauge("deployment_replica_healthy", func(x *part, v float64) {
			x.replicas++
			if v > 0 {
				x.healthy++
			}
		}),
		gauge("application_status", func(x *part, v float64) { x.status = fleet.Some(v) }),
		latency("deployment_processing_latency_ms"), latency("http_request_latency_ms"), latency("grpc_request_latency_ms"),
	}
	list = append(list, counter("deployment_request_counter", func(x *part, _ promtext.Labels) []*tally { return []*tally{&x.requests} })...)
	list = append(list, counter("deployment_error_counter", func(x *part, _ promtext.Labels) []*tally { return []*tally{&x.errors} })...)
	for _, protocol := range []string{"http", "grpc"} {
		list = append(list, counter("num_"+protocol+"_requests", func(x *part, l promtext.Labels) []*tally {
			return x.answers.of(l.Raw("status_code"))
		})...)
		list = append(list, counter("num_"+protocol+"_error_requests", func(x *part, l promtext.Labels) []*tally {
			return x.refused.of(l.Raw("error_code"))
		})...)
	}
	return list
}

// counter reads a counter under both of its names. The one without "_total" is declared to be a gauge.
func counter(name string, into func(x *part, l promtext.Labels) []*tally) []family {
	return []family{
		{Name: prefix + name + "_total", Kind: promtext.Counter, Also: func(x *part, l promtext.Labels, v float64) {
			for _, t := range into(x, l) {
				enginepage.Add(&t.total, v)
			}
		}},
		{Name: prefix + name, Kind: promtext.Counter | promtext.Gauge, Also: func(x *part, l promtext.Labels, v float64) {
			for _, t := range into(x, l) {
				enginepage.Add(&t.old, v)
			}
		}},
	}
}

// Codes that Ray's proxies answer by themselves.
const (
	timedOut  = 408 // the request ran over the time limit of the application
	clientCut = 499 // the client went away
)

// of tells where an answer counts, by its HTTP status or the name of its gRPC status.
func (a *answers) of(code []byte) []*tally {
	list := []*tally{&a.all}
	if n, err := strconv.Atoi(string(code)); err == nil {
		switch {
		case n >= 500 || n == timedOut:
			list = append(list, &a.failed)
		case n == clientCut:
			list = append(list, &a.aborted)
		}
		return list
	}
	switch string(code[bytes.LastIndexByte(code, '.')+1:]) {
	case "UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS":
		list = append(list, &a.failed)
	case "CANCELLED":
		list = append(list, &a.aborted)
	}
	return list
}
