package prometheus

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"

	"pitwall/fleet"
)

// defaultWorst is how many replicas and GPUs of a pool are asked for one by one.
const defaultWorst = 20

// poolRows bounds the answer to one question about a pool: totals, buckets, and the worst ones.
const poolRows = 20_000

// readPool asks for a pool as a whole: first its totals and who is worst, then what the worst ones do.
func (r *reader) readPool(ctx context.Context, spec *fleet.PoolSpec) harvest {
	var out harvest
	reading := fleet.PoolReading{Pool: spec.ID, Window: r.window}
	reading.Err = r.fillPool(ctx, spec, &reading, &out.heard)
	if reading.Err != nil {
		reading = fleet.PoolReading{Pool: spec.ID, Err: reading.Err}
	}
	out.pools, out.err = []fleet.PoolReading{reading}, reading.Err
	return out
}

func (r *reader) fillPool(ctx context.Context, spec *fleet.PoolSpec, into *fleet.PoolReading, said *heard) error {
	table, known := namesOf(spec.Engine)
	if !known {
		return &fleet.Error{Kind: fleet.KindUnsupported, Op: "ask for pool " + string(spec.ID), Source: r.source,
			Err: errors.New("aggregates of " + fleet.Label(spec.Engine).String() + " are not known"), Next: "list its replicas"}
	}
	match, err := parseMatchers(spec.Store.Replicas)
	if err != nil {
		return invalid(r.source, "read the selector of pool "+string(spec.ID), err)
	}
	worst := spec.Store.Worst
	if worst <= 0 {
		worst = defaultWorst
	}
	ask := newPooled(table, match, spec.Model, r.window)
	sums := totals{into: into, ttft: buckets{}, itl: buckets{}, unit: ask.ttftUnit}
	answer, err := r.api.instant(ctx, ask.load(worst), poolRows, sums.take)
	said.add(answer)
	if err != nil {
		return err
	}
	sums.finish()
	if !into.Reporting.OK && !into.Replicas.OK {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "ask for pool " + string(spec.ID), Source: r.source,
			Err:  errors.New("the store has no series of it: what it does is unknown"),
			Next: "compare its selector with the labels in the store"}
	}
	if !into.Reporting.OK && ask.model != "" && spec.Model != "" {
		said.note(fleet.LevelWarn, fleet.Concat(fleet.Text("replicas of "), fleet.Label(string(spec.ID)),
			fleet.Text(" are scraped, and the store has no series of model "), fleet.Quote(string(spec.Model))))
	}
	if err := r.fillWorst(ctx, table, match, spec.Model, sums.worst(worst), into, said); err != nil {
		said.note(fleet.LevelWarn, fleet.Concat(fleet.Text("the worst replicas of "), fleet.Label(string(spec.ID)),
			fleet.Text(" are not known: "), fleet.Sentence(err)))
	}
	if spec.Store.GPUs == "" {
		return nil
	}
	if err := r.fillGPUs(ctx, spec.Store, worst, into, said); err != nil {
		said.note(fleet.LevelWarn, fleet.Concat(fleet.Text("the GPUs of "), fleet.Label(string(spec.ID)),
			fleet.Text(" are not known: "), fleet.Sentence(err)))
	}
	return nil
}

// totals gathers the answer about a whole pool.
type totals struct {
	into      *fleet.PoolReading
	ttft, itl buckets
	unit      float64  // seconds in one unit of ttft
	bad       [5][]who // the worst replicas by why: down, stalled, queue, cache, load
}

// who is one replica by the labels that tell it apart.
type who struct{ instance, pod, node string }

func whoOf(r *row) who {
	return who{string(r.get("instance")), string(r.get("pod")), string(r.get("node"))}
}

// id is how the replica is shown.
func (w who) id() fleet.ReplicaID {
	if w.pod != "" {
		return fleet.ReplicaID(w.pod)
	}
	return fleet.ReplicaID(w.instance)
}

func (t *totals) take(r *row) error {
	if len(r.points) == 0 || r.native != nil {
		return nil
	}
	v := r.points[0].value()
	name := string(r.get(marked))
	switch {
	case name == "ttft":
		t.ttft.take(r, v, t.unit)
	case name == "itl":
		t.itl.take(r, v, 1)
	case len(name) == len("worst/n") && name[:6] == "worst/":
		if i := int(name[6] - '1'); i >= 0 && i < len(t.bad) {
			t.bad[i] = append(t.bad[i], whoOf(r))
		}
	case !math.IsNaN(v) && !math.IsInf(v, 0):
		if set := numbers[name]; set != nil {
			set(t.into, v)
		}
	}
	return nil
}

