package interlocks

import (
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestZeroSum(t *testing.T) {
	judgeAll(t, "IL-03", []verdictCase{
		{"fine", nil, ok, "sum 100 -> 100 over 1 step", ""},
		{"negative", func(w *world) { w.plan(t); w.p.After = fleet.Weights{"a": 101, "b": -1} }, hard,
			"b would get weight -1", ""},
		{"nothing", func(w *world) { w.plan(t); w.p.After = fleet.Weights{"a": 0} }, hard, "sum would be 0", ""},
		{"nothing on the way", func(w *world) { w.plan(t); w.p.Steps[0].After = fleet.Weights{"a": 0, "b": 0} }, hard,
			"sum would be 0", ""},
		{"no weights", func(w *world) { w.plan(t); w.p.After = nil }, hard, "no weights", "missing"},
	})
}

func TestStepSize(t *testing.T) {
	by := func(points int) func(w *world) {
		return func(w *world) {
			w.in.Weights, w.in.Ramp.Points = fleet.Weights{"a": 60 - points, "b": 30 + points}, 100
		}
	}
	judgeAll(t, "IL-22", []verdictCase{
		{"10 points", nil, ok, "greatest step 10 points <= 10", ""},
		{"11 points to a new share", by(11), ovr, "b: 11 points in one step > 10 to 41%, carried at most 30% in 24 h", ""},
		{"25 points to a share that it carried", func(w *world) {
			by(25)(w)
			w.target("b").Carried = fleet.Some(fleet.Ratio(0.55))
		}, ok, "b: 25 points in one step <= 25, carried 55%", ""},
		{"26 points to a share that it carried", func(w *world) {
			by(26)(w)
			w.target("b").Carried = fleet.Some(fleet.Ratio(0.9))
		}, ovr, "26 points in one step > 25", ""},
		{"history unknown", func(w *world) { by(11)(w); w.target("b").Carried = fleet.None[fleet.Ratio]() }, ovr,
			"24 h is unknown", "history"},
		{"target gone", func(w *world) { by(11)(w); w.plan(t); w.route().Targets = w.route().Targets[:1] }, ovr, "unknown",
			"history"},
		{"history not needed", func(w *world) { w.target("b").Carried = fleet.None[fleet.Ratio]() }, ok, "", ""},
		{"falling far is no step", func(w *world) {
			w.in.Weights, w.in.Ramp.Points = fleet.Weights{"a": 20}, 100
			w.target("b").Carried = fleet.Some(fleet.Ratio(0.9))
		}, ok, "b: 20 points in one step <= 25", ""},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, ovr, "not in the fleet", "missing"},
	})
}

func TestHeldRoute(t *testing.T) {
	lock := func(l actions.Lock) func(w *world) {
		return func(w *world) {
			l.Route = "chat"
			w.b.Locks = []actions.Lock{l}
		}
	}
	mara := actions.Actor{UID: 7, Name: "mara", Verified: true, Host: "bastion"}
	change := func(c actions.Change) func(w *world) {
		return func(w *world) {
			c.Plan.Route.ID, c.Plan.Intent.Route = "chat", "chat"
			w.b.Changes = []actions.Change{c}
		}
	}
	judgeAll(t, "IL-20", []verdictCase{
		{"free", nil, ok, "nobody holds it", ""},
		{"held", lock(actions.Lock{Holder: mara, PID: 41, Change: "c-9", Expires: now.Add(time.Minute)}), block,
			"mara on bastion (pid 41) holds the route for change c-9 until 14:08:22Z", ""},
		{"ran out", lock(actions.Lock{Holder: mara, Expires: ago(time.Minute)}), ovr, "ran out 60s ago", ""},
		{"mine", lock(actions.Lock{Mine: true}), ok, "nobody holds it", ""},
		{"mine, service away", lock(actions.Lock{Mine: true, Err: fleet.Text("timeout")}), ovr, "held here", "missing"},
		{"unreadable", lock(actions.Lock{Err: fleet.Text("permission denied")}), block, "cannot be read: permission denied",
			"missing"},
		{"open change", change(actions.Change{ID: "c-8", State: actions.StateSoaking}), block, "change c-8 is soaking", ""},
		{"closed change", change(actions.Change{ID: "c-8", State: actions.StateCommitted}), ok, "", ""},
		{"private state", func(w *world) { w.b.LockScope = fleet.Text("this user only") }, ok, "this user only", ""},
		{"network file system", func(w *world) { w.b.LockWarn = fleet.Text("state is on NFS") }, warn, "NFS", ""},
		{"no book", func(w *world) { w.b.At = time.Time{} }, block, "could not be read", "missing"},
	})
}

func TestCoolDown(t *testing.T) {
	last := func(c actions.Change) func(w *world) {
		return func(w *world) {
			c.Plan.Route.ID, c.Approval.By = "chat", actions.Actor{Name: "mara", Verified: true}
			w.b.Changes = []actions.Change{c}
		}
	}
	done := actions.Change{State: actions.StateCommitted, Step: 1, Ended: ago(4 * time.Minute)}
	rested, nothing := done, done
	rested.Ended, nothing.Step = ago(5*time.Minute), 0
	judgeAll(t, "IL-21", []verdictCase{
		{"first", nil, ok, "no earlier change, 0 reversals", ""},
		{"soon", last(done), ovr, "last change 4m ago by mara < 5m", ""},
		{"rested", last(rested), ok, ">= 5m", ""},
		{"three windows of the guard", func(w *world) { last(rested)(w); w.in.Guard.For = 2 * time.Minute }, ovr, "< 6m", ""},
		{"wrote nothing", last(nothing), ok, "no earlier change", ""},
		{"two reversals", func(w *world) { w.route().Reversals = 2 }, ok, "2 reversals", ""},
		{"three reversals", func(w *world) { w.route().Reversals = 3 }, block, "3 reversals in 30 min", ""},
		{"no book", func(w *world) { w.b.At = time.Time{} }, warn, "unknown", "missing"},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, warn, "unknown", "missing"},
	})
}

