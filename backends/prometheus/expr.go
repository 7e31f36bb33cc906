package prometheus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// identity are the labels that tell replicas apart, as far as a store has them.
const identity = "instance,pod,node"

// pooled writes the queries for one pool.
type pooled struct {
	names
	fill *strings.Replacer
}

// newPooled fills the table in. $t are the series of the targets themselves, which name no model; a series that does
// not say its model is one of the pool's.
func newPooled(n names, match []matcher, model fleet.ModelName, window time.Duration) pooled {
	series := write(match)
	if n.model != "" && model != "" {
		alternatives := []string{string(model), ""}
		if n.nameless != "" {
			alternatives = append(alternatives, n.nameless)
		}
		series = write(append(slices.Clone(match), matcher{n.model, "=~", anyOf(alternatives)}))
	}
	if n.signs == nil {
		n.signs = n.running
	}
	if n.ttftUnit == 0 {
		n.ttftUnit = 1
	}
	return pooled{n, strings.NewReplacer("$s", series, "$t", write(match), "$w", seconds(window))}
}

// seconds writes a duration as PromQL does.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + "s" }

// one joins alternatives, and keeps one of the ranks that repeat each other. It is "" where the engine has no such metric.
func (p *pooled) one(alternatives []string) string {
	if len(alternatives) == 0 {
		return ""
	}
	expr := "(" + p.fill.Replace(strings.Join(alternatives, " or ")) + ")"
	if p.ranks != "" {
		expr = "(max without(" + p.ranks + ")" + expr + ")"
	}
	return expr
}

// grown is how much histograms grew over the window; part is their suffix.
func (p *pooled) grown(histograms []string, part string) string {
	parts := make([]string, len(histograms))
	for i, h := range histograms {
		parts[i] = "increase(" + h + part + "{$s}[$w])"
	}
	return p.one(parts)
}

// first are the buckets of the time to the first token.
func (p *pooled) first() string {
	buckets := p.grown(p.ttft, "_bucket")
	if buckets != "" && p.ttftBare {
		buckets = "(" + buckets + " or " + p.one([]string{"increase(" + p.ttft[0] + `{$s,le!=""}[$w])`}) + ")"
	}
	return buckets
}

// took is the growth of the time that requests took, and of their number.
func (p *pooled) took() (sum, count string) {
	if len(p.e2e) == 0 {
		return p.one(p.e2eSum), p.one(p.e2eCount)
	}
	return p.grown(p.e2e, "_sum"), p.grown(p.e2e, "_count")
}

// sampled is when the series were sampled: timestamp() only tells it of a plain selector.
func (p *pooled) sampled() string {
	parts := make([]string, len(p.signs))
	for i, sign := range p.signs {
		parts[i] = "timestamp(" + sign + ")"
	}
	return p.one(parts)
}

// question is a list of expressions whose results are told apart by a label.
type question struct{ parts []string }

// add asks for one expression under a name; nothing is asked for where a part of it is not known.
func (q *question) add(name, format string, parts ...string) {
	args := make([]any, len(parts))
	for i, p := range parts {
		if p == "" {
			return
		}
		args[i] = p
	}
	q.parts = append(q.parts, fmt.Sprintf(`label_replace(%s,"%s","%s","","")`, fmt.Sprintf(format, args...), marked, name))
}

// counted asks how many are left of x by a filter, and says 0 where x is there and nothing is left.
func (q *question) counted(name, filtered, x string) {
	q.add(name, "(count(%s) or 0 * count(%s))", filtered, x)
}

func (q *question) String() string { return strings.Join(q.parts, " or ") }