func some[T ~float64](v float64) fleet.Maybe[T] { return fleet.Some(T(v)) }

func whole(v float64) fleet.Maybe[int] {
	if v < 0 || v > 1e9 {
		return fleet.None[int]()
	}
	return fleet.Some(int(math.Round(v)))
}

// numbers say where each figure of a pool goes.
var numbers = map[string]func(p *fleet.PoolReading, v float64){
	"running":   func(p *fleet.PoolReading, v float64) { p.Running = some[fleet.Count](v) },
	"waiting":   func(p *fleet.PoolReading, v float64) { p.Waiting = some[fleet.Count](v) },
	"kvmax":     func(p *fleet.PoolReading, v float64) { p.KVMax = some[fleet.Ratio](v) },
	"kvmean":    func(p *fleet.PoolReading, v float64) { p.KVMean = some[fleet.Ratio](v) },
	"in":        func(p *fleet.PoolReading, v float64) { p.InRate = some[fleet.TokenRate](v) },
	"out":       func(p *fleet.PoolReading, v float64) { p.OutRate = some[fleet.TokenRate](v) },
	"requests":  func(p *fleet.PoolReading, v float64) { p.Requests = some[fleet.Rate](v) },
	"failed":    func(p *fleet.PoolReading, v float64) { p.Failed = some[fleet.Rate](v) },
	"prefix":    func(p *fleet.PoolReading, v float64) { p.PrefixHit = some[fleet.Ratio](v) },
	"e2e":       func(p *fleet.PoolReading, v float64) { p.E2E = some[fleet.Seconds](v) },
	"prompt":    func(p *fleet.PoolReading, v float64) { p.PromptMean = some[fleet.Tokens](v) },
	"output":    func(p *fleet.PoolReading, v float64) { p.OutputMean = some[fleet.Tokens](v) },
	"replicas":  func(p *fleet.PoolReading, v float64) { p.Replicas = whole(v) },
	"up":        func(p *fleet.PoolReading, v float64) { p.Up = whole(v) },
	"reporting": func(p *fleet.PoolReading, v float64) { p.Reporting = whole(v) },
	"stalled":   func(p *fleet.PoolReading, v float64) { p.Stalled = whole(v) },
	"at":        func(p *fleet.PoolReading, v float64) { p.At = unixTime(v) },
}

func (t *totals) finish() { t.into.TTFT, t.into.ITL = t.ttft.histogram(), t.itl.histogram() }

// worst lists the replicas with the most trouble, at most n: those that do not answer, those that stall, then those
// with the longest queues, the fullest caches and the most work.
func (t *totals) worst(n int) []who {
	seen := map[who]bool{}
	var out []who
	for _, list := range t.bad {
		for _, w := range list {
			if !seen[w] && len(out) < n && (w.instance != "" || w.pod != "") {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// buckets are the cumulative counts of one histogram by upper bound, as it was written.
type buckets map[float64]float64

func (b buckets) take(r *row, v, unit float64) {
	le, err := strconv.ParseFloat(string(r.get("le")), 64)
	if err == nil && !math.IsNaN(le) && v >= 0 && !math.IsInf(v, 0) {
		b[le*unit] += v // "1" and "1.0" are one bound
	}
}

// histogram puts the counts in order. Where replicas of several versions have different bounds the sums at a bound
// that some of them lack fall short: they are lifted to the bound below, as PromQL's own quantiles do.
func (b buckets) histogram() fleet.Histogram {
	var h fleet.Histogram
	for le := range b {
		h.Bounds = append(h.Bounds, le)
	}
	slices.Sort(h.Bounds)
	if n := len(h.Bounds); n == 0 || !math.IsInf(h.Bounds[n-1], 1) {
		return fleet.Histogram{}
	}
	most := 0.0
	for _, le := range h.Bounds {
		most = max(most, b[le])
		h.Counts = append(h.Counts, most)
	}
	h.Sum = math.NaN() // nobody needs it, and none was asked for
	return h
}
