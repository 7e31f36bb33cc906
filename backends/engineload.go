package backends

import (
	"time"

	"pitwall/fleet"
)

// engineLoad adds engines up: gauges and rates are summed, the fullest cache counts, quantiles come from
// merged buckets, and ratios from sums.
func engineLoad(list []*engineSeries) fleet.Load {
	l := fleet.Load{Window: rateWindow}
	var newest time.Time
	var in, out, finished, failed, hits, queries flow
	var ttft, itl, e2e, prompt, output []*distribution
	for _, e := range list {
		if at := e.output.newest(); at.After(newest) {
			newest = at
		}
		addCount(&l.Running, e.last.Running)
		addCount(&l.Waiting, e.last.Waiting)
		if kv := e.last.KVUsage; kv.OK && (!l.KV.OK || kv.V > l.KV.V) {
			l.KV = kv
		}
		in.add(&e.prompt)
		out.add(&e.output)
		finished.add(&e.finished)
		failed.add(&e.failed)
		hits.add(&e.prefixHits)
		queries.add(&e.prefixQueries)
		ttft, itl, e2e = append(ttft, &e.ttft), append(itl, &e.itl), append(e2e, &e.e2e)
		prompt, output = append(prompt, &e.promptLen), append(output, &e.outLen)
	}
	l.Window = out.window(newest)
	l.Requests, l.InRate, l.OutRate = finished.rate(), in.tokens(), out.tokens()
	l.Errors = failed.over(finished)
	l.PrefixHit = hits.over(queries)
	first := spreadOf(ttft)
	l.TTFT50, l.TTFT95 = quantile(first, 0.5), quantile(first, 0.95)
	l.ITL95 = quantile(spreadOf(itl), 0.95)
	whole := spreadOf(e2e)
	if m := mean(whole); m.OK {
		l.E2E = fleet.Some(fleet.Seconds(m.V))
	}
	l.E2E99 = bounded(whole, 0.99)
	if m := mean(spreadOf(prompt)); m.OK {
		l.PromptMean = fleet.Some(fleet.Tokens(m.V))
	}
	if m := mean(spreadOf(output)); m.OK {
		l.OutputMean = fleet.Some(fleet.Tokens(m.V))
	}
	return l
}

func addCount(sum *fleet.Maybe[fleet.Count], v fleet.Maybe[fleet.Count]) {
	if v.OK {
		sum.V += v.V
		sum.OK = true
	}
}

// blind tells whether a page that was read says nothing about work: then it is unknown, and neither idle nor fine.
func blind(l fleet.Load) bool {
	return !l.Running.OK && !l.Waiting.OK && !l.OutRate.OK && !l.Requests.OK
}

// idle tells whether something is known of the work and none of it is there.
func idle(l fleet.Load) bool {
	known := l.Running.OK || l.OutRate.OK // requests that ended do not tell what runs
	return known && l.Running.Or(0)+l.Waiting.Or(0) == 0 && l.OutRate.Or(0) == 0 && l.Requests.Or(0) == 0
}
