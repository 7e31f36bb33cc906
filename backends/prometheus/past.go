package prometheus

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strconv"
	"time"

	"pitwall/fleet"
)

const (
	// maxRecall bounds the points of one series in one answer; Prometheus itself refuses more than 11,000.
	maxRecall = 1_000
	// recallRows bounds the series of an answer: one for each figure that is asked for.
	recallRows = 16
	// leastTimed is how many requests a step needs for its quantile to be one.
	leastTimed = 20
)

var _ fleet.Recaller = (*reader)(nil)

// Recall asks what the replicas of a pool did together in each step of a time, with one range query. Start and end are
// multiples of the step, so that caches in front of the store can keep the answer.
func (r *reader) Recall(ctx context.Context, q fleet.Recall) (fleet.Recalled, error) {
	op := "ask for the past of pool " + string(q.Pool.ID)
	from, to := q.From.Truncate(q.Step), q.To.Truncate(q.Step)
	if q.Step < time.Second || !to.After(from) || to.Sub(from)/q.Step > maxRecall {
		return fleet.Recalled{}, &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: r.source,
			Err: errors.New("the time asked for has no step, or too many")}
	}
	table, known := namesOf(q.Pool.Engine)
	if !known {
		return fleet.Recalled{}, &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: r.source,
			Err: errors.New("aggregates of " + fleet.Label(q.Pool.Engine).String() + " are not known")}
	}
	selectors, err := r.selectors(q)
	if err != nil {
		return fleet.Recalled{}, err
	}
	for _, s := range selectors {
		ask := newPooled(table, s, q.Pool.Model, q.Step)
		out, err := r.recall(ctx, ask.past(), from.Add(q.Step), to, q.Step)
		if err != nil || len(out.Points) > 0 {
			return out, err
		}
	}
	return fleet.Recalled{}, &fleet.Error{Kind: fleet.KindNotFound, Op: op, Source: r.source,
		Err: errors.New("the store has no series of it in that time")}
}

// selectors are the ways in which the pool may be found, the likeliest first. Replicas that pitwall reads itself are
// looked for by the address that a store scrapes them at, and then by their names as pods.
func (r *reader) selectors(q fleet.Recall) ([][]matcher, error) {
	if q.Pool.Store != nil {
		match, err := parseMatchers(q.Pool.Store.Replicas)
		if err != nil {
			return nil, invalid(r.source, "read the selector of pool "+string(q.Pool.ID), err)
		}
		return [][]matcher{match}, nil
	}
	var out [][]matcher
	targets := make([]target, len(q.Replicas))
	pods, through := make([]string, 0, len(q.Replicas)), false
	for i := range q.Replicas {
		targets[i] = newTarget(q.Replicas[i])
		pods = append(pods, string(q.Replicas[i].Subject.Replica))
		through = through || q.Replicas[i].From != ""
	}
	if batches := plan(targets, len(targets)); len(batches) == 1 {
		out = append(out, batches[0].selector())
	}
	if !through && len(pods) > 0 {
		out = append(out, []matcher{{"pod", "=~", anyOf(pods)}})
	}
	return out, nil
}

// past asks for sums over the steps. $w is the step, so that what is read at its end is of the whole of it.
func (p *pooled) past() string {
	q := &question{}
	q.add("in", "sum(%s)", p.one(p.prompt))
	q.add("out", "sum(%s)", p.one(p.output))
	q.add("requests", "sum(%s)", p.one(p.requests))
	q.add("failed", "sum(%s)", p.one(p.failed))
	q.add("ttft", "histogram_quantile(0.95,sum by (le)(%s)) and on () (sum(%s) >= "+strconv.Itoa(leastTimed)+")",
		p.grown(p.ttft, "_bucket"), p.grown(p.ttft, "_count"))
	return q.String()
}

func (r *reader) recall(ctx context.Context, expr string, from, to time.Time, step time.Duration) (fleet.Recalled, error) {
	n := int(to.Sub(from)/step) + 1
	points, some := make([]fleet.RecalledPoint, n), make([]bool, n)
	form := url.Values{"query": {expr}, "start": {stampOf(from)}, "end": {stampOf(to)}, "step": {seconds(step)}}
	said, err := r.api.ask(ctx, "/api/v1/query_range", form, recallRows, func(x *row) error {
		set := recalled[string(x.get(marked))]
		for _, sample := range x.points {
			// A store may adjust the steps (VictoriaMetrics); what lies between two of them is of neither.
			i := int(math.Round(float64(sample.at.Sub(from)) / float64(step)))
			off := sample.at.Sub(from.Add(time.Duration(i) * step)).Abs()
			v := sample.value()
			if set == nil || i < 0 || i >= n || off > step/10 || v < 0 || math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			set(&points[i], v, step.Seconds())
			some[i] = true
		}
		return nil
	})
	if err != nil {
		return fleet.Recalled{}, err
	}
	out := fleet.Recalled{Incomplete: said.partial}
	for i := range points {
		if some[i] {
			points[i].At = from.Add(time.Duration(i) * step)
			out.Points = append(out.Points, points[i])
		}
	}
	return out, nil
}

func stampOf(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// recalled say where each figure of a step goes; rates become sums over it.
var recalled = map[string]func(p *fleet.RecalledPoint, v, seconds float64){
	"in":       func(p *fleet.RecalledPoint, v, s float64) { p.In = fleet.Some(v * s) },
	"out":      func(p *fleet.RecalledPoint, v, s float64) { p.Out = fleet.Some(v * s) },
	"requests": func(p *fleet.RecalledPoint, v, s float64) { p.Requests = fleet.Some(v * s) },
	"failed":   func(p *fleet.RecalledPoint, v, s float64) { p.Failed = fleet.Some(v * s) },
	"ttft":     func(p *fleet.RecalledPoint, v, _ float64) { p.TTFT95 = fleet.Some(fleet.Seconds(v)) },
}
