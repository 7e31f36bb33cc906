package smg

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

var (
	both  = fleet.Weights{"a": 1, "b": 1}
	onlyA = fleet.Weights{"a": 1, "b": 0}
	onlyB = fleet.Weights{"a": 0, "b": 1}
)

func set(t *testing.T, w fleet.RouteWriter, r fleet.RouteSpec, before, after fleet.Weights) {
	t.Helper()
	if err := w.SetWeights(t.Context(), r, before, after); err != nil {
		t.Fatal(err)
	}
	for _, got := range w.ReadBack(t.Context(), r) {
		if got.Err != nil || !got.Weights.Equal(after) || !got.Pending.IsEmpty() {
			t.Errorf("set %v, %s holds %v, pending %q, %v", after, got.Replica, got.Weights, got.Pending, got.Err)
		}
	}
}

// refused fails unless a change is refused and nothing was sent to any router.
func refused(t *testing.T, w fleet.RouteWriter, r fleet.RouteSpec, before, after fleet.Weights, kind fleet.Kind, text string, routers ...*fakeRouter) {
	t.Helper()
	err := w.SetWeights(t.Context(), r, before, after)
	if fleet.KindOf(err) != kind || !strings.Contains(fmt.Sprint(err), text) || !strings.Contains(fmt.Sprint(err), "nothing was written") {
		t.Errorf("got %v, wanted %s with %q", err, kind, text)
	}
	for _, f := range routers {
		if got := f.writes(); len(got) > 0 {
			t.Errorf("it was refused, and %q was sent", got)
		}
	}
}

func TestAWorkerIsTakenOutAndPutBackOnEveryRouter(t *testing.T) {
	for _, plain := range []bool{false, true} {
		f, g := newFake(t, one, two), newFake(t, one, two)
		f.plain, g.plain = plain, plain
		w, r := openWriter(t, noKey, f, g), routeOf(one, two)
		if plain {
			r.ID = noModel
		}
		set(t, w, r, both, onlyA)
		set(t, w, r, onlyA, both) // while it drains
		set(t, w, r, both, onlyB)
		set(t, w, r, onlyB, onlyA) // the one that gains first
		for _, x := range []*fakeRouter{f, g} {
			var verbs []string
			for _, line := range x.writes() {
				verbs = append(verbs, strings.Fields(line)[0])
			}
			if got := strings.Join(verbs, " "); got != "DELETE POST DELETE POST DELETE" {
				t.Errorf("sent %s", got)
			}
		}
	}
}

func TestAKeyAndSettingsComeFromTheConfiguration(t *testing.T) {
	f := newFake(t, two)
	f.has(one, map[string]any{"priority": 7, "labels": map[string]any{"rack": "r1"}, "health": map[string]any{"timeout_secs": 5}})
	options := map[string]string{OptionKey: "env:WORKER_KEY",
		OptionSettings: `{"` + one + `":{"priority":7.0,"labels":{"rack":"r1"},"health":{"timeout_secs":5}}}`}
	w, r := openWriter(t, options, f), routeOf(one, two)
	set(t, w, r, both, onlyB)
	set(t, w, r, onlyB, both)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.workers {
		if x.url != one {
			continue
		}
		if doc := f.doc(x); x.key != canary || doc["priority"] != 7.0 || doc["labels"].(map[string]any)["rack"] != "r1" {
			t.Errorf("put back as %v with key %q", doc, x.key)
		}
	}
}

func TestWhatCouldNotBePutBackIsNotTakenOut(t *testing.T) {
	odd := func(more map[string]any) *fakeRouter {
		f := newFake(t, two)
		f.has(one, more)
		return f
	}
	r := routeOf(one, two)
	for name, x := range map[string]struct {
		router  *fakeRouter
		options map[string]string
		text    string
	}{
		"key unknown": {odd(nil), nil, "set the option worker_key"},
		"priority":    {odd(map[string]any{"priority": 7}), noKey, "(priority)"},
		"label":       {odd(map[string]any{"labels": map[string]any{"rack": "r1"}}), noKey, "(label rack)"},
		"other value": {odd(map[string]any{"cost": 2}), map[string]string{OptionKey: "none", OptionSettings: `{"*":{"cost":3}}`}, "(cost)"},
		"external":    {odd(map[string]any{"runtime_type": "external"}), noKey, "(runtime_type)"},
		"model card": {odd(map[string]any{"models": []any{map[string]any{"id": "llama", "aliases": []any{"l"}, "context_length": 9}}}), noKey,
			"(aliases of models)"},
		"new setting":   {odd(map[string]any{"shard": "x"}), noKey, "(shard)"},
		"many models":   {odd(map[string]any{"models": []any{map[string]any{"id": "llama"}, map[string]any{"id": "qwen"}}}), noKey, "2 models"},
		"data-parallel": {odd(map[string]any{"dp_rank": 0}), noKey, "one rank"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, openWriter(t, x.options, x.router), r, both, onlyB, fleet.KindUnsupported, x.text, x.router)
		})
	}
	t.Run("undeclared", func(t *testing.T) {
		f, r := newFake(t, one, two), routeOf(one, two)
		r.Targets[0].Pool = ""
		refused(t, openWriter(t, noKey, f), r, both, onlyB, fleet.KindUnsupported, "the configuration does not name it", f)
	})
	t.Run("key in its address", func(t *testing.T) {
		f := newFake(t, two)
		f.has("http://u:"+canary+"@10.0.0.1:8000", nil)
		refused(t, openWriter(t, noKey, f), r, both, onlyB, fleet.KindUnsupported, "credential in it", f)
	})
	t.Run("no address", func(t *testing.T) {
		f, r := newFake(t, two), routeOf(one, two)
		r.Targets[0].Deployment = ""
		refused(t, openWriter(t, noKey, f), r, onlyB, both, fleet.KindUnsupported, "no worker's address", f)
	})
}

