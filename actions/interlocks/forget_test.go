package interlocks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
)

// forgetting is one piece of data that can be taken away from a snapshot.
type forgetting struct {
	path string
	do   func()
}

// keep names what is not data that a source delivers, with the reason.
var keep = map[string]string{
	"Spec":      "declared in the configuration, which is read whole or not at all",
	"Sites":     "declared in the configuration",
	"Budget":    "declared in the configuration",
	"Trends":    "drawn, never judged",
	"Events":    "drawn, never judged",
	"Alerts":    "a system gives its list whole; whether it was read is judged by its source",
	"Rules":     "declared in the configuration",
	"Freezes":   "declared in the configuration",
	"Order":     "none is a value: the member has no order",
	"Blocked":   "unknown on every gateway without the call, so it cannot count against a target",
	"TodayFrom": "its zero value says that the whole day was watched",
	"Err":       "none says that the last read was good: without it and with what was read, a feed would say more than before",
}

// forgettings lists every piece of data of a snapshot: known values become unknown, times zero, structs empty, and
// lists lose all or one of their elements.
func forgettings(s *fleet.Snapshot) []forgetting {
	var out []forgetting
	walk(reflect.ValueOf(s).Elem(), "", &out)
	return out
}

func walk(v reflect.Value, path string, out *[]forgetting) {
	set := func(suffix string, to reflect.Value) {
		*out = append(*out, forgetting{path + suffix, func() { v.Set(to) }})
	}
	switch {
	case strings.HasPrefix(v.Type().Name(), "Maybe["):
		if v.FieldByName("OK").Bool() {
			set("", reflect.Zero(v.Type()))
		}
	case v.Type() == reflect.TypeFor[time.Time]():
		if !v.IsZero() {
			set("", reflect.Zero(v.Type()))
		}
	case v.Type() == reflect.TypeFor[*fleet.StatusReading]():
		if !v.IsNil() {
			set(" (whole)", reflect.Zero(v.Type()))
		}
	case v.Kind() == reflect.Slice:
		if v.Len() > 0 {
			set(" (all)", reflect.Zero(v.Type()))
		}
		if v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		for i := range v.Len() {
			// A limit that nobody announced cannot be missed; of the other lists one element can.
			if v.Type().Elem() != reflect.TypeFor[fleet.Limit]() {
				rest := reflect.AppendSlice(reflect.AppendSlice(reflect.Zero(v.Type()), v.Slice(0, i)), v.Slice(i+1, v.Len()))
				set(fmt.Sprintf(" (without %d)", i), rest)
			}
			walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), out)
		}
	case v.Kind() == reflect.Struct:
		if path != "" && !v.IsZero() && path[len(path)-1] != ']' && !declares(v.Type()) {
			set(" (whole)", reflect.Zero(v.Type()))
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if _, kept := keep[f.Name]; !kept && f.IsExported() {
				walk(v.Field(i), path+"."+f.Name, out)
			}
		}
	}
}

// declares tells whether a struct holds a part of the configuration, which is not lost with what was measured.
func declares(t reflect.Type) bool {
	for i := range t.NumField() {
		if strings.HasPrefix(keep[t.Field(i).Name], "declared") {
			return true
		}
	}
	return false
}

// least is what part C demands when an interlock's data is missing. Where the measured verdict was worse, the loss may
// lower it to this and no further: without the rating of a pool nobody knows that it was over it.
var least = map[string]actions.Severity{
	"IL-01": hard, "IL-02": ovr, "IL-03": hard, "IL-04": ovr, "IL-05": ovr, "IL-06": warn, "IL-07": block, "IL-08": ovr, "IL-09": warn,
	"IL-10": ovr, "IL-12": ovr, "IL-13": warn, "IL-14": hard, "IL-15": ovr, "IL-16": ovr, "IL-17": hard, "IL-20": block,
	"IL-21": warn, "IL-22": ovr, "IL-23": ovr, "IL-24": ovr, "IL-26": warn, "IL-27": warn, "IL-36": ovr, "IL-37": hard, "IL-39": warn,
	"IL-40": warn,
	"IL-45": hard,
}

// trouble is one thing that goes wrong with a world.
type trouble struct {
	name string
	do   func(w *world)
}

// idles takes all work from a pool: neither the gateway nor the engine has an opinion any more.
func idles(id fleet.TargetID) trouble {
	return trouble{"idle " + string(id), func(w *world) {
		l := &w.pool(fleet.PoolID(id)).Load
		l.Running, l.Waiting, l.Requests = fleet.Some(fleet.Count(0)), fleet.Some(fleet.Count(0)), fleet.Some(fleet.Rate(0))
		l.E2E = fleet.None[fleet.Seconds]()
		t := w.target(id)
		t.Load.Requests = fleet.Some(fleet.Rate(0))
		t.Verdicts[0].Up, t.Verdicts[1].Up = fleet.None[bool](), fleet.None[bool]()
	}}
}

