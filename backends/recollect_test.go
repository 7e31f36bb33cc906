package backends

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// rememberer is a store that also knows the past; answer says what.
type rememberer struct {
	teller
	answer func(q fleet.Recall) (fleet.Recalled, error)

	held    sync.Mutex
	out     int
	atOnce  int
	asked   []fleet.Recall
	askedAt []time.Time
}

func (s *rememberer) Recall(_ context.Context, q fleet.Recall) (fleet.Recalled, error) {
	s.held.Lock()
	s.out++
	s.atOnce = max(s.atOnce, s.out)
	s.asked, s.askedAt = append(s.asked, q), append(s.askedAt, s.clock.Now())
	s.held.Unlock()
	defer func() { s.held.Lock(); s.out--; s.held.Unlock() }()
	return s.answer(q)
}

func (s *rememberer) questions() []fleet.Recall {
	s.held.Lock()
	defer s.held.Unlock()
	return slices.Clone(s.asked)
}

// busyDay answers each step of a question with two tokens out a second, and a failure of every ten requests.
func busyDay(q fleet.Recall) (fleet.Recalled, error) {
	var out fleet.Recalled
	for at := q.From.Add(q.Step); !at.After(q.To); at = at.Add(q.Step) {
		out.Points = append(out.Points, fleet.RecalledPoint{At: at, Requests: fleet.Some(30.0), Failed: fleet.Some(3.0),
			In: fleet.Some(3000.0), Out: fleet.Some(600.0), TTFT95: fleet.Some(fleet.Seconds(.25))})
	}
	return out, nil
}

// recalling runs a Hub on one pool that is read directly and a store beside it. dir holds the look-back, "" for none;
// live is what the store fails with when it is read.
func recalling(t *testing.T, dir string, live error, answer func(fleet.Recall) (fleet.Recalled, error)) (
	*rememberer, func(time.Duration) *fleet.Snapshot, *Hub,
) {
	t.Helper()
	clock := fleet.NewVirtualClock(start)
	say := func(time.Time) (fleet.Partial, error) { return fleet.Partial{}, live }
	store := &rememberer{answer: answer, teller: teller{clock: clock, say: say}}
	opt := Options{Clock: clock, Rand: rand.New(rand.NewPCG(1, 2)), Inventory: fleet.Inventory{
		Pools: []fleet.PoolSpec{{ID: "p", Engine: "vllm", Model: "m", Replicas: []fleet.ReplicaSpec{{ID: "r1"}}}},
		Sources: []fleet.SourceSpec{{ID: "prom", Kind: "prometheus", Interval: 15 * time.Second},
			{ID: "r1", Kind: "vllm", Interval: 5 * time.Second, Subject: fleet.Subject{Pool: "p", Replica: "r1"}}},
	}, Readers: map[fleet.SourceID]fleet.Reader{"prom": store, "r1": &script{clock: clock, f: steady(100, 3)}}}
	if dir != "" {
		kept, err := history.Open(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		opt.History = kept
	}
	h := New(opt)
	ctx, stop := context.WithCancel(t.Context())
	hold, done := clock.Task(), make(chan struct{})
	go func() { defer close(done); h.Run(ctx) }()
	for h.Latest() == nil {
		_, _ = h.Next(ctx, 0)
	}
	hold.Done()
	end := sync.OnceFunc(func() { stop(); <-done })
	t.Cleanup(end)
	return store, func(d time.Duration) *fleet.Snapshot {
		t.Helper()
		if d == 0 {
			end()
			return nil
		}
		if err := clock.Advance(ctx, d); err != nil {
			t.Fatal(err)
		}
		h.publish()
		return h.Latest()
	}, h
}

func TestTheLookBackIsFilledInFromAStore(t *testing.T) {
	dir := t.TempDir()
	store, after, h := recalling(t, dir, nil, busyDay)
	s := after(3 * time.Minute)
	p := s.Pool("p")
	if got := store.questions(); len(got) != recallDays || store.atOnce != 1 {
		t.Fatalf("%d questions, %d at once", len(got), store.atOnce)
	}
	for i, q := range store.questions() {
		if len(q.Replicas) != 1 || q.Step != history.Step || q.To.Sub(q.From) > dayBack || !q.To.Equal(start.Add(-time.Duration(i)*dayBack)) {
			t.Errorf("question %d is for %v to %v of %v", i, q.From, q.To, q.Replicas)
		}
		if i > 0 && store.askedAt[i].Sub(store.askedAt[i-1]) < recallPause {
			t.Errorf("question %d came %v after the one before", i, store.askedAt[i].Sub(store.askedAt[i-1]))
		}
	}
	if p.Past == nil || p.Past.Source != "prom" || !p.Past.To.Equal(start) || start.Sub(p.Past.From) < ratingBack-time.Hour {
		t.Errorf("its past is %+v", p.Past)
	}
	if r := p.Rating; !r.OK || r.V.Kind != "store" || r.V.Decode != 2 {
		t.Errorf("rating %+v", r)
	}
	if b := h.world.look.burnRate("pool/p", fleet.Some(fleet.Ratio(.99)), s.At); !b.H6.OK || b.H6.V < 9 || b.H6.V > 10.1 {
		t.Errorf("a tenth of the requests failed for six hours, and the budget burns %vx", b.H6)
	}
	out := p.Trends.OutRate
	if n := len(out.V); n < 2100 || out.V[n-1] < 99 || out.V[0] != 2 || out.V[n-60] != 2 {
		t.Errorf("the chart has %d values from %v to %v", n, out.V[0], out.V[n-1])
	}
	if !slices.ContainsFunc(s.Events, func(e fleet.Event) bool { return strings.Contains(e.Text.String(), "filled in from prom: 40") }) {
		t.Errorf("events: %v", s.Events)
	}
	after(0)
	again, after, _ := recalling(t, dir, nil, busyDay)
	if p := after(3 * time.Minute).Pool("p"); len(again.questions()) != 0 || p.Rating.V.Kind != "store" {
		t.Errorf("what was filled in is asked for again: %d questions, rating %+v", len(again.questions()), p.Rating)
	}
}

func TestWhatWasMeasuredIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	kept, err := history.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	mine := history.Point{At: start.Add(-time.Hour), Key: "pool/p", Requests: 7, Errors: 0, Out: 9e5, Within: true}
	if err := kept.Append([]history.Point{mine}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // filled in, and read back from the file
		_, after, h := recalling(t, dir, nil, busyDay)
		p := after(3 * time.Minute).Pool("p")
		n := 0
		for i, x := range h.world.look.recent["pool/p"] {
			if x.At.Equal(mine.At) {
				n++
				if x != mine {
					t.Errorf("the point is now %+v", x)
				}
			}
			if i > 0 && !x.At.After(h.world.look.recent["pool/p"][i-1].At) {
				t.Errorf("point %d is not younger than the one before", i)
			}
		}
		if n != 1 || len(h.world.look.recent["pool/p"]) < 280 {
			t.Errorf("it is there %d times among %d", n, len(h.world.look.recent["pool/p"]))
		}
		if p.Rating.V.Kind != "history" || p.Rating.V.Decode != 3000 {
			t.Errorf("rating %+v", p.Rating)
		}
		after(0)
	}
}

