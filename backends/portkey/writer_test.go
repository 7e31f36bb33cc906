package portkey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// same compares two configs by what they mean, with each number as it is written.
func same(t *testing.T, got, want string) {
	t.Helper()
	if !fleet.JSON(got).Equal(fleet.JSON(want)) {
		t.Errorf("it holds\n%s\nwant\n%s", got, want)
	}
}

func TestWeightsAreSetInTheWholeConfigAndTakenBack(t *testing.T) {
	for _, asText := range []bool{false, true} {
		p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
		p.asText = asText
		clock := fleet.NewVirtualClock(now())
		w := p.writer(t, clock, io.Discard)
		old, wanted := fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40}
		if err := w.SetWeights(t.Context(), chatRoute(), old, wanted); err != nil {
			t.Fatal(err)
		}
		same(t, p.holds(slug), chat(`"weight":60`, `"weight":40`))
		back := w.ReadBack(t.Context(), chatRoute())
		if len(back) != 1 || back[0].Replica != "portkey" || !back[0].Weights.Equal(wanted) || back[0].Pending.IsEmpty() {
			t.Errorf("read back %+v", back)
		}
		if err := clock.Advance(t.Context(), pollEvery); err != nil {
			t.Fatal(err)
		}
		if back := w.ReadBack(t.Context(), chatRoute()); !back[0].Pending.IsEmpty() || w.Settle() < time.Minute {
			t.Errorf("a minute later: %+v, settles in %s", back, w.Settle())
		}
		if err := w.SetWeights(t.Context(), chatRoute(), wanted, wanted); err != nil || p.count("PUT /v1/configs/"+slug) != 1 {
			t.Errorf("what it holds was written again: %v", err)
		}
		if err := w.SetWeights(t.Context(), chatRoute(), wanted, old); err != nil {
			t.Fatal(err)
		}
		same(t, p.holds(slug), chat(`"weight":70`, `"weight":30`))
	}
}

// Weights with decimals are told as hundredths; a write stores all of them so, those of targets that the route does not name
// among them, and shares stay what they were.
func TestFractionsAreWrittenAsWholeNumbers(t *testing.T) {
	third := `{"strategy":{"mode":"loadbalance"},"targets":[{"name":"a","weight":%s},{"name":"b","weight":%s},{"name":"c","weight":%s}]}`
	p := play(t, map[string]string{slug: fmt.Sprintf(third, "0.5", "0.3", "0.2")})
	w := p.writer(t, fleet.NewVirtualClock(now()), io.Discard)
	r := fleet.RouteSpec{ID: slug, Targets: []fleet.TargetSpec{{ID: "a"}, {ID: "b"}}}
	old, wanted := fleet.Weights{"a": 50, "b": 30}, fleet.Weights{"a": 40, "b": 40}
	if back := w.ReadBack(t.Context(), r); !back[0].Weights.Equal(old) {
		t.Fatalf("read %+v", back)
	}
	if err := w.SetWeights(t.Context(), r, old, wanted); err != nil {
		t.Fatal(err)
	}
	same(t, p.holds(slug), fmt.Sprintf(third, "40", "40", "20"))
	if err := w.SetWeights(t.Context(), r, wanted, old); err != nil {
		t.Fatal(err)
	}
	same(t, p.holds(slug), fmt.Sprintf(third, "50", "30", "20"))
	if back := w.ReadBack(t.Context(), r); !back[0].Weights.Equal(old) {
		t.Errorf("taken back: %+v", back)
	}
}

func TestANestedRouteIsChangedAlone(t *testing.T) {
	config := `{"strategy":{"mode":"fallback"},"targets":[{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"a"},{"provider":"b",
		"weight":%s}]},{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"a","weight":5},{"provider":"b","weight":5}]}]}`
	p := play(t, map[string]string{slug: fmt.Sprintf(config, "1")})
	w := p.writer(t, fleet.NewVirtualClock(now()), io.Discard)
	r := fleet.RouteSpec{ID: slug + "/targets[0]", Targets: []fleet.TargetSpec{{ID: "a"}, {ID: "b"}}}
	if err := w.SetWeights(t.Context(), r, fleet.Weights{"a": 1, "b": 1}, fleet.Weights{"a": 1, "b": 0}); err != nil {
		t.Fatal(err)
	}
	same(t, p.holds(slug), fmt.Sprintf(config, "0"))
}

