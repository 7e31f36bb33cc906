package backends

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// What pitwall did not watch is asked of a store: a day of one pool at a time, the newest first, one question at once with
// a pause behind it, and only while the store answers in good time what it is read for. A refusal ends it for long.
const (
	recallDays  = int(ratingBack / dayBack)
	recallPause = 2 * time.Second
	recallTime  = 10 * time.Second // of the machine, for one question
	recallLook  = 30 * time.Second // how often it is looked whether anything lacks
	recallRest  = time.Hour        // after a store refused
	recallTries = 3                // other failures of a store until it rests
	// recallLeast is how many steps of a day must lack for the store to be asked: it has gaps of its own.
	recallLeast = 6
)

// recollection is how far the past of one pool is filled in.
type recollection struct {
	to    time.Time               // the end of the newest day
	next  int                     // the day that is asked for next, 0 the newest
	not   map[fleet.SourceID]bool // stores that have nothing of it
	past  *fleet.PoolPast         // nil while no store gave anything
	given int                     // points that stores gave
}

// storeRest is what is remembered of a store that failed such questions.
type storeRest struct {
	until  time.Time
	failed int
}

// recollect fills the look-back from stores until ctx ends. Pools that are found later are filled in then.
func (h *Hub) recollect(ctx context.Context, task fleet.Task) {
	wait := recallPause
	for task.Sleep(ctx, wait) == nil {
		s, q, ok := h.nextRecall(h.opt.Clock.Now())
		if wait = recallLook; !ok {
			continue
		}
		wait = recallPause
		answer, err := h.recall1(ctx, s, q)
		if ctx.Err() != nil {
			return
		}
		for _, points := range h.takeRecalled(s, q, answer, err) {
			h.saveRecalled(ctx, points)
		}
		h.changed()
	}
}

// recall1 asks one question; a panic over the answer is its error.
func (h *Hub) recall1(ctx context.Context, s *sourceState, q fleet.Recall) (out fleet.Recalled, err error) {
	defer func() {
		if r := recover(); r != nil {
			h.log.Error("adapter panicked", "source", s.spec.ID, "panic", fmt.Sprint(r))
			err = &fleet.Error{Kind: fleet.KindInternal, Op: "ask for the past", Source: s.spec.ID,
				Err: errors.New("the adapter failed on this answer; the log has the details")}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, recallTime)
	defer cancel()
	return s.reader.(fleet.Recaller).Recall(ctx, q)
}

// nextRecall is the next question and the store that it goes to: of all pools the newest day comes first.
func (h *Hub) nextRecall(now time.Time) (*sourceState, fleet.Recall, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.recalled {
		return nil, fleet.Recall{}, false
	}
	w := h.world
	var store *sourceState
	var spec *fleet.PoolSpec
	least := recallDays
	for i := range w.inventory.Pools {
		p := &w.inventory.Pools[i]
		r := w.recollection(p.ID)
		if r == nil {
			continue
		}
		for r.next < recallDays {
			if from, to := r.day(now); w.look.lacks(poolPrefix+string(p.ID), from, to) >= recallLeast {
				break
			}
			r.next++
		}
		if r.next < least {
			if s := w.recaller(p, r, now); s != nil {
				store, spec, least = s, p, r.next
			}
		}
	}
	if store == nil {
		return nil, fleet.Recall{}, false
	}
	q := fleet.Recall{Pool: *spec, Step: history.Step}
	q.From, q.To = w.recollections[spec.ID].day(now)
	for _, one := range spec.Replicas {
		if src := w.index.replica(spec.ID, one.ID); src != nil {
			q.Replicas = append(q.Replicas, src.spec)
		}
	}
	return store, q, true
}

// day is the time of the day that is asked for next.
func (r *recollection) day(now time.Time) (from, to time.Time) {
	to = r.to.Add(-time.Duration(r.next) * dayBack)
	from = to.Add(-dayBack)
	if oldest := now.Add(-ratingBack).Truncate(history.Step).Add(history.Step); from.Before(oldest) {
		from = oldest
	}
	return from, to
}

// recollection begins where pitwall began to watch the pool in this run; nil where it does not yet.
func (w *world) recollection(id fleet.PoolID) *recollection {
	r := w.recollections[id]
	if r != nil {
		return r
	}
	from := w.look.watchedFrom(poolPrefix + string(id))
	if from.IsZero() {
		return nil
	}
	r = &recollection{to: from.Truncate(history.Step), not: map[fleet.SourceID]bool{}}
	w.recollections[id] = r
	return r
}

// recaller is the store that may know a pool's past: the one that it is read through, else any that is read.
func (w *world) recaller(spec *fleet.PoolSpec, r *recollection, now time.Time) *sourceState {
	through := fleet.SourceID("")
	if spec.Store != nil {
		through = spec.Store.Source
	}
	for _, one := range spec.Replicas {
		if src := w.index.replica(spec.ID, one.ID); src != nil && src.spec.From != "" {
			through = src.spec.From
		}
	}
	for _, s := range w.states {
		if _, ok := s.reader.(fleet.Recaller); !ok || through != "" && s.spec.ID != through || r.not[s.spec.ID] {
			continue
		}
		rest := w.rests[s.spec.ID]
		if (rest == nil || !now.Before(rest.until)) && s.atEase() {
			return s
		}
	}
	return nil
}

// atEase tells whether a source answers what it is read for, and in good time.
func (s *sourceState) atEase() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.status.LastGood.IsZero() && s.status.Failing == 0 && s.status.Took < s.spec.Interval/2
}