// byRoute is a target of a gateway that counts failures for the whole route; proven tells whether they are so few that they
// prove that it works.
func byRoute(id fleet.TargetID, errors fleet.CountedBy, proven bool) trouble {
	return trouble{fmt.Sprintf("%s counted by route, proven %v", id, proven), func(w *world) {
		t := w.target(id)
		t.Counted.Errors = errors
		if !proven {
			t.Verdicts[0].Up = fleet.None[bool]()
		}
	}}
}

// byEngines is a target of a gateway that counts nothing.
func byEngines(id fleet.TargetID) trouble {
	return trouble{"engines count for " + string(id), func(w *world) {
		t := w.target(id)
		t.Counted = fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
		t.Verdicts[0].Up = fleet.None[bool]()
	}}
}

func troubles() []trouble {
	bad := func(id fleet.TargetID, i int) trouble {
		return trouble{fmt.Sprintf("%s voice %d is bad", id, i), func(w *world) {
			t := w.target(id)
			if i == 0 && t.Counted.Errors != fleet.CountedHere {
				return // failures of a whole route never say that a target does not work
			}
			if v := &t.Verdicts[i]; v.Up.OK { // what an idle target did not do cannot have failed
				v.Up = fleet.Some(false)
			}
		}}
	}
	out := []trouble{byRoute("a", fleet.CountedEngines, true), byRoute("b", fleet.CountedRoute, false),
		byRoute("api", fleet.CountedRoute, false), byEngines("a"), byEngines("b"), idles("a"), idles("b"), bad("a", 0), bad("a", 1), bad("a", 2), bad("b", 0), bad("b", 1), bad("b", 2),
		bad("api", 0), bad("api", 1)}
	for _, id := range []fleet.PoolID{"a", "b"} {
		out = append(out,
			trouble{"slow decode " + string(id), func(w *world) { w.pool(id).Rating.V.Decode = 119 }},
			trouble{"slow prefill " + string(id), func(w *world) { w.pool(id).Rating.V.Prefill = 800 }},
			trouble{"small kv " + string(id), func(w *world) { w.pool(id).KVTokens = fleet.Some(fleet.Tokens(1500)) }},
			trouble{"zombie " + string(id), func(w *world) {
				if idle(w.pool(id).Load) {
					return
				}
				w.pool(id).Progress = fleet.Progress{Moving: fleet.Some(false), Stalled: 5 * time.Minute}
				w.target(fleet.TargetID(id)).Verdicts[1].Up = fleet.Some(false)
			}},
			trouble{"not ready " + string(id), func(w *world) { w.pool(id).Ready = 3 }},
			trouble{"old " + string(id), func(w *world) { w.pool(id).Load.At = ago(90 * time.Second) }},
			trouble{"critical " + string(id), func(w *world) { w.target(fleet.TargetID(id)).State = fleet.StateCrit }},
			trouble{"same site " + string(id), func(w *world) { w.pool(id).Spec.Site = "fra-1" }},
			trouble{"fast burn " + string(id), func(w *world) {
				b := &w.target(fleet.TargetID(id)).BurnRate
				b.H1, b.M5 = fleet.Some(20.0), fleet.Some(20.0)
			}},
			trouble{"slow burn of the whole " + string(id), func(w *world) {
				w.pool(id).BurnRate.H6, w.pool(id).BurnRate.M30 = fleet.Some(7.0), fleet.Some(7.0)
			}},
			trouble{"long requests " + string(id),
				func(w *world) { w.pool(id).Spec.MaxContext = fleet.Some(fleet.Tokens(16_500)) }},
			trouble{"no tools " + string(id), func(w *world) { w.pool(id).Spec.Offers = []string{"json"} }},
			trouble{"dear " + string(id),
				func(w *world) { w.target(fleet.TargetID(id)).Price = fleet.Some(fleet.USDPerMTok(30)) }},
		)
	}
	return append(out,
		trouble{"rpm used up", func(w *world) { w.s.Providers[0].Limits[0].Remaining = fleet.Some(20.0) }},
		trouble{"tpm used up", func(w *world) { w.s.Providers[0].Limits[1].Remaining = fleet.Some(9000.0) }},
		trouble{"key refused", func(w *world) { w.s.Providers[0].Authorised = fleet.Some(false) }},
		trouble{"probe old", func(w *world) { w.s.Providers[0].ProbeAt = ago(5 * time.Minute) }},
		trouble{"over budget", func(w *world) { w.s.Spend.Forecast = fleet.Some(w.s.Spend.Budget.PerDay.V) }},
		trouble{"dear api", func(w *world) { w.target("api").Price = fleet.Some(fleet.USDPerMTok(50)) }},
		trouble{"us only", func(w *world) { w.s.Providers[0].Spec.Labels = []string{"us"} }},
		trouble{"a replica differs", func(w *world) {
			v := &w.route().Replicas[1]
			v.Weights, v.Differs = fleet.Weights{"a": 1, "b": 1, "api": 1}, true
			v.Hash, w.route().Weights, w.route().Hash = fleet.HashWeights(v.Weights), nil, ""
		}},
		trouble{"back and forth", func(w *world) { w.route().Reversals = 4 }},
		trouble{"not writable", func(w *world) { w.s.Gateways[0].Writable = fleet.Some(false) }},
		trouble{"tier 1", func(w *world) { w.route().Spec.Tier = 1 }},
		trouble{"old counters", func(w *world) { w.route().Load.At = ago(3 * time.Minute) }},
		trouble{"a freeze", func(w *world) { w.freeze(-time.Hour, time.Hour, fleet.Scope{}) }},
		trouble{"a blocking alert", func(w *world) { w.blocks(fleet.Scope{}); w.fires() }},
		trouble{"no error budget left", func(w *world) { w.did(1e6, 2e4, 14*aDay) }},
		trouble{"down a", func(w *world) { w.target("a").State = fleet.StateDown }},
		trouble{"published incident", func(w *world) { w.publish(fleet.Incident{Title: "Errors", Impact: fleet.ImpactDisrupted}) }},
		trouble{"old page", func(w *world) { w.s.Providers[0].Status[0].At = ago(10 * time.Minute) }},
		trouble{"page fails", func(w *world) { w.s.Providers[0].Status[0].Err = fleet.Text("405") }},
		trouble{"one power feed", func(w *world) { w.s.Sites[1].Fate["power"] = "F1" }},
	)
}