func TestReplicasAgree(t *testing.T) {
	differ := func(w *world) {
		v := &w.route().Replicas[2]
		v.Weights, v.Differs = fleet.Weights{"a": 70, "b": 20, "api": 10}, true
		v.Hash = fleet.HashWeights(v.Weights)
		w.route().Weights, w.route().Hash = nil, ""
	}
	resync := func(w *world) {
		differ(w)
		w.in = actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-3"}
	}
	judgeAll(t, "IL-36", []verdictCase{
		{"agree", nil, ok, "3/3 replicas hold the same weights, age 4s", ""},
		{"differ", differ, block, "2 different states over 3 replicas: gw-3 holds 70/20/10, age 4s", ""},
		{"a resync mends it", resync, warn, "gw-3 holds", ""},
		{"one silent", func(w *world) { w.route().Replicas[1].Stale = true }, ovr, "1 of 3 replicas do not answer",
			"missing"},
		{"one silent in a resync", func(w *world) {
			w.in = actions.Intent{Kind: actions.KindResync, Route: "chat", Replica: "gw-2"}
			w.route().Replicas[1].Stale = true
		}, warn, "1 of 3", "missing"},
		{"unread", func(w *world) { w.route().Replicas[1].Hash = "" }, ovr, "1 of 3", "missing"},
		{"one unknown", func(w *world) { w.route().Replicas = w.route().Replicas[:2] }, ovr, "1 of 2", "missing"},
		{"none", func(w *world) { w.route().Replicas = nil }, ovr, "no gateway replica was read", "missing"},
	})
}

func TestCurrentPlan(t *testing.T) {
	made := func(at time.Time) func(w *world) { return func(w *world) { w.plan(t); w.p.Created = at } }
	judgeAll(t, "IL-37", []verdictCase{
		{"new", nil, ok, "planned 0s ago <= 10m, weights unchanged", ""},
		{"10 minutes", made(ago(10 * time.Minute)), ok, "", ""},
		{"older", made(ago(10*time.Minute + time.Second)), hard, "plan again", ""},
		{"clock went back", made(now.Add(time.Second)), hard, "unknown", "missing"},
		{"undated", made(time.Time{}), hard, "unknown", "missing"},
		{"changed", func(w *world) {
			w.plan(t)
			w.p.BeforeHash = "other"
		}, hard, "planned on 60/30/10, no replica holds that now", ""},
		{"changed, one lags", func(w *world) {
			w.plan(t)
			w.route().Weights = fleet.Weights{"a": 1, "b": 1, "api": 1}
			w.route().Hash = fleet.HashWeights(w.route().Weights)
		}, hard, "the gateway holds 1/1/1", ""},
		{"silent", func(w *world) {
			w.plan(t)
			for i := range w.route().Replicas {
				w.route().Replicas[i].Stale = true
			}
		}, hard, "", ""},
		{"no route", func(w *world) { w.plan(t); w.s.Routes = nil }, hard, "not in the fleet", "missing"},
	})
}

func TestPermission(t *testing.T) {
	gateway := func(m fleet.Maybe[bool]) func(w *world) {
		return func(w *world) {
			w.s.Gateways[0].Writable, w.s.Gateways[0].WritableWhy = m, fleet.Text("models in file")
		}
	}
	judgeAll(t, "IL-39", []verdictCase{
		{"allowed", nil, ok, "writing is allowed, database mode", ""},
		{"read-only", func(w *world) { w.b.Access = actions.Access{Why: fleet.Text("not armed: type :arm 30m")} }, hard,
			":arm 30m", ""},
		{"read-only without a reason", func(w *world) { w.b.Access = actions.Access{} }, hard, "read-only", ""},
		{"armed", func(w *world) { w.b.Access.ArmedUntil = now.Add(time.Minute) }, ok, "", ""},
		{"no longer armed", func(w *world) { w.b.Access.ArmedUntil = ago(time.Second) }, hard, "until 14:07:21Z", ""},
		{"gateway refuses", gateway(fleet.Some(false)), hard, "models in file", ""},
		{"gateway unknown", gateway(fleet.None[bool]()), warn, "tried and reported", "missing"},
		{"gateway gone", func(w *world) { w.s.Gateways = nil }, warn, "tried and reported", "missing"},
	})
}

func TestDrillSeparation(t *testing.T) {
	judgeAll(t, "IL-45", []verdictCase{
		{"both live", nil, ok, "plan and fleet are both live", ""},
		{"drill on live", func(w *world) { w.plan(t); w.p.Mode = fleet.ModeDrill }, hard,
			"planned for eu (drill), this is eu (live)", ""},
		{"other context", func(w *world) { w.plan(t); w.s.Context = "us" }, hard, "this is us", ""},
		{"unknown", func(w *world) { w.plan(t); w.s.Mode = "" }, hard, "unknown", "missing"},
	})
}