func TestNobodyIsLeftWithoutAWorker(t *testing.T) {
	f, r := newFake(t, one, two), routeOf(one, two)
	w := openWriter(t, noKey, f)
	refused(t, w, r, both, fleet.Weights{"a": 0, "b": 0}, fleet.KindInvalid, "no worker would be left", f)
	refused(t, w, r, both, fleet.Weights{"a": 2, "b": 1}, fleet.KindInvalid, "no weights: 1 is in and 0 is out", f)
	f.workers[1].status = statusNotReady
	refused(t, w, r, both, onlyB, fleet.KindInvalid, "is ready, and no request", f)
	f.models[two] = "qwen"
	f.workers[1].status = statusReady
	refused(t, w, r, onlyA, fleet.Weights{"a": 0, "b": 0}, fleet.KindInvalid, "no worker would be left", f)
}

func TestSomebodyElsesChangeIsAConflict(t *testing.T) {
	f, g, r := newFake(t, one, two), newFake(t, one), routeOf(one, two)
	w := openWriter(t, noKey, f, g)
	refused(t, w, r, onlyA, onlyA, fleet.KindConflict, `r1 holds 1/1`, f, g)
	set(t, w, r, both, onlyA) // g is where an interrupted change left it
	if got := len(g.writes()); got != 0 {
		t.Errorf("%d writes to a router that holds it", got)
	}
}

// The second router does not take the write: what the first one took is undone, and the error says what each holds.
func TestHalfOfTheRoutersTakingAWriteIsUndone(t *testing.T) {
	f, g, r := newFake(t, one, two), newFake(t, one, two), routeOf(one, two)
	g.refuse = func(method, _ string) (int, string) {
		if method == http.MethodDelete {
			return 403, `{"error":"no"}`
		}
		return 0, ""
	}
	w := openWriter(t, noKey, f, g)
	err := w.SetWeights(t.Context(), r, both, onlyA)
	if fleet.KindOf(err) != fleet.KindAuth || !strings.Contains(fmt.Sprint(err), `it is as before; r1 holds 1/1, r2 holds 1/1`) {
		t.Errorf("got %v", err)
	}
	if got := f.holds(); got != one+" ready, "+two+" ready" {
		t.Errorf("the first router holds %s", got)
	}
}

// Where undoing fails too, the error and the read-back tell what each router holds.
func TestWhatIsNotUndoneIsShown(t *testing.T) {
	f, g, r := newFake(t, one, two), newFake(t, one, two), routeOf(one, two)
	f.refuse = func(method, _ string) (int, string) {
		if method == http.MethodPost {
			return 403, ""
		}
		return 0, ""
	}
	g.refuse = func(method, _ string) (int, string) {
		if method == http.MethodDelete {
			return 403, ""
		}
		return 0, ""
	}
	w := openWriter(t, noKey, f, g)
	err := w.SetWeights(t.Context(), r, both, onlyA)
	if !strings.Contains(fmt.Sprint(err), `1 of 1 changes are not set back; r1 holds 1/0, r2 holds 1/1`) {
		t.Errorf("got %v", err)
	}
	got := w.ReadBack(t.Context(), r)
	if !got[0].Weights.Equal(onlyA) || !got[1].Weights.Equal(both) {
		t.Errorf("read back %v", got)
	}
}

// A router that does not answer is left, and the read-back says so.
func TestARouterThatIsAwayIsTold(t *testing.T) {
	f, g, r := newFake(t, one, two), newFake(t, one, two), routeOf(one, two)
	g.refuse = func(string, string) (int, string) { return 500, "" }
	w := openWriter(t, noKey, f, g)
	if err := w.SetWeights(t.Context(), r, both, onlyA); err != nil {
		t.Fatal(err)
	}
	got := w.ReadBack(t.Context(), r)
	if got[0].Err != nil || !got[0].Weights.Equal(onlyA) || fleet.KindOf(got[1].Err) != fleet.KindServer || got[1].Weights != nil {
		t.Errorf("read back %+v", got)
	}
	f.refuse = g.refuse
	if err := w.SetWeights(t.Context(), r, onlyA, both); fleet.KindOf(err) != fleet.KindServer {
		t.Errorf("with no router at all: %v", err)
	}
}