// drawWorld gives a function that builds the same world, with the same gateway, troubles and wish, again and again.
func drawWorld(t *rapid.T) func() *world {
	all := troubles()
	chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(all)-1), 0, 5, rapid.ID).Draw(t, "troubles")
	slices.Sort(chosen)
	behind := drawGateway(t)
	build := func() *world {
		w := good()
		behind(w)
		for _, i := range chosen {
			all[i].do(w)
		}
		return w
	}
	in := drawIntent(t, build())
	return func() *world {
		w := build()
		w.in = in
		return w
	}
}

// No loss of a piece of data makes a verdict milder than what was measured and than what the loss itself means, and
// none makes an objection vanish.
func TestForgettingNeverMakesAVerdictMilder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		build := drawWorld(t)
		w := build()
		p, err := planOf(w)
		if err != nil {
			return
		}
		known := Evaluate(p, w.s, w.b, now)
		n := len(forgettings(w.s))
		if n < 150 {
			t.Fatalf("only %d pieces of data are found", n)
		}
		from := rapid.IntRange(0, n-1).Draw(t, "first piece")
		for k := range 10 {
			w = build()
			piece := forgettings(w.s)[(from+k*13)%n]
			piece.do()
			for i, c := range Evaluate(p, w.s, w.b, now) {
				was := known[i]
				allowed := actions.Check{ID: c.ID, Severity: least[c.ID]}
				if c.Severity < min(was.Severity, lower(allowed, w.s.Rules.Policy).Severity) || c.Severity == ok && was.Severity != ok {
					t.Fatalf("without %s %s falls from %s (%s) to %s (%s)", piece.path, c.ID, was.Severity, was.Formula, c.Severity,
						c.Formula)
				}
			}
		}
	})
}

// One by one over a world in which everything is well: what is lost never turns a pass into a different pass that rests
// on less without a reason to.
func TestForgettingEachPieceOfAGoodWorld(t *testing.T) {
	for _, edit := range []func(*world){func(*world) {}, (*world).toAPI} {
		w := good()
		edit(w)
		p, err := planOf(w)
		if err != nil {
			t.Fatal(err)
		}
		stricter := map[string]bool{}
		for i := range forgettings(w.s) {
			v := good()
			edit(v)
			piece := forgettings(v.s)[i]
			piece.do()
			for _, c := range Evaluate(p, v.s, v.b, now) {
				if c.Severity != ok {
					stricter[c.ID] = true
					if !c.Missing && c.ID != "IL-01" && c.ID != "IL-02" && c.ID != "IL-37" && c.ID != "IL-15" {
						t.Errorf("without %s %s is %s as if it were measured: %s", piece.path, c.ID, c.Severity, c.Formula)
					}
				}
			}
		}
		for _, id := range []string{"IL-02", "IL-06", "IL-07", "IL-08", "IL-13", "IL-23", "IL-24", "IL-36", "IL-37",
			"IL-39"} {
			if !stricter[id] {
				t.Errorf("%s notices no loss at all", id)
			}
		}
	}
}
