package world

import (
	"math"
	"slices"
	"testing"
	"time"
)

// mixture is a fleet with a pool, two accounts, keys and a fallback.
func mixture(seed uint64) *Spec {
	s := small(seed)
	r := rented(seed)
	s.Gateways, s.Pools, s.Providers, s.Keys = []string{"gw-1", "gw-2"}, s.Pools[:1], r.Providers, r.Keys
	s.Providers[0].TPM, s.Providers[0].Errors, s.Providers[1].Errors = 1.2e6, .002, .002
	s.Routes[0].Rate = 20
	s.Deployments = []DeploymentSpec{
		{ID: "d-a", Route: "chat", Pool: "a", Model: "openai/m", APIBase: "http://a/v1", Weight: 60},
		{ID: "d-p", Route: "chat", Provider: "p", Model: "p/x", APIBase: "https://p/v1", Weight: 25, InCost: 4e-6, OutCost: 20e-6},
		{ID: "d-q", Route: "chat", Provider: "q", Model: "q/x", APIBase: "https://q/v1", Weight: 15, InCost: 4e-6, OutCost: 20e-6},
		{ID: "d-s", Route: "spare", Pool: "a", Model: "openai/m", APIBase: "http://a/v1", Weight: 1},
	}
	s.Fallbacks = map[string][]string{"chat": {"spare"}}
	return s
}

// stats sums something of a member over the gateways.
func stats(id string, f func(d *DeploymentStats) float64) func(w *World) float64 {
	return func(w *World) (sum float64) {
		for _, g := range w.Gateways {
			for _, d := range g.Stats.Deployments {
				if d.Spec.ID == id {
					sum += f(d)
				}
			}
		}
		return sum
	}
}

func byStatus(m map[RequestKey]float64, status int) (n float64) {
	for k, v := range m {
		if k.Status == status {
			n += v
		}
	}
	return n
}

// failed is how often a member failed with a status.
func failed(id string, status int) func(w *World) float64 {
	return stats(id, func(d *DeploymentStats) float64 { return byStatus(d.Failed, status) })
}

// ended is how many clients' requests ended with a status.
func ended(status int) func(w *World) float64 {
	return func(w *World) (n float64) {
		for _, g := range w.Gateways {
			n += byStatus(g.Stats.Requests, status)
		}
		return n
	}
}

func cooled(id string) func(w *World) float64 {
	return stats(id, func(d *DeploymentStats) (n float64) {
		for _, v := range d.Cooled {
			n += v
		}
		return n
	})
}

// grows is a signal: a counter went up by at least n within ten seconds.
func grows(name string, n float64, of func(w *World) float64) signal {
	last := window(10, of)
	return signal{name, func(w *World) bool { return last(w) >= n }}
}

// classed is how often a member failed with an exception.
func classed(id, class string) func(w *World) float64 {
	return stats(id, func(d *DeploymentStats) (n float64) {
		for k, v := range d.Failed {
			if k.Class == class {
				n += v
			}
		}
		return n
	})
}

func remaining(below float64) signal {
	return signal{"few tokens are left", func(w *World) bool {
		l := w.Providers[0].Now(w.Seconds())
		return l.Tokens < below*l.MaxTokens
	}}
}

// ownPast is what an account served past the gateways.
func ownPast(w *World) (n float64) {
	for _, s := range w.Served(t0, t0.AddDate(0, 0, 1)) {
		if s.Past {
			n += float64(s.Requests)
		}
	}
	return n
}

// perAnswer is the mean length of the answers of a member over the last half minute.
func perAnswer(id string) func(w *World) float64 {
	tokens := window(30, stats(id, func(d *DeploymentStats) float64 { return float64(d.Sum().Output) }))
	answers := window(30, stats(id, func(d *DeploymentStats) float64 { return d.Success }))
	return func(w *World) float64 { return tokens(w) / max(answers(w), 1) }
}

// spendRatio is what the gateways count of an account's spending over what its tokens cost.
func spendRatio(w *World) float64 {
	counted := stats("d-p", func(d *DeploymentStats) float64 { return d.Sum().Spend })(w)
	true1 := stats("d-p", func(d *DeploymentStats) float64 { u := d.Sum(); return d.Spec.Priced(u.Requests, u.Tokens).Spend })(w)
	if true1 == 0 {
		return 1
	}
	return counted / true1
}

