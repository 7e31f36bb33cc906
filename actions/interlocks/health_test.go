package interlocks

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// only leaves good health with the named targets.
func only(names ...fleet.TargetID) func(w *world) {
	return func(w *world) {
		for i := range w.route().Targets {
			t := &w.route().Targets[i]
			keep := false
			for _, n := range names {
				keep = keep || n == t.Spec.ID
			}
			if !keep {
				t.Verdicts = []fleet.HealthVerdict{down(fleet.HealthGateway)}
			}
		}
	}
}

func TestLastHealthy(t *testing.T) {
	judgeAll(t, "IL-01", []verdictCase{
		{"three", nil, ok, "3 healthy targets", ""},
		{"one", only("b"), ok, "1 healthy target keeps weight: b", ""},
		{"none", only(), hard, "0 healthy", ""},
		{"the healthy one loses all weight", func(w *world) {
			only("a")(w)
			w.in.Weights = fleet.Weights{"a": 0, "b": 90}
		}, hard, "0 healthy targets keep weight at 0/90/10", ""},
		{"stale evidence is none", func(w *world) {
			for i := range w.route().Targets {
				for j := range w.route().Targets[i].Verdicts {
					w.route().Targets[i].Verdicts[j].At = ago(3 * time.Minute)
				}
			}
		}, hard, "0 healthy", ""},
		{"a bad voice never ages", func(w *world) {
			only("b")(w)
			w.target("b").Verdicts[2] = fleet.HealthVerdict{Kind: fleet.HealthProbe, Up: fleet.Some(false)}
		}, hard, "0 healthy", ""},
		{"no evidence", func(w *world) {
			for i := range w.route().Targets {
				w.route().Targets[i].Verdicts = nil
			}
		}, hard, "0 healthy", ""},
		{"blocked and down do not count", func(w *world) {
			w.target("a").Blocked, w.target("b").State = fleet.Some(true), fleet.StateDown
			only("a", "b")(w)
		}, hard, "0 healthy", ""},
		{"work that no engine confirms", func(w *world) {
			only("a")(w)
			w.target("a").Verdicts = []fleet.HealthVerdict{up(fleet.HealthGateway), up(fleet.HealthProbe)}
		}, hard, "0 healthy", ""},
		{"traffic that no gateway confirms", func(w *world) {
			only("a")(w)
			w.target("a").Verdicts = []fleet.HealthVerdict{up(fleet.HealthEngine), up(fleet.HealthProbe)}
		}, hard, "0 healthy", ""},
		{"failures of the whole route that prove nothing of it", func(w *world) {
			only("api")(w)
			w.target("api").Counted.Errors = fleet.CountedRoute
			w.target("api").Verdicts[0].Up = fleet.None[bool]()
		}, ok, "1 healthy", ""},
		{"failures of the whole route do not stand in for a probe", func(w *world) {
			only("api")(w)
			w.target("api").Counted.Errors = fleet.CountedRoute
			w.target("api").Verdicts = w.target("api").Verdicts[:1]
		}, hard, "0 healthy", ""},
		{"engines that count where the gateway does not", func(w *world) {
			only("a")(w)
			w.target("a").Counted = fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
			w.target("a").Verdicts = []fleet.HealthVerdict{up(fleet.HealthEngine), up(fleet.HealthProbe)}
		}, ok, "1 healthy", ""},
		{"no probe confirms", func(w *world) {
			only("a")(w)
			w.target("a").Verdicts = []fleet.HealthVerdict{up(fleet.HealthEngine), up(fleet.HealthGateway)}
		}, hard, "0 healthy", ""},
		{"a probe that is sent every 5 minutes", func(w *world) {
			only("api")(w)
			w.s.Sources[2].Interval = 5 * time.Minute
			w.target("api").Verdicts[1].At = ago(9 * time.Minute)
		}, ok, "1 healthy", ""},
		{"an idle standby counts by its probe", func(w *world) {
			only("b")(w)
			w.target("b").Verdicts = []fleet.HealthVerdict{up(fleet.HealthProbe)}
			w.target("b").Load.Requests = fleet.None[fleet.Rate]()
			w.pool("b").Load.Running, w.pool("b").Load.Waiting = fleet.Some(fleet.Count(0)), fleet.Some(fleet.Count(0))
		}, ok, "1 healthy", ""},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, hard, "not in the fleet", "missing"},
	})
}

func TestRedundancy(t *testing.T) {
	judgeAll(t, "IL-02", []verdictCase{
		{"three domains", nil, ok, "3 healthy targets in 3 failure domains", ""},
		{"one left", only("b"), ovr, "losing it stops the route", ""},
		{"one site", func(w *world) { only("a", "b")(w); w.pool("b").Spec.Site = "fra-1" }, ovr, "2 healthy targets in 1",
			""},
		{"one power feed", func(w *world) {
			only("a", "b")(w)
			w.s.Sites[1].Fate = fleet.Fate{"power": "F1"}
		}, ovr, "all on power F1", ""},
		{"no site", func(w *world) { w.pool("b").Spec.Site = "" }, ovr, "without a site", "missing"},
		{"stale evidence", func(w *world) {
			only("a", "b")(w)
			for i := range w.target("a").Verdicts {
				w.target("a").Verdicts[i].At = ago(time.Hour)
			}
		}, ovr, "1 healthy", ""},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, ovr, "not in the fleet", "missing"},
	})
}