// takeRecalled takes an answer in and returns what is to be stored, by days.
func (h *Hub) takeRecalled(s *sourceState, q fleet.Recall, answer fleet.Recalled, err error) [][]history.Point {
	now := h.opt.Clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.world
	r := w.recollections[q.Pool.ID]
	if r == nil {
		return nil // it left the fleet meanwhile
	}
	if err != nil {
		w.noRecall(s, r, q, err, now)
		return nil
	}
	delete(w.rests, s.spec.ID)
	newest := r.next == 0
	r.next++
	fresh := w.look.fill(w.recalledPoints(s, q, answer, now), now)
	if newest {
		w.prefill(q, answer.Points)
	}
	if len(fresh) > 0 {
		r.given += len(fresh)
		w.markPast(s, r, fresh, answer.Incomplete)
	}
	if r.next == recallDays {
		w.sayPast(q, r, now)
	}
	return byDay(fresh)
}

// noRecall notes why a question got no answer. A store that has nothing of a day has nothing of earlier ones.
func (w *world) noRecall(s *sourceState, r *recollection, q fleet.Recall, err error, now time.Time) {
	kind := fleet.KindOf(err)
	if kind == fleet.KindNotFound || kind == fleet.KindUnsupported {
		r.not[s.spec.ID] = true
		if r.past != nil {
			w.sayPast(q, r, now)
		}
		return
	}
	rest := w.rests[s.spec.ID]
	if rest == nil {
		rest = &storeRest{}
		w.rests[s.spec.ID] = rest
	}
	rest.failed++
	if kind == fleet.KindInvalid { // it refuses this question: too many samples, a bad selector
		r.not[s.spec.ID] = true
	}
	if kind == fleet.KindRateLimited || rest.failed >= recallTries {
		*rest = storeRest{until: now.Add(max(recallRest, fleet.RetryAfter(err)))}
	}
	w.events.once(fleet.Event{At: now, Level: fleet.LevelInfo, Object: fleet.Label(string(q.Pool.ID)),
		Text: fleet.Concat(fleet.Text("its past is not filled in: "), fleet.Sentence(err))})
}

// recalledPoints are an answer as the look-back keeps it. A step kept within the limits as far as is known; of an answer
// that lacks something nobody knows.
func (w *world) recalledPoints(s *sourceState, q fleet.Recall, answer fleet.Recalled, now time.Time) []history.Point {
	guard := gatewayLoads{specs: w.routeSpecs(now)}.guard(q.Pool.ID)
	out := make([]history.Point, 0, len(answer.Points))
	for _, p := range answer.Points {
		point := history.Point{At: p.At, Key: poolPrefix + string(q.Pool.ID), From: string(s.spec.ID),
			In: p.In.V, Out: p.Out.V, TTFT95: float64(p.TTFT95.V)}
		if p.Requests.OK && p.Failed.OK { // requests whose failures nobody counts would look like successes
			point.Requests, point.Errors = p.Requests.V, min(p.Failed.V, p.Requests.V)
		}
		load := fleet.Load{TTFT95: p.TTFT95, Errors: failedPart(p)}
		point.Within = answer.Incomplete.IsEmpty() && p.Out.OK && overGuard(load, guard).state == ""
		out = append(out, point)
	}
	return out
}