// rentedCases are the causes of B3 and B4 with what is seen of each, in the order of the catalogue; each list holds for the wide world.
func rentedCases() map[string][]signal {
	none := func(w *World) bool { _, status := w.Gateways[0].pick("chat", w.Seconds()); return status == 400 }
	far := func(w *World) bool { return w.Gateways[0].Row("d-p").Params["region_name"] == farRegion }
	return map[string][]signal{
		"F25":  {{"a replica has no member", none}, grows("clients get 400", 5, ended(400))},
		"F26":  {grows("clients get 401", 5, ended(401))},
		"F27":  {grows("timeouts of the member", 3, failed("d-p", 408))},
		"F28":  {grows("the own pool is given up", 3, failed("d-a", 408)), grows("it cools down", 1, cooled("d-a"))},
		"F29":  {grows("too long for the target", 1, classed("d-p", "ContextWindowExceededError")), grows("clients get 400", 1, ended(400))},
		"F30":  {{"egress", func(w *World) bool { return len(w.Egress()) == 1 }}, grows("use that nobody counted", 5, ownPast)},
		"F31":  {{"another region", far}},
		"F32B": {grows("errors", 3, stats("d-p", func(d *DeploymentStats) float64 { return byStatus(d.Failed, 500) + byStatus(d.Failed, 503) }))},
		"F33":  {grows("errors of the first", 2, failed("d-p", 502)), grows("errors of both", 1, failed("d-q", 502))},
		"F34":  {remaining(0.2), grows("429 of the target", 1, failed("d-p", 429)), grows("it cools down", 1, cooled("d-p"))},
		"F35":  {grows("401 of the account", 1, failed("d-p", 401)), grows("it cools down", 1, cooled("d-p"))},
		"F36":  {grows("404 of the model", 1, failed("d-p", 404)), grows("it cools down", 1, cooled("d-p"))},
		"F36B": {{"longer answers", longer("d-p", 185)}},
		"F38":  {{"the gateways count too little", func(w *World) bool { return spendRatio(w) < 0.9 }}},
		"F39":  {grows("the filter", 1, classed("d-p", "ContentPolicyViolationError")), grows("clients get 400", 1, ended(400))},
		"F41":  {grows("streams break", 2, failed("d-p", 500)), grows("clients get 500", 2, ended(500))},
	}
}

func longer(id string, than float64) func(w *World) bool {
	mean := perAnswer(id)
	return func(w *World) bool { return mean(w) > than }
}

func TestRentedCausesShowInOrderAndGo(t *testing.T) {
	for id, signals := range rentedCases() {
		t.Run(id, func(t *testing.T) {
			w := New(mixture(5))
			inOrder(t, w, id, 100*time.Second, signals...)
			w.Stop(id)
			run(w, 80*time.Second) // cool-downs, retries and polls that are under way
			total, bad := float64(w.Ledger().Opened), float64(w.Ledger().Failed)
			run(w, time.Minute)
			total, bad = float64(w.Ledger().Opened)-total, float64(w.Ledger().Failed)-bad
			if bad > 0.01*total {
				t.Errorf("%s is over, but %.0f of %.0f requests fail", id, bad, total)
			}
			if row, _ := w.Gateways[0].Row("d-p").Weight(); row != 25 || w.Gateways[0].Row("d-p").Params["region_name"] != nil {
				t.Errorf("%s is over, but the member has the weight %v and %v", id, row, w.Gateways[0].Row("d-p").Params)
			}
			checkLedger(t, w)
		})
	}
}

// Any two causes can be on at once: the accounts still add up, Little's law holds, and the end of one leaves the other.
func TestTwoCausesAtOnce(t *testing.T) {
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range rentedCases() {
			if !yield(id) {
				return
			}
		}
	})
	w := New(mixture(6))
	for i, id := range ids {
		other := ids[(i+5)%len(ids)]
		w.Start(id, w.Now())
		w.Start(other, w.Now().Add(2*time.Second))
		run(w, 12*time.Second)
		w.Stop(other)
		run(w, 3*time.Second)
		if !w.faults[w.faultAt(id)].Active || w.faults[w.faultAt(other)].Active {
			t.Errorf("%s and %s: the end of the second is not its own", id, other)
		}
		w.Stop(id)
		checkLedger(t, w)
	}
	for _, id := range []string{"F35", "F39", "F41", "F38"} {
		w.Start(id, w.Now())
	}
	r := w.Replicas[0]
	n, sum, area := float64(r.Stats.E2E.Count()), r.Stats.E2E.Sum, 0.0
	const span = 4 * time.Minute
	for range int(span / Step) {
		run(w, Step)
		g := r.Gauges()
		area += float64(g.Running+g.Waiting) * Step.Seconds()
	}
	if law := r.Stats.E2E.Sum - sum; float64(r.Stats.E2E.Count()) == n || math.Abs(area-law) > 0.05*law {
		t.Errorf("%.0f request-seconds inside, the times of the requests say %.0f", area, law)
	}
	checkLedger(t, w)
}

func TestNamesOfFailoverbench(t *testing.T) {
	names := Bench()
	if len(names) != 16 {
		t.Fatalf("%d names: %v", len(names), names)
	}
	for _, name := range names {
		w := New(mixture(7))
		if err := w.Inject(Injection{ID: name, On: w.Objects(Injection{ID: name}.named().ID)[0], At: w.Now()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := New(mixture(7))
	if err := w.Inject(Injection{ID: "S04", On: "q", At: w.Now()}); err != nil {
		t.Fatal(err)
	}
	run(w, 20*time.Second)
	if total, bad := tally(w, "d-q"); total < 5 || bad != total {
		t.Errorf("%v of %v fail at the account", bad, total)
	}
	if total, bad := tally(w, "d-p"); bad > 0.1*total {
		t.Errorf("%v of %v fail at the other", bad, total)
	}
}