func TestQuorum(t *testing.T) {
	voices := func(list ...fleet.HealthVerdict) func(w *world) {
		return func(w *world) { w.target("b").Verdicts = list }
	}
	stale := up(fleet.HealthEngine)
	stale.At = ago(3 * time.Minute)
	unknown := fleet.HealthVerdict{Kind: fleet.HealthEngine, At: now}
	judgeAll(t, "IL-24", []verdictCase{
		{"three agree", nil, ok, "b: 3 kinds say it works: gateway yes 5s", ""},
		{"two agree", func(w *world) {
			voices(up(fleet.HealthGateway), up(fleet.HealthProbe))(w)
			w.pool("b").Load.Running, w.pool("b").Load.Waiting = fleet.Some(fleet.Count(0)), fleet.Some(fleet.Count(0))
		}, ok, "2 kinds", ""},
		{"the gateway counts failures of the whole route, which prove nothing", func(w *world) {
			voices(fleet.HealthVerdict{Kind: fleet.HealthGateway, At: now}, up(fleet.HealthEngine), up(fleet.HealthProbe))(w)
			w.target("b").Counted.Errors = fleet.CountedRoute
		}, ovr, "the gateway says nothing", "missing"},
		{"the gateway counts nothing", func(w *world) {
			voices(fleet.HealthVerdict{Kind: fleet.HealthGateway}, up(fleet.HealthEngine), up(fleet.HealthProbe))(w)
			w.target("b").Counted = fleet.Counted{Requests: fleet.CountedEngines, Errors: fleet.CountedEngines}
		}, ok, "2 kinds", ""},
		{"two agree and the engine is silent at work", voices(up(fleet.HealthGateway), up(fleet.HealthProbe)), ovr,
			"the engine says nothing", "missing"},
		{"two agree and no probe", voices(up(fleet.HealthGateway), up(fleet.HealthEngine)), ovr, "the probe says nothing",
			"missing"},
		{"one", voices(up(fleet.HealthProbe)), ovr, "1 of 2 kinds", "missing"},
		{"two of one kind are one", voices(up(fleet.HealthProbe), up(fleet.HealthProbe)), ovr, "1 of 2 kinds", "missing"},
		{"disagree", voices(up(fleet.HealthGateway), up(fleet.HealthProbe), down(fleet.HealthEngine)), ovr, "disagrees", ""},
		{"stale", voices(up(fleet.HealthProbe), stale), ovr, "engine stale 3m", "missing"},
		{"unknown", voices(up(fleet.HealthProbe), unknown), ovr, "engine unknown", "missing"},
		{"none", voices(), ovr, "no evidence", "missing"},
		{"bad voice of a kind wins", voices(up(fleet.HealthGateway), up(fleet.HealthProbe), down(fleet.HealthProbe)), ovr,
			"disagrees", ""},
	})
}

func TestProgress(t *testing.T) {
	judgeAll(t, "IL-07", []verdictCase{
		{"fine", nil, ok, "b: 10 of 10 ready, needs 9, probe good 5s ago", ""},
		{"nine of ten", func(w *world) { w.pool("b").Ready = 9 }, ok, "9 of 10", ""},
		{"eight of ten", func(w *world) { w.pool("b").Ready = 8 }, block, "8 of 10 ready, needs 9", ""},
		{"one of none wanted", func(w *world) { w.pool("b").Ready, w.pool("b").Desired = 0, 0 }, block, "needs 1", ""},
		{"stalled", func(w *world) { w.pool("b").Progress.Stalled = time.Minute }, block, "no token for 60s", ""},
		{"stalled a little", func(w *world) { w.pool("b").Progress.Stalled = 59 * time.Second }, ok, "", ""},
		{"unknown progress with work", func(w *world) { w.pool("b").Progress = fleet.Progress{} }, block, "unknown",
			"missing"},
		{"unknown progress without work", func(w *world) {
			w.pool("b").Progress = fleet.Progress{}
			w.pool("b").Load.Running, w.pool("b").Load.Waiting = fleet.Some(fleet.Count(0)), fleet.Some(fleet.Count(0))
		}, ok, "", ""},
		{"probe failed", func(w *world) {
			w.target("b").Verdicts = []fleet.HealthVerdict{down(fleet.HealthProbe)}
		}, block, "failed", ""},
		{"probe old", func(w *world) { w.target("b").Verdicts[2].At = ago(61 * time.Second) }, block, "> 60s", "missing"},
		{"no probe", func(w *world) { w.target("b").Verdicts = w.target("b").Verdicts[:2] }, block, "no probe", "missing"},
		{"stale", func(w *world) { w.pool("b").Load.At = ago(3 * time.Minute) }, block, "3m", "missing"},
		{"never read", func(w *world) { w.pool("b").Load.At = time.Time{} }, block, "never read", "missing"},
		{"provider fine", (*world).toAPI, ok, "api: probe good 30s", ""},
		{"provider asked every minute", func(w *world) {
			w.toAPI()
			w.s.Sources[2].Interval = time.Minute
			w.s.Providers[0].ProbeAt = ago(100 * time.Second)
		}, ok, "<= 2m", ""},
		{"provider refused", func(w *world) { w.toAPI(); w.s.Providers[0].Authorised = fleet.Some(false) }, block, "failed",
			""},
		{"provider never probed", func(w *world) { w.toAPI(); w.s.Providers[0].ProbeAt = time.Time{} }, block, "no probe",
			"missing"},
		{"provider unread", func(w *world) { w.toAPI(); w.plan(t); w.s.Providers = nil }, block, "neither a pool", "missing"},
	})
}