func failedPart(p fleet.RecalledPoint) fleet.Maybe[fleet.Ratio] {
	if !p.Requests.OK || !p.Failed.OK || p.Requests.V <= 0 {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(min(1, p.Failed.V/p.Requests.V)))
}

// markPast says where the past of a pool comes from.
func (w *world) markPast(s *sourceState, r *recollection, fresh []history.Point, lacks fleet.Safe) {
	past := fleet.PoolPast{Source: s.spec.ID, Step: history.Step, From: fresh[0].At, To: fresh[len(fresh)-1].At, Incomplete: lacks}
	if r.past != nil {
		past.To = r.past.To
		if past.Incomplete.IsEmpty() {
			past.Incomplete = r.past.Incomplete
		}
	}
	r.past = &past // the one before may be in a snapshot
}

func (w *world) sayPast(q fleet.Recall, r *recollection, now time.Time) {
	if r.past == nil {
		return
	}
	text := fleet.Concat(fleet.Text("its past since "), fleet.Stamp(r.past.From), fleet.Text(" is filled in from "),
		fleet.Label(string(r.past.Source)), fleet.Text(": "), fleet.Many(r.given, "point"), fleet.Text(" of 5m"))
	if !r.past.Incomplete.IsEmpty() {
		text = fleet.Concat(text, fleet.Text("; "), r.past.Incomplete)
	}
	w.events.once(fleet.Event{At: now, Level: fleet.LevelInfo, Object: fleet.Label(string(q.Pool.ID)), Text: text})
}

// byDay parts points at midnight UTC, since each day is a file.
func byDay(points []history.Point) [][]history.Point {
	var out [][]history.Point
	for _, p := range points {
		day := p.At.UTC().Truncate(dayBack)
		if n := len(out); n > 0 && out[n-1][0].At.UTC().Truncate(dayBack).Equal(day) {
			out[n-1] = append(out[n-1], p)
			continue
		}
		out = append(out, []history.Point{p})
	}
	return out
}

// saveRecalled hands points to the writer of the look-back. It may wait for a slow disk: nothing live does.
func (h *Hub) saveRecalled(ctx context.Context, points []history.Point) {
	if h.closed == nil {
		return
	}
	select {
	case h.closed <- points:
	case <-ctx.Done():
	}
}

// prefill puts the means of a store's steps before the charts of a pool, as far as these reach back.
func (w *world) prefill(q fleet.Recall, points []fleet.RecalledPoint) {
	at := make(map[int64]*fleet.RecalledPoint, len(points))
	for i := range points {
		at[points[i].At.Unix()] = &points[i]
	}
	seconds := q.Step.Seconds()
	for name, value := range map[string]func(p *fleet.RecalledPoint) float64{
		"/req":  func(p *fleet.RecalledPoint) float64 { return orNaN(p.Requests) / seconds },
		"/err":  func(p *fleet.RecalledPoint) float64 { return orNaN(failedPart(*p)) },
		"/ttft": func(p *fleet.RecalledPoint) float64 { return orNaN(p.TTFT95) },
		"/out":  func(p *fleet.RecalledPoint) float64 { return orNaN(p.Out) / seconds },
	} {
		if t := w.trends[poolPrefix+string(q.Pool.ID)+name]; t != nil {
			t.before(func(when time.Time) float64 {
				end := when.Truncate(q.Step)
				if end.Before(when) {
					end = end.Add(q.Step)
				}
				if p := at[end.Unix()]; p != nil {
					return value(p)
				}
				return orNaN(fleet.None[float64]())
			})
		}
	}
}

// pastOf says what of a pool's past a store gave, nil for nothing.
func (w *world) pastOf(id fleet.PoolID) *fleet.PoolPast {
	if r := w.recollections[id]; r != nil {
		return r.past
	}
	return nil
}