func TestARefusalEndsFillingIn(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		most int
	}{
		"429":         {&fleet.Error{Kind: fleet.KindRateLimited, Op: "query", Retry: time.Minute}, 1},
		"too much":    {&fleet.Error{Kind: fleet.KindInvalid, Op: "query", Err: errors.New("too many samples")}, 1},
		"none of it":  {&fleet.Error{Kind: fleet.KindNotFound, Op: "query"}, 1},
		"unreachable": {&fleet.Error{Kind: fleet.KindTimeout, Op: "query"}, recallTries},
	} {
		t.Run(name, func(t *testing.T) {
			store, after, _ := recalling(t, "", nil, func(fleet.Recall) (fleet.Recalled, error) { return fleet.Recalled{}, c.err })
			s := after(30 * time.Minute)
			if n := len(store.questions()); n != c.most {
				t.Errorf("%d questions in half an hour", n)
			}
			if p := s.Pool("p"); p.Past != nil || p.State != fleet.StateOK || s.Source("prom").Failing != 0 {
				t.Errorf("past %+v, %s, source %+v", p.Past, p.State, s.Source("prom"))
			}
		})
	}
}

func TestAStoreWithTroubleIsNotAskedForThePast(t *testing.T) {
	store, after, _ := recalling(t, "", &fleet.Error{Kind: fleet.KindServer, Op: "query"}, busyDay)
	after(time.Minute)
	if n := len(store.questions()); n != 0 {
		t.Errorf("%d questions", n)
	}
}

func TestPartialDataProvesNoRating(t *testing.T) {
	_, after, _ := recalling(t, "", nil, func(q fleet.Recall) (fleet.Recalled, error) {
		out, err := busyDay(q)
		out.Incomplete = fleet.Text("partial data: a storage node did not answer")
		return out, err
	})
	p := after(3 * time.Minute).Pool("p")
	if p.Past == nil || p.Past.Incomplete.IsEmpty() || p.Rating.OK {
		t.Errorf("past %+v, rating %+v", p.Past, p.Rating)
	}
}
