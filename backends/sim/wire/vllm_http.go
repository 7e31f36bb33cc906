package wire

import (
	"strings"

	"pitwall/backends/sim/world"
)

var (
	highResBounds = []float64{.01, .025, .05, .075, .1, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60}
	lowResBounds  = []float64{.1, .5, 1}
)

// http writes the families of the server's own instrumentation: the handled requests of /v1/models, and the
// engine's finished requests as those of the inference path.
func (p *vllmPage) http(asked float64) {
	const chat, models = "/v1/chat/completions", "/v1/models"
	done := float64(p.r.Stats.E2E.Count())
	h, method := func(path string) string { return label("handler", path) }, label("method", "GET")
	post := label("method", "POST")
	ok := label("status", "2xx")
	p.counter("http_requests", "Requests by method, status and handler.",
		series{strings.Join([]string{h(chat), post, ok}, ","), done},
		series{strings.Join([]string{h(models), method, ok}, ","), asked})
	p.summary("http_request_size_bytes", "Size of requests by handler.",
		[]series{{h(chat), done}, {h(models), asked}}, []float64{p.r.Stats.PromptLen.Sum * 4.1, 0})
	p.summary("http_response_size_bytes", "Size of answers by handler.",
		[]series{{h(chat), done}, {h(models), asked}}, []float64{p.r.Stats.OutputLen.Sum * 4.3, asked * 454})
	fine := rebucket(&p.r.Stats.E2E, highResBounds)
	p.histogram("http_request_duration_highr_seconds", "Time of requests in many buckets.", distribution{h: &fine})
	coarse := rebucket(&p.r.Stats.E2E, lowResBounds)
	p.histogram("http_request_duration_seconds", "Time of requests by handler in few buckets.",
		distribution{before: h(chat), after: post, h: &coarse})
}

func (p *vllmPage) summary(name, help string, counts []series, sums []float64) {
	p.family(name, "summary", help)
	for i, l := range counts {
		p.sample(name+"_count", l.labels, l.v)
		p.sample(name+"_sum", l.labels, sums[i])
	}
	p.made(name, help, counts)
}

// rebucket puts the counts of a histogram under other bounds; a count goes where its old upper bound fits.
func rebucket(from *world.Histogram, bounds []float64) world.Histogram {
	to := world.Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1), Sum: from.Sum}
	j := 0
	for i, n := range from.Counts {
		for j < len(bounds) && (i >= len(from.Bounds) || from.Bounds[i] > bounds[j]) {
			j++
		}
		to.Counts[j] += n
	}
	return to
}