// steps is what is above 0 for each replica whose work goes on, "" where the engine has nothing of the kind. The
// alternatives have labels of different kinds, so that they are joined by replica.
func (p *pooled) steps() string {
	moving := p.moving
	if len(moving) == 0 {
		moving = p.output
	}
	parts := make([]string, len(moving))
	for i, m := range moving {
		parts[i] = "sum by (" + identity + ")" + p.one([]string{m})
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// stalled are replicas with work that does not go on over the window. One of which that is not known yet is not among them.
func (p *pooled) stalled() string {
	running, waiting, steps := p.one(p.running), p.one(p.waiting), p.steps()
	if running == "" || waiting == "" || steps == "" {
		return ""
	}
	by := "sum by (" + identity + ")"
	work := by + waiting
	if !p.queueOnly {
		work = by + running + " + " + work
	}
	return "(" + work + " > 0 and on (" + identity + ") " + steps + " == 0)"
}

// load asks for what the pool does as a whole, and who its worst replicas are.
func (p *pooled) load(worst int) string {
	q := &question{}
	running, waiting, kv := p.one(p.running), p.one(p.waiting), p.one(p.kv)
	q.add("running", "sum(%s)", running)
	q.add("waiting", "sum(%s)", waiting)
	q.add("kvmax", "max(%s)", kv)
	q.add("kvmean", "avg(%s)", kv)
	q.add("in", "sum(%s)", p.one(p.prompt))
	q.add("out", "sum(%s)", p.one(p.output))
	q.add("requests", "sum(%s)", p.one(p.requests))
	q.add("failed", "sum(%s)", p.one(p.failed))
	q.add("prefix", "sum(%s) / sum(%s)", p.one(p.hits), p.one(p.queries))
	q.add("ttft", "sum by (le)(%s)", p.first())
	q.add("itl", "sum by (le)(%s)", p.grown(p.itl, "_bucket"))
	took, ended := p.took()
	q.add("e2e", "sum(%s) / sum(%s)", took, ended)
	q.add("prompt", "sum(%s) / sum(%s)", p.grown(p.promptLen, "_sum"), p.grown(p.promptLen, "_count"))
	q.add("output", "sum(%s) / sum(%s)", p.grown(p.outputLen, "_sum"), p.grown(p.outputLen, "_count"))
	up := p.fill.Replace("max by (" + identity + ")(up{$t})")
	q.add("replicas", "count(%s)", up)
	q.counted("up", up+" == 1", up)
	q.add("reporting", "count(count by ("+identity+")%s)", p.one(p.signs))
	q.add("at", "max(%s)", p.sampled())
	n := strconv.Itoa(worst)
	if stalled := p.stalled(); stalled != "" {
		q.counted("stalled", stalled, p.steps())
		q.add("worst/2", "topk("+n+",%s)", stalled)
	}
	q.add("worst/1", "topk("+n+",%s == 0)", up)
	q.add("worst/3", "topk("+n+",sum by ("+identity+")%s > 0)", waiting)
	q.add("worst/4", "topk("+n+",max by ("+identity+")%s)", kv)
	q.add("worst/5", "topk("+n+",sum by ("+identity+")%s)", running)
	return q.String()
}

// each asks for what some replicas do one by one; the selector names them.
func (p *pooled) each() string {
	q := &question{}
	by := "by (" + identity + ")"
	running := p.one(p.running)
	q.add("running", "sum "+by+"(%s)", running)
	q.add("waiting", "sum "+by+"(%s)", p.one(p.waiting))
	q.add("kv", "max "+by+"(%s)", p.one(p.kv))
	q.add("out", "sum "+by+"(%s)", p.one(p.output))
	q.add("requests", "sum "+by+"(%s)", p.one(p.requests))
	q.add("up", "max "+by+"(%s)", p.fill.Replace("up{$t}"))
	q.add("stalled", "%s", p.stalled())
	q.add("at", "max "+by+"(%s)", p.sampled())
	for _, h := range []struct {
		name, buckets, count string
		unit                 float64
	}{
		{"ttft", p.first(), p.grown(p.ttft, "_count"), p.ttftUnit},
		{"itl", p.grown(p.itl, "_bucket"), p.grown(p.itl, "_count"), 1},
	} {
		q.add(h.name, strconv.FormatFloat(h.unit, 'g', -1, 64)+" * histogram_quantile(0.95,sum by ("+identity+
			",le)(%s)) and on ("+identity+") (sum "+by+"(%s) >= 20)", h.buckets, h.count)
	}
	return q.String()
}