func TestBurnRate(t *testing.T) {
	burn := func(h1, m5, h6, m30 float64) func(w *world) {
		return func(w *world) {
			w.target("b").BurnRate = fleet.BurnRate{H1: fleet.Some(h1), M5: fleet.Some(m5), H6: fleet.Some(h6),
				M30: fleet.Some(m30), At: now}
		}
	}
	judgeAll(t, "IL-08", []verdictCase{
		{"calm", nil, ok, "1h 0.1x 5m 0.1x", ""},
		{"just under", burn(14.3, 20, 5.9, 20), ok, "< 6x", ""},
		{"fast", burn(14.4, 14.4, 0, 0), block, ">= 14.4x", ""},
		{"fast over", burn(14.4, 14.3, 0, 0), ok, "", ""},
		{"slow", burn(0, 0, 6, 6), ovr, ">= 6x", ""},
		{"slow over", burn(0, 0, 6, 5.9), ok, "", ""},
		{"whole pool burns", func(w *world) {
			w.pool("b").BurnRate.H1, w.pool("b").BurnRate.M5 = fleet.Some(15.0), fleet.Some(15.0)
		}, block, "", ""},
		{"one window missing", func(w *world) { w.target("b").BurnRate.H6 = fleet.None[float64]() }, ovr, "6h -", "history"},
		{"all missing under traffic", func(w *world) { w.target("b").BurnRate = fleet.BurnRate{} }, ovr,
			"not enough history", "history"},
		{"carried nothing", func(w *world) {
			w.toAPI()
			w.target("api").BurnRate, w.target("api").Load.Requests = fleet.BurnRate{}, fleet.None[fleet.Rate]()
		}, ovr, "not enough history", "history"},
		{"provider", (*world).toAPI, ok, "api: 1h 0.1x", ""},
		{"the whole unknown", func(w *world) { w.pool("b").BurnRate.H6 = fleet.None[float64]() }, ovr, "6h -", "history"},
		{"no objective", func(w *world) { w.route().Spec.SLO = fleet.None[fleet.Ratio]() }, ok, "no objective", ""},
	})
}

func TestSharedFate(t *testing.T) {
	failing := func(w *world) { w.target("a").State = fleet.StateCrit }
	judgeAll(t, "IL-26", []verdictCase{
		{"nobody fails", nil, ok, "no target that gives load is failing", ""},
		{"fails apart", failing, ok, "b: shares nothing", ""},
		{"one power feed", func(w *world) { failing(w); w.s.Sites[1].Fate["power"] = "F1" }, ovr,
			"shares power F1 with a, which is CRIT", ""},
		{"one site", func(w *world) { failing(w); w.pool("b").Spec.Site = "fra-1" }, ovr, "shares", ""},
		{"pool's own tags", func(w *world) {
			failing(w)
			w.pool("a").Spec.Fate, w.pool("b").Spec.Fate = fleet.Fate{"storage": "s"}, fleet.Fate{"storage": "s"}
		}, ovr, "storage s", ""},
		{"a rented one shares the cloud", func(w *world) {
			failing(w)
			w.toAPI()
			w.s.Providers[0].Spec.Fate, w.s.Sites[0].Fate = fleet.Fate{"cloud": "x"}, fleet.Fate{"cloud": "x"}
		}, ovr, "cloud x", ""},
		{"stale counts as failing", func(w *world) {
			w.target("a").State = fleet.StateStale
			w.pool("b").Spec.Site = "fra-1"
		}, ovr, "STALE", ""},
		{"undeclared", func(w *world) { failing(w); w.pool("a").Spec.Site = "" }, warn, "not declared", "missing"},
		{"giver gone", func(w *world) {
			w.plan(t)
			w.route().Targets = w.route().Targets[1:]
		}, warn, "unknown", "missing"},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, warn, "not in the fleet", "missing"},
	})
}
