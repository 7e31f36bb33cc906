package backends

import (
	"time"

	"pitwall/fleet"
)

// world is what the Hub remembers between snapshots. The Hub's mutex guards it.
type world struct {
	opt    Options
	states []*sourceState

	engines     map[engineKey]*engineSeries
	deployments map[deploymentKey]*deploymentSeries
	progress    map[fleet.ReplicaID]*progressWatch
	gpus        map[gpuKey]*gpuWatch
	trends      trends
	since       map[string]stateSince // when an object entered its state
	alerts      map[string]time.Time  // when an alert's condition began
	events      eventLog
	money       meter
	look        lookback
	reversals   map[fleet.RouteID]*turns
}

type engineKey struct {
	source fleet.SourceID
	model  fleet.ModelName
	engine string
}

type deploymentKey struct {
	source     fleet.SourceID
	route      fleet.RouteID
	deployment fleet.DeploymentID
}

type stateSince struct {
	state fleet.State
	at    time.Time
}

// engineSeries is one engine over time.
type engineSeries struct {
	last                                    fleet.EngineReading
	prompt, output, finished, failed        counter
	aborted, prefixHits, prefixQueries      counter
	ttft, itl, e2e, promptLen, outLen, maxT distribution
}

func (e *engineSeries) add(at time.Time, r fleet.EngineReading) {
	e.last = r
	e.prompt.add(at, r.PromptTokens)
	e.output.add(at, r.OutputTokens)
	e.finished.add(at, r.Finished)
	e.failed.add(at, r.Failed)
	e.aborted.add(at, r.Aborted)
	e.prefixHits.add(at, r.PrefixHits)
	e.prefixQueries.add(at, r.PrefixQueries)
	e.ttft.add(at, r.TTFT)
	e.itl.add(at, r.ITL)
	e.e2e.add(at, r.E2E)
	e.promptLen.add(at, r.PromptLen)
	e.outLen.add(at, r.OutputLen)
	e.maxT.add(at, r.MaxTokens)
}

// deploymentSeries is one target on one gateway replica over time.
type deploymentSeries struct {
	requests, successes, failures, cooldowns, in, out counter
	ttft, latency                                     distribution
}

func (d *deploymentSeries) add(at time.Time, r fleet.DeploymentReading) {
	d.requests.add(at, r.Requests)
	d.successes.add(at, r.Successes)
	d.failures.add(at, r.Failures)
	d.cooldowns.add(at, r.Cooldowns)
	d.in.add(at, r.InTokens)
	d.out.add(at, r.OutTokens)
	d.ttft.add(at, r.TTFT)
	d.latency.add(at, r.Latency)
}

func newWorld(opt Options, states []*sourceState) *world {
	w := &world{
		opt: opt, states: states,
		engines:     map[engineKey]*engineSeries{},
		deployments: map[deploymentKey]*deploymentSeries{},
		progress:    map[fleet.ReplicaID]*progressWatch{},
		gpus:        map[gpuKey]*gpuWatch{},
		trends:      trends{},
		since:       map[string]stateSince{},
		alerts:      map[string]time.Time{},
		reversals:   map[fleet.RouteID]*turns{},
	}
	w.look = newLookback(opt.History)
	return w
}

// take adds one good reading.
func (w *world) take(s *sourceState, p fleet.Partial) {
	w.takeEngines(s, p)
	w.takeGPUs(s, p)
	w.takeGateway(s, p)
	for _, n := range p.Notices {
		w.events.once(fleet.Event{At: p.At, Level: n.Level, Object: fleet.Label(string(s.spec.ID)), Text: n.Text})
	}
	w.events.recovered(s, p.At)
}

// failed notes a failure of a source; an event is made of the third in a row, once.
func (w *world) failed(s *sourceState, inARow int, at time.Time) {
	if inARow == failuresToSay {
		w.events.add(fleet.Event{At: at, Level: fleet.LevelStale, Object: fleet.Label(string(s.spec.ID)),
			Text: fleet.Concat(fleet.Text("cannot be read: "), s.status.Err)})
		w.events.down[s.spec.ID] = true
	}
}

func (w *world) takeEngines(s *sourceState, p fleet.Partial) {
	seen := map[engineKey]bool{}
	for _, r := range p.Engines {
		key := engineKey{s.spec.ID, r.Model, r.Engine}
		seen[key] = true
		e, ok := w.engines[key]
		if !ok {
			e = &engineSeries{}
			w.engines[key] = e
		}
		e.add(p.At, r)
	}
	for key := range w.engines {
		if key.source == s.spec.ID && !seen[key] {
			delete(w.engines, key) // the engine left the page: what it did last is not what it does now
		}
	}
	if id := s.spec.Subject.Replica; id != "" {
		watch, ok := w.progress[id]
		if !ok {
			watch = &progressWatch{}
			w.progress[id] = watch
		}
		watch.add(p.At, p.Engines)
	}
}

func (w *world) takeGateway(s *sourceState, p fleet.Partial) {
	if p.Gateway == nil {
		return
	}
	seen := map[deploymentKey]bool{}
	for _, r := range p.Gateway.Deployments {
		key := deploymentKey{s.spec.ID, r.Route, r.ID}
		seen[key] = true
		d, ok := w.deployments[key]
		if !ok {
			d = &deploymentSeries{}
			w.deployments[key] = d
		}
		d.add(p.At, r)
	}
	for key := range w.deployments {
		if key.source == s.spec.ID && !seen[key] {
			delete(w.deployments, key)
		}
	}
}

// enter returns since when an object is in a state, and says so when it changed.
func (w *world) enter(key string, state fleet.State, now time.Time) (since time.Time, from fleet.State, changed bool) {
	prev, ok := w.since[key]
	if ok && prev.state == state {
		return prev.at, state, false
	}
	w.since[key] = stateSince{state, now}
	return now, prev.state, ok
}

// source returns the state of the source that tells about a subject.
func (w *world) source(match func(fleet.Subject) bool) *sourceState {
	for _, s := range w.states {
		if match(s.spec.Subject) {
			return s
		}
	}
	return nil
}

// staleAfter is when the last good answer of a source no longer counts as the present:
// three intervals, at least half a minute.
func staleAfter(interval time.Duration) time.Duration { return max(3*interval, 30*time.Second) }

// stale tells whether the source's last good answer is too old, or whether there is none.
func (s *sourceState) stale(now time.Time) bool {
	return s.status.LastGood.IsZero() || now.Sub(s.status.LastGood) > staleAfter(s.spec.Interval)
}
