package interlocks

import (
	"testing"
	"time"

	"pitwall/fleet"
)

// live is what a live probe says that is sent every so often.
func live(up fleet.Maybe[bool], old, every time.Duration) fleet.HealthVerdict {
	why := fleet.Text("answers a live probe with tools and JSON (14:06:40Z, 512ms)")
	if up.OK && !up.V {
		why = fleet.Text("a live probe failed (14:06:40Z): no answer")
	}
	return fleet.HealthVerdict{Kind: fleet.HealthProbe, Up: up, At: ago(old), Why: why, Every: every}
}

// probes puts a live probe before what else is known of a receiver.
func probes(id fleet.TargetID, v fleet.HealthVerdict) func(*world) {
	return func(w *world) {
		if id == "api" {
			w.toAPI()
		}
		t := w.target(id)
		t.Verdicts = append([]fleet.HealthVerdict{v}, t.Verdicts...)
	}
}

func both(list ...func(*world)) func(*world) {
	return func(w *world) {
		for _, f := range list {
			f(w)
		}
	}
}

func TestLiveProbesAndProgress(t *testing.T) {
	yes, no, unknown := fleet.Some(true), fleet.Some(false), fleet.None[bool]()
	judgeAll(t, "IL-07", []verdictCase{
		{"a rented model answers", probes("api", live(yes, 20*time.Second, time.Minute)), ok,
			"api: answers a live probe with tools and JSON (14:06:40Z, 512ms), probe good 20s ago <= 2m", ""},
		{"a pool answers", probes("b", live(yes, 20*time.Second, time.Minute)), ok, "needs 9, answers a live probe with tools and JSON", ""},
		{"rented, failed", probes("api", live(no, 20*time.Second, time.Minute)), block, "a live probe failed (14:06:40Z): no answer", ""},
		{"pool, failed, and its health endpoints say yes", probes("b", live(no, 20*time.Second, time.Minute)), block, "failed", ""},
		{"pool, answers, and its health endpoints say no", both(probes("b", live(yes, time.Second, time.Minute)), func(w *world) {
			w.target("b").Verdicts[3] = down(fleet.HealthProbe)
		}), block, "failed", ""},
		{"old", probes("api", live(yes, 3*time.Minute, time.Minute)), block, "> 2m", "missing"},
		{"old for its own interval only", probes("api", live(yes, 9*time.Minute, 5*time.Minute)), ok, "<= 10m", ""},
		{"never sent", probes("b", live(unknown, 0, time.Minute)), block, "no probe", "missing"},
		{"the key was tried long ago, and it answers", both(probes("api", live(yes, time.Second, time.Minute)), func(w *world) {
			w.s.Providers[0].ProbeAt = ago(5 * time.Minute)
		}), ok, "answers a live probe", ""},
		{"the key is refused", both(probes("api", live(yes, time.Second, time.Minute)), func(w *world) {
			w.s.Providers[0].Authorised = fleet.Some(false)
		}), block, "failed", ""},
	})
}

func TestLiveProbesAndQuorum(t *testing.T) {
	yes, no := fleet.Some(true), fleet.Some(false)
	judgeAll(t, "IL-24", []verdictCase{
		{"it agrees", probes("b", live(yes, 20*time.Second, time.Minute)), ok, "3 kinds say it works", ""},
		{"it does not", probes("b", live(no, 20*time.Second, time.Minute)), ovr, "evidence disagrees", ""},
		{"it counts for as long as it is sent", both(probes("api", live(yes, 9*time.Minute, 5*time.Minute)), func(w *world) {
			w.target("api").Verdicts = []fleet.HealthVerdict{w.target("api").Verdicts[0], up(fleet.HealthGateway)}
		}), ok, "2 kinds", ""},
		{"it is too old", both(probes("api", live(yes, 9*time.Minute, time.Minute)), func(w *world) {
			w.target("api").Verdicts = []fleet.HealthVerdict{w.target("api").Verdicts[0], up(fleet.HealthGateway)}
		}), ovr, "probe stale 9m", "missing"},
	})
}

func TestLiveProbesAndVantage(t *testing.T) {
	fails := func(v fleet.HealthVerdict) func(*world) {
		return func(w *world) {
			x := w.target("a")
			x.State = fleet.StateWarn
			x.Verdicts = []fleet.HealthVerdict{v, up(fleet.HealthProbe), up(fleet.HealthGateway)}
		}
	}
	judgeAll(t, "IL-25", []verdictCase{
		{"only our probe fails", fails(live(fleet.Some(false), 20*time.Second, time.Minute)), warn,
			"only this machine sees it fail: the gateway gets answers from it", ""},
		{"it answers us", fails(live(fleet.Some(true), 20*time.Second, time.Minute)), ok, "reaches it", ""},
	})
}

// The interval of a live probe is its own: it does not stretch how old what else is read may be.
func TestLiveProbesDoNotStretchOtherReadings(t *testing.T) {
	judgeAll(t, "IL-07", []verdictCase{
		{"a key that is tried every 15 s", func(w *world) {
			w.toAPI()
			w.s.Sources = append(w.s.Sources, fleet.SourceStatus{ID: "probe/api", Interval: 10 * time.Minute,
				Subject: fleet.Subject{Provider: "api", About: fleet.AboutProbe}})
			w.s.Providers[0].ProbeAt = ago(5 * time.Minute)
		}, block, "> 60s", "missing"},
	})
}
