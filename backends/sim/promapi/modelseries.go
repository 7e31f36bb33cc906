package promapi

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// Large answers queries from a Model: series are made when they are asked for, and none is kept. It is safe for
// concurrent use.
type Large struct {
	model *Model
	units []unit
	own   [2][][]label // of each unit: the labels that the store puts on, of its engine and of its GPUs

	mu    sync.Mutex
	found map[string][]int // replicas by the matchers that find them
	made  map[string][]one // series of late: one query asks for the same ones several times
	size  int              // of all of them
}

// madeAtMost bounds how many series are kept for the next question.
const madeAtMost = 100_000

// foundAtMost bounds what is remembered of selectors.
const foundAtMost = 4096

// NewLarge returns the series of a model.
func NewLarge(m *Model) *Large {
	l := &Large{model: m, found: map[string][]int{}}
	for p := range m.Pools {
		for i := range m.Pools[p].Replicas {
			u := unitOf(p, i)
			l.units = append(l.units, u)
			l.own[0], l.own[1] = append(l.own[0], l.attached(false, u)), append(l.own[1], l.attached(true, u))
		}
	}
	return l
}

// Replicas and GPUs count what the model holds.
func (l *Large) Replicas() int { return len(l.units) }

// GPUs counts the devices of the model.
func (l *Large) GPUs() int {
	n := 0
	for _, p := range l.model.Pools {
		n += p.Replicas * p.GPUs
	}
	return n
}

// Querier reads between two times, in milliseconds.
func (l *Large) Querier(from, to int64) (storage.Querier, error) {
	return &finder{from: from, to: to, each: l.each}, nil
}

// moment is one scrape of a pool.
type moment struct {
	at    int64
	level float64 // of the rate
	done  float64 // its integral
}

// moments are the scrapes of a pool between two times.
func (l *Large) moments(pool int, from, to int64) []moment {
	every, start := l.model.Every.Milliseconds(), l.model.Start.UnixMilli()
	shift := int64(pool) * 701 % every // pools are not scraped in step
	first := max(from, start) - shift
	var out []moment
	for t := (first+every-1)/every*every + shift; t <= to; t += every {
		since := float64(t-start) / 1000
		out = append(out, moment{t, level(pool, since), done(pool, since)})
	}
	return out
}

// metric is one name of the model's series.
type metricOf struct {
	name   string
	gpu    bool                                                              // of each GPU; else of the replica
	target bool                                                              // written by the store itself: no labels of the page
	more   []label                                                           // of several series of one name
	value  func(p *ModelPool, u unit, m moment) float64                      // of the replica
	device func(d device) float64                                            // of a GPU
	hist   func(p *ModelPool) (median, perRequest float64, bounds []float64) // buckets
}

type label struct{ name, value string }

// each hands over the series that all matchers fit.
func (l *Large) each(from, to int64, matchers []*labels.Matcher, f func(labels.Labels, []sample)) {
	var rest []*labels.Matcher
	for _, m := range matchers {
		if m.Name != nameLabel {
			rest = append(rest, m)
		}
	}
	for i := range modelMetrics {
		if !fitsName(modelMetrics[i].name, matchers) {
			continue
		}
		for _, s := range l.series(i, from, to, rest) {
			f(s.labels, s.samples)
		}
	}
}

// series makes the series of one metric, or takes those that were just made.
func (l *Large) series(metric int, from, to int64, rest []*labels.Matcher) []one {
	var key strings.Builder
	key.WriteString(strconv.Itoa(metric) + " " + strconv.FormatInt(from, 10) + " " + strconv.FormatInt(to, 10))
	for _, m := range rest {
		key.WriteByte(0)
		key.WriteString(m.String())
	}
	l.mu.Lock()
	list, known := l.made[key.String()]
	l.mu.Unlock()
	if known {
		return list
	}
	l.emit(&modelMetrics[metric], from, to, rest, func(x labels.Labels, s []sample) { list = append(list, one{x, s}) })
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil || l.size+len(list) > madeAtMost {
		l.made, l.size = map[string][]one{}, 0
	}
	l.made[key.String()] = list
	l.size += len(list)
	return list
}

func (l *Large) emit(metric *metricOf, from, to int64, rest []*labels.Matcher, f func(labels.Labels, []sample)) {
	times, pool := []moment(nil), -1
	b := labels.NewScratchBuilder(16)
	candidates := l.candidates(metric, rest)
	if len(candidates) > 0 {
		rest = unshared(l.shared(metric.gpu, candidates[0]), rest)
	}
	for _, i := range candidates {
		u := l.units[i]
		if u.pool != pool {
			times, pool = l.moments(u.pool, from, to), u.pool
		}
		if len(times) == 0 || u.fate == down && !metric.gpu && !metric.target {
			continue
		}
		l.write(&b, metric, i, times, rest, f)
	}
}

