package backends

import (
	"time"

	"pitwall/fleet"
)

// alertsOf lists what is wrong now: symptoms of users first, then what explains them.
func (w *world) alertsOf(s *fleet.Snapshot, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	for i := range s.Routes {
		list = append(list, routeAlerts(&s.Routes[i])...)
	}
	for i := range s.Pools {
		list = append(list, poolAlerts(&s.Pools[i])...)
	}
	for i := range s.Providers {
		list = append(list, providerAlerts(&s.Providers[i])...)
	}
	list = append(list, leavingAlerts(s, now)...)
	standby := func(id fleet.PoolID) bool { p := s.Pool(id); return p != nil && p.Spec.Standby }
	for i := range s.Accounts {
		list = append(list, accountAlerts(&s.Accounts[i], standby, now)...)
	}
	for i := range s.Sources {
		list = append(list, sourceAlerts(&s.Sources[i], now)...)
	}
	list = append(list, w.moneyAlerts(s, now)...)
	list = append(list, keyAlerts(s.Spend.Keys)...)
	active := make(map[string]time.Time, len(list))
	for i := range list {
		a := &list[i]
		key := string(a.Level) + "\x00" + a.Object.String() + "\x00" + a.Runbook.String() + "\x00" + string(a.Route)
		since, ok := w.alerts[key]
		if !ok {
			since = now
		}
		active[key] = since
		a.Since = since
	}
	w.alerts = active // what is no longer wrong begins anew when it comes back
	list = append(list, w.outsideAlerts(now)...)
	sortAlerts(list)
	return list
}

func routeAlerts(r *fleet.Route) []fleet.Alert {
	var list []fleet.Alert
	object := fleet.Label(string(r.Spec.ID))
	if e, limit := r.Load.Errors, r.Spec.Guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
		list = append(list, fleet.Alert{Level: fleet.LevelCrit, Object: object, Route: r.Spec.ID,
			Text: overLimit("err ", e.V.Text(), limit.V.Text(), "%"), Detail: r.Why, Runbook: fleet.Text("route-errors")})
	}
	if t, limit := r.Load.TTFT95, r.Spec.Guard.TTFT95; t.OK && limit.OK && t.V > limit.V {
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: object, Route: r.Spec.ID,
			Text: overLimit("ttft95 ", t.V.Text(), limit.V.Text(), ""), Detail: r.Why, Runbook: fleet.Text("slow-first-token")})
	}
	for _, v := range r.Replicas {
		if v.Differs {
			list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Label(string(v.ID)), Route: r.Spec.ID,
				Text:   fleet.Concat(object, fleet.Text(" read-back differs: "), v.Weights.Text(r.Order())),
				Detail: fleet.Text("R resyncs it"), Runbook: fleet.Text("split-gateway")})
		}
	}
	list = append(list, policyAlerts(r)...)
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Spec.Pool != "" || t.Set.Or(0) == 0 {
			continue // pools have alerts of their own
		}
		if e, limit := t.Load.Errors, r.Spec.Guard.ErrRatio; e.OK && limit.OK && e.V > limit.V {
			list = append(list, fleet.Alert{Level: fleet.LevelCrit, Object: fleet.Label(string(t.Spec.ID)), Route: r.Spec.ID,
				Text:   overLimit("err ", e.V.Text(), limit.V.Text(), "%"),
				Detail: fleet.Concat(fleet.Text("route "), object), Runbook: fleet.Text("provider-brownout")})
		}
	}
	return list
}

// policyAlerts says a drift of a route's policy: it hurts money or quality, and nobody at once.
func policyAlerts(r *fleet.Route) []fleet.Alert {
	st := r.Policy
	if st == nil || st.Verdict != fleet.PolicyDrifting {
		return nil
	}
	return []fleet.Alert{{Level: fleet.LevelWarn, Object: fleet.Label(string(r.Spec.ID)), Route: r.Spec.ID,
		Text: fleet.Textf("%s, seen %s", r.Spec.Policy.Text(), st.Seen.V.Split()), Detail: st.Means, Runbook: fleet.Text("policy-drift")}}
}

func poolAlerts(p *fleet.Pool) []fleet.Alert {
	var list []fleet.Alert
	object, subject := fleet.Label(string(p.Spec.ID)), fleet.Subject{Pool: p.Spec.ID}
	main := fleet.Alert{Level: fleet.LevelWarn, Object: object, Subject: subject, Text: p.Why, Runbook: fleet.Text("pool-degraded")}
	worst, _, _ := worstReplica(p)
	lags := lagExplains(p, worst)
	switch {
	case p.State.Rank() >= fleet.StateCrit.Rank():
		main.Level = fleet.LevelCrit
	case p.State == fleet.StateWarn:
	case p.State == fleet.StateStale:
		main.Level, main.Runbook = fleet.LevelStale, fleet.Text("source-stale")
		main.Detail = fleet.Text("ask a second source before acting on it")
		return append(append(list, main), gpuAlerts(p)...)
	default:
		return gpuAlerts(p)
	}
	if n := p.Load.Waiting; n.OK && n.V > 0 {
		main.Detail = fleet.Concat(fleet.Text("queue "), n.V.Text())
	}
	switch {
	case p.Progress.Moving.OK && !p.Progress.Why.IsEmpty():
		main.Runbook = fleet.Text("zombie-engine")
	case lags:
		main.Runbook = stragglerBook
	}
	list = append(list, main)
	for i := range p.Replicas { // beside another trouble of the pool a straggler is one of its own
		if r := &p.Replicas[i]; r.Lag.OK && !(lags && r == worst) {
			list = append(list, stragglerAlert(p, r))
		}
	}
	return append(list, gpuAlerts(p)...)
}