func TestNothingIsWrittenThatCannotBeMeant(t *testing.T) {
	plain := chat(`"weight":70`, `"weight":30`)
	fall := `{"strategy":{"mode":"fallback"},"targets":[{"provider":"@openai-prod","override_params":{"model":"gpt-4o"}},{"name":"own"}]}`
	for _, x := range []struct {
		name, config  string
		before, after fleet.Weights
		kind          fleet.Kind
		says          string
	}{
		{"others' weights", plain, fleet.Weights{"rented": 80, "own": 20}, fleet.Weights{"rented": 60, "own": 40}, fleet.KindConflict, "70/30"},
		{"all out", plain, fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 0, "own": 0}, fleet.KindInvalid, "no request"},
		{"below 0", plain, fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 70, "own": -1}, fleet.KindInvalid, "-1"},
		{"an order", fall, fleet.Weights{"rented": 1, "own": 1}, fleet.Weights{"rented": 0, "own": 1}, fleet.KindUnsupported, "change their order"},
		{"odd", chat(`"weight":"7"`, `"weight":30`), fleet.Weights{"own": 30}, fleet.Weights{"own": 20}, fleet.KindUnsupported, "round them"},
		{"hidden", strings.ReplaceAll(plain, canary, "sk-***cd"), fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40},
			fleet.KindUnsupported, "hides a credential"},
		{"gone", "", fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40}, fleet.KindNotFound, "404"},
	} {
		t.Run(x.name, func(t *testing.T) {
			configs := map[string]string{slug: x.config}
			if x.config == "" {
				configs = nil
			}
			p := play(t, configs)
			var log bytes.Buffer
			err := p.writer(t, fleet.NewVirtualClock(now()), &log).SetWeights(t.Context(), chatRoute(), x.before, x.after)
			if fleet.KindOf(err) != x.kind || !strings.Contains(fleet.Sentence(err).String(), x.says) {
				t.Errorf("%v", err)
			}
			if p.count("PUT /v1/configs/"+slug) != 0 {
				t.Error("it was written")
			}
			if strings.Contains(fmt.Sprint(err)+log.String(), canary) {
				t.Errorf("a credential is told: %v, %s", err, log.String())
			}
		})
	}
}

// shift sends the shift of these tests, with something happening before the nth call of its kind.
func (p *controlPlane) shift(t *testing.T, call string, nth int, what func()) error {
	t.Helper()
	n := 0
	p.before = func(c string) {
		if c == call {
			if n++; n == nth {
				what()
			}
		}
	}
	var log bytes.Buffer
	err := p.writer(t, fleet.NewVirtualClock(now()), &log).SetWeights(t.Context(), chatRoute(), fleet.Weights{"rented": 70, "own": 30},
		fleet.Weights{"rented": 60, "own": 40})
	if n < nth {
		t.Fatalf("%s came %d times", call, n)
	}
	if strings.Contains(fmt.Sprint(err)+log.String(), canary) {
		t.Errorf("a credential is told: %v, %s", err, log.String())
	}
	return err
}

const (
	versionsCall = "GET /v1/configs/" + slug + "/versions"
	putCall      = "PUT /v1/configs/" + slug
)

// Somebody saves something else between each two calls: it is either kept, or the change is refused and nothing is lost.
func TestWhatOthersSaveMeanwhileIsNotOverwritten(t *testing.T) {
	plain := chat(`"weight":70`, `"weight":30`)
	theirs := strings.Replace(plain, `"max_age":3600`, `"max_age":60`, 1)
	for nth := 1; nth <= 4; nth++ {
		p := play(t, map[string]string{slug: plain})
		err := p.shift(t, versionsCall, nth, func() { p.save(slug, theirs) })
		switch {
		case err == nil:
			same(t, p.holds(slug), strings.Replace(chat(`"weight":60`, `"weight":40`), `"max_age":3600`, `"max_age":60`, 1))
		case fleet.KindOf(err) == fleet.KindConflict:
			same(t, p.holds(slug), theirs)
		default:
			t.Errorf("before call %d of the versions: %v", nth, err)
		}
		if (nth == 4) != (fleet.KindOf(err) == fleet.KindConflict) {
			t.Errorf("before call %d of the versions: %v", nth, err)
		}
	}
	p := play(t, map[string]string{slug: plain})
	if err := p.shift(t, "GET /v1/configs/"+slug, 3, func() { p.save(slug, theirs) }); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("between versions and config: %v", err)
	}
	same(t, p.holds(slug), theirs)
	p = play(t, map[string]string{slug: plain})
	err := p.shift(t, putCall, 1, func() { p.save(slug, theirs) })
	if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "one has overwritten the other") ||
		!strings.Contains(err.Error(), "00000000-0000-4000-8000-000000000002") {
		t.Errorf("in the moment before the write: %v", err)
	}
}