func TestAJobThatFailsIsToldWithoutTheKey(t *testing.T) {
	f, r := newFake(t, two), routeOf(one, two)
	f.broken[one] = true
	w := openWriter(t, map[string]string{OptionKey: "file:/key"}, f)
	err := w.SetWeights(t.Context(), r, onlyB, both)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(fmt.Sprint(err), "the router could not add it") ||
		!strings.Contains(fmt.Sprint(err), `r1 holds 0/1`) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(fmt.Sprint(err), canary) {
		t.Errorf("the key is in %v", err)
	}
}

func TestAWorkerThatComesBackAsAnotherIsTakenOutAgain(t *testing.T) {
	f, r := newFake(t, two), routeOf(one, two)
	f.models[one] = "qwen"
	err := openWriter(t, noKey, f).SetWeights(t.Context(), r, onlyB, both)
	if !strings.Contains(fmt.Sprint(err), `a member of qwen`) || !strings.Contains(fmt.Sprint(err), "it is as before") {
		t.Errorf("got %v", err)
	}
	if got := f.holds(); strings.Contains(got, one+" ready") {
		t.Errorf("it holds %s", got)
	}
}

// A worker that serves another route is nobody's to take out for this one.
func TestAWorkerOfAnotherRouteIsLeftAlone(t *testing.T) {
	f, r := newFake(t, one, two), routeOf(one, two)
	f.models[one] = "qwen"
	refused(t, openWriter(t, noKey, f), r, onlyB, both, fleet.KindConflict, "a member of qwen, another route", f)
}

// Somebody else adds it in the moment when it has drained: it is theirs, and stays.
func TestAWorkerThatSomebodyElseAddedStays(t *testing.T) {
	f, r := newFake(t, two), routeOf(one, two)
	f.models[one] = "qwen"
	f.has(one, nil)
	f.workers[1].status, f.workers[1].left = statusDraining, 2
	f.then = func(_, _ string) {
		if f.workers[len(f.workers)-1].url == two {
			f.has(one, nil)
		}
	}
	err := openWriter(t, noKey, f).SetWeights(t.Context(), r, onlyB, both)
	if fleet.KindOf(err) != fleet.KindConflict || f.holds() != one+" ready, "+two+" ready" {
		t.Errorf("got %v, it holds %s", err, f.holds())
	}
}

func TestALaggingRouterIsGivenWhatTheOthersHold(t *testing.T) {
	f, g, h, r := newFake(t, one), newFake(t, one, two), newFake(t, one), routeOf(one, two)
	w := openWriter(t, noKey, f, g, h)
	if err := w.Resync(t.Context(), r, "r2"); err != nil {
		t.Fatal(err)
	}
	for _, got := range w.ReadBack(t.Context(), r) {
		if !got.Weights.Equal(onlyA) {
			t.Errorf("%s holds %v", got.Replica, got.Weights)
		}
	}
	h.has(two, nil)
	if err := w.Resync(t.Context(), r, "r2"); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("the others differ: %v", err)
	}
	if err := openWriter(t, noKey, f).Resync(t.Context(), r, "r1"); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("alone: %v", err)
	}
	if err := w.Resync(t.Context(), r, "r9"); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("no such replica: %v", err)
	}
}

func TestARouterOfBeforeIsChangedByItsOwnCalls(t *testing.T) {
	f, r := newFake(t, one, two), routeOf(one, two)
	f.old, r.ID = true, noModel
	w := openWriter(t, noKey, f)
	set(t, w, r, both, onlyA)
	set(t, w, r, onlyA, both)
	want := "POST /remove_worker?url=http%3A%2F%2F10.0.0.2%3A8000  POST /add_worker?url=http%3A%2F%2F10.0.0.2%3A8000 "
	if got := strings.Join(f.writes(), " "); got != want {
		t.Errorf("sent %q", got)
	}
	keyed := openWriter(t, map[string]string{OptionKey: "env:K"}, f)
	if err := keyed.SetWeights(t.Context(), r, both, onlyA); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("with a key: %v", err)
	}
}

func TestOptionsThatAreNotUnderstoodAreRefused(t *testing.T) {
	for name, options := range map[string]map[string]string{
		"a key":      {OptionKey: canary},
		"no JSON":    {OptionSettings: "x"},
		"a list":     {OptionSettings: "[]"},
		"not nested": {OptionSettings: `{"*":1}`},
		"api_key":    {OptionSettings: `{"*":{"api_key":"` + canary + `"}}`},
	} {
		_, err := Connector().NewWriter(fleet.GatewaySpec{ID: "g", Options: options}, fleet.Deps{})
		if fleet.KindOf(err) != fleet.KindInvalid || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Connector().NewWriter(fleet.GatewaySpec{TLS: fleet.TLSSpec{Insecure: true}}, fleet.Deps{}); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("without verified TLS: %v", err)
	}
}