// lagExplains tells whether a pool is in its state because its worst replica lags.
func lagExplains(p *fleet.Pool, worst *fleet.Replica) bool {
	return p.State == fleet.StateWarn && worst != nil && worst.Lag.OK && p.Why == named(worst)
}

func stragglerAlert(p *fleet.Pool, r *fleet.Replica) fleet.Alert {
	return fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Label(string(r.ID)),
		Subject: fleet.Subject{Pool: p.Spec.ID, Replica: r.ID}, Text: r.Why,
		Detail: fleet.Concat(fleet.Text("pool "), fleet.Label(string(p.Spec.ID))), Runbook: stragglerBook}
}

var stragglerBook = fleet.Text("straggler")

func gpuAlerts(p *fleet.Pool) []fleet.Alert {
	var list []fleet.Alert
	for _, n := range p.Nodes {
		if n.State == fleet.StateStale && len(n.GPUs) > 0 && n.GPUs[0].Frozen {
			list = append(list, fleet.Alert{Level: fleet.LevelStale, Object: fleet.Label(string(n.ID)),
				Subject: fleet.Subject{Pool: p.Spec.ID, Node: n.ID}, Text: n.Why,
				Detail: fleet.Text("ask a second source before acting on it"), Runbook: fleet.Text("source-stale")})
		}
		if n.State != fleet.StateCrit && n.State != fleet.StateDown {
			continue
		}
		list = append(list, fleet.Alert{Level: fleet.LevelCrit, Object: fleet.Label(string(n.ID)),
			Subject: fleet.Subject{Pool: p.Spec.ID, Node: n.ID}, Text: n.Why,
			Detail: fleet.Concat(fleet.Text("pool "), fleet.Label(string(p.Spec.ID))), Runbook: fleet.Text("gpu-loss")})
	}
	return list
}

func providerAlerts(p *fleet.Provider) []fleet.Alert {
	var list []fleet.Alert
	object, subject := fleet.Label(string(p.Spec.ID)), fleet.Subject{Provider: p.Spec.ID}
	if p.State == fleet.StateWarn || p.State == fleet.StateCrit {
		level := fleet.LevelWarn
		if p.State == fleet.StateCrit {
			level = fleet.LevelCrit
		}
		list = append(list, fleet.Alert{Level: level, Object: object, Subject: subject, Text: p.Why,
			Runbook: fleet.Text("provider-degraded")})
	}
	for _, m := range p.Unpriced {
		list = append(list, fleet.Alert{Level: fleet.LevelInfo, Object: object, Subject: subject,
			Text:    fleet.Concat(fleet.Label(string(m)), fleet.Text(" has no price: its cost is missing from $/h")),
			Runbook: fleet.Text("unpriced")})
	}
	return list
}

func sourceAlerts(st *fleet.SourceStatus, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	object := fleet.Label(string(st.ID))
	if st.Stale || st.Failing >= failuresToSay {
		last := fleet.Text("never read")
		if !st.LastGood.IsZero() {
			last = fleet.Concat(fleet.Text("last good "), fleet.ClockTime(st.LastGood))
		}
		again := fleet.Text(", being read")
		switch {
		case st.NextTry.IsZero() && st.LastTry.IsZero():
			again = fleet.Text(", it could not be opened")
		case st.NextTry.After(now):
			again = fleet.Concat(fleet.Text(", retry in "), fleet.Age(st.NextTry.Sub(now)))
		}
		text := st.Cause // the reason: the object names where, and the narrow column shows what comes first
		if text.IsEmpty() {
			text = st.Err
		}
		if text.IsEmpty() {
			text = fleet.Text("no answer")
		}
		list = append(list, fleet.Alert{Level: fleet.LevelStale, Object: object, Subject: st.Subject, Text: text,
			Detail:  fleet.Concat(last, again),
			Runbook: fleet.Text("source-stale")})
	}
	if st.Skew.OK && (st.Skew.V > skewLimit || st.Skew.V < -skewLimit) {
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: object, Subject: st.Subject,
			Text:    fleet.Concat(fleet.Text("its clock is off by "), skewText(st.Skew.V)),
			Detail:  fleet.Text("ages are counted by this machine's clock"),
			Runbook: fleet.Text("clock-skew")})
	}
	return list
}

// skewLimit is how far a server's clock may be off before it is said.
const skewLimit = 30 * time.Second

func skewText(d time.Duration) fleet.Safe {
	if d < 0 {
		return fleet.Concat(fleet.Text("-"), fleet.Age(-d))
	}
	return fleet.Concat(fleet.Text("+"), fleet.Age(d))
}