func TestARefusalTellsNothingOfWhatWasSent(t *testing.T) {
	for _, status := range []int{400, 401, 403, 409, 422, 429, 500} {
		p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
		p.refuse[putCall] = status
		if err := p.shift(t, putCall, 1, func() {}); err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) {
			t.Errorf("%d: %v", status, err)
		}
		same(t, p.holds(slug), chat(`"weight":70`, `"weight":30`))
	}
}

func TestAControlPlaneThatAnswersAndChangesNothingIsSeen(t *testing.T) {
	p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
	p.silent = true
	w := p.writer(t, fleet.NewVirtualClock(now()), io.Discard)
	old, wanted := fleet.Weights{"rented": 70, "own": 30}, fleet.Weights{"rented": 60, "own": 40}
	if err := w.SetWeights(t.Context(), chatRoute(), old, wanted); err != nil {
		t.Fatal(err)
	}
	if back := w.ReadBack(t.Context(), chatRoute()); !back[0].Weights.Equal(old) {
		t.Errorf("read back %+v", back)
	}
}

func TestAControlPlaneWithoutVersionsIsNotWritten(t *testing.T) {
	p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
	p.refuse[versionsCall] = 404
	if err := p.shift(t, versionsCall, 1, func() {}); fleet.KindOf(err) != fleet.KindNotFound || p.count(putCall) != 0 {
		t.Errorf("%v", err)
	}
}

func TestOnlyOneControlPlaneIsWritten(t *testing.T) {
	for _, spec := range []fleet.GatewaySpec{{}, {Replicas: []fleet.GatewayReplicaSpec{{ID: "a", URL: "http://a"}, {ID: "b", URL: "http://b"}}},
		{TLS: fleet.TLSSpec{Insecure: true}, Replicas: []fleet.GatewayReplicaSpec{{ID: "a", URL: "https://a"}}}} {
		if _, err := newWriter(spec, deps(fleet.SystemClock{}, io.Discard)); err == nil {
			t.Errorf("opened %+v", spec)
		}
	}
	err := play(t, map[string]string{slug: "{}"}).writer(t, fleet.SystemClock{}, io.Discard).Resync(t.Context(), chatRoute(), "portkey")
	if fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("resync: %v", err)
	}
}

// FuzzRoutes: whatever a config is, its routes are told or it is refused, and what is told has whole weights with the shares
// that are stored.
func FuzzRoutes(f *testing.F) {
	for _, config := range []string{chat(`"weight":70`, `"weight":0.3`), `{"targets":[{"targets":[{"targets":[]}]}]}`, `{"provider":"a"}`,
		`{"strategy":{"mode":"fallback","on_status_codes":[500,"x"],"cb_config":7},"targets":[{},{"strategy":null,"targets":[{}]}]}`,
		`{"strategy":{"mode":"loadbalance"},"targets":[{"weight":1e308},{"weight":-0},{"weight":000.5}]}`} {
		f.Add(config)
	}
	f.Fuzz(func(t *testing.T, config string) {
		if !json.Valid([]byte(config)) {
			return
		}
		body, err := asObject(json.RawMessage(config))
		if err != nil {
			return
		}
		a := &api{}
		doc, err := a.document(body, &stored{Slug: "pc"})
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := jsonptr.Decode(doc)
		if err != nil {
			t.Fatal(err)
		}
		list, err := shape{}.Routes(kind, fleet.ObjectRef{Name: "pc"}, decoded)
		if err != nil {
			if !fleet.IsClean(fleet.Sentence(err).String()) {
				t.Errorf("%q", err)
			}
			return
		}
		seen := map[fleet.RouteID]bool{}
		for _, r := range list {
			if seen[r.ID] {
				t.Errorf("two routes are called %q", r.ID)
			}
			seen[r.ID] = true
			members := map[fleet.DeploymentID]bool{}
			for _, m := range r.Members {
				if members[m.ID] {
					t.Errorf("two members of %q are called %q", r.ID, m.ID)
				}
				members[m.ID] = true
				if r.Routing.Fixed.IsEmpty() && (!m.Weight.OK || m.Weight.V != float64(int(m.Weight.V)) || m.Weight.V < 0) {
					t.Errorf("%q can be changed and has the weight %v", m.ID, m.Weight)
				}
			}
		}
		if again, err := (shape{}).Routes(kind, fleet.ObjectRef{Name: "pc"}, decoded); err != nil || len(again) != len(list) ||
			len(list) > 0 && !reflect.DeepEqual(again[0].Members, list[0].Members) {
			t.Errorf("the same config is told otherwise: %v", err)
		}
	})
}