// candidates are the replicas whose own labels fit; what depends on more is looked at for each series.
func (l *Large) candidates(metric *metricOf, rest []*labels.Matcher) []int {
	var key strings.Builder
	key.WriteString(strconv.FormatBool(metric.gpu))
	for _, m := range rest {
		key.WriteByte(0)
		key.WriteString(m.String())
	}
	l.mu.Lock()
	list, known := l.found[key.String()]
	l.mu.Unlock()
	if known {
		return list
	}
	list = []int{}
	for i := range l.units {
		if mayFit(l.shared(metric.gpu, i), rest) {
			list = append(list, i)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.found) >= foundAtMost {
		clear(l.found)
	}
	l.found[key.String()] = list
	return list
}

// mayFit looks at the labels that all series of a replica, or of its GPUs, share.
func mayFit(shared []label, rest []*labels.Matcher) bool {
	for _, m := range rest {
		for _, x := range shared {
			if x.name == m.Name && !m.Matches(x.value) {
				return false
			}
		}
	}
	return true
}

// unshared are the matchers that the labels which all series of a unit share do not answer.
func unshared(shared []label, rest []*labels.Matcher) []*labels.Matcher {
	return slices.DeleteFunc(slices.Clone(rest), func(m *labels.Matcher) bool {
		return slices.ContainsFunc(shared, func(x label) bool { return x.name == m.Name })
	})
}

// shared are the labels that the store puts on the series of a unit.
func (l *Large) shared(gpu bool, unit int) []label {
	if gpu {
		return l.own[1][unit]
	}
	return l.own[0][unit]
}

func (l *Large) attached(gpu bool, u unit) []label {
	p := &l.model.Pools[u.pool]
	pod, node := p.Name+"-"+strconv.Itoa(u.index), p.Name+"-n"+strconv.Itoa(u.index)
	address := "10." + strconv.Itoa(64+u.pool) + "." + strconv.Itoa(u.index/250) + "." + strconv.Itoa(u.index%250+1)
	if gpu {
		return []label{{"exported_namespace", "llm"}, {"exported_pod", pod}, {"instance", address + ":9400"},
			{"job", "dcgm"}, {"namespace", "gpu-operator"}, {"node", node}, {"pod", "dcgm-exporter-" + node}}
	}
	return []label{{"instance", address + ":8000"}, {"job", "vllm"}, {"namespace", "llm"}, {"node", node}, {"pod", pod}}
}

// write makes the series of one metric of one replica.
func (l *Large) write(
	b *labels.ScratchBuilder, metric *metricOf, at int, times []moment, rest []*labels.Matcher, f func(labels.Labels, []sample),
) {
	u := l.units[at]
	p := &l.model.Pools[u.pool]
	give := func(more []label, value func(m moment) float64) {
		b.Reset()
		b.Add(nameLabel, metric.name)
		for _, x := range l.shared(metric.gpu, at) {
			if !metric.target || !strings.HasPrefix(x.name, "exported_") {
				b.Add(x.name, x.value)
			}
		}
		for _, x := range more {
			b.Add(x.name, x.value)
		}
		b.Sort()
		made := b.Labels()
		if !fits(made, rest) {
			return
		}
		samples := make([]sample, len(times))
		for i, m := range times {
			samples[i] = sample{m.at, value(m)}
		}
		f(made, samples)
	}
	own := append([]label{{"engine", "0"}, {"model_name", "llama-70b"}}, metric.more...)
	switch {
	case metric.target:
		give(nil, func(m moment) float64 { return metric.value(p, u, m) })
	case metric.gpu:
		for g := range p.GPUs {
			give(gpuIdentity(p, u, g), func(m moment) float64 { return metric.device(p.device(u, g, m.level)) })
		}
	case metric.hist != nil:
		median, each, bounds := metric.hist(p)
		for _, bound := range bounds {
			below := each * part(bound, median) * p.requests(u)
			give(append(own[:len(own):len(own)], label{"le", bucketText(bound)}),
				func(m moment) float64 { return math.Floor(below * flown(u, m)) })
		}
	default:
		give(own, func(m moment) float64 { return metric.value(p, u, m) })
	}
}

// flown is how long requests have come at the mean rate; a stalled replica's last token was long ago.
func flown(u unit, m moment) float64 {
	if u.fate == stalled {
		return min(m.done, stallAfter)
	}
	return m.done
}

// stallAfter is after how many seconds of the model a replica stalls.
const stallAfter = 3600

func bucketText(bound float64) string {
	if math.IsInf(bound, 1) {
		return "+Inf"
	}
	s := strconv.FormatFloat(bound, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func gpuIdentity(p *ModelPool, u unit, g int) []label {
	n := strconv.Itoa(g)
	return []label{{"gpu", n}, {"UUID", "GPU-" + p.Name + "-" + strconv.Itoa(u.index) + "-" + n}, {"device", "nvidia" + n},
		{"modelName", "NVIDIA H100 80GB HBM3"}, {"Hostname", p.Name + "-n" + strconv.Itoa(u.index)}}
}
