package world

// probeEvery is the period of readiness probes, in sub-steps.
const probeEvery = 100

// probe asks the engines whose readiness probe makes a token: it queues like any request, and an engine whose queue
// is older than the probe's deadline is taken out of its service until it has caught up.
func (w *World) probe(now float64) {
	if w.steps%probeEvery != 0 {
		return
	}
	for _, r := range w.Replicas {
		if r.state != serving || r.pod.Terminating {
			continue
		}
		ok := r.set.probe <= 0 || now-r.oldest(now) < r.set.probe
		if ok == r.pod.Ready {
			continue
		}
		if ok {
			r.pod.Ready, r.pod.ReadySince = true, w.Now()
			w.touch(&r.pod.Version)
			w.touch(&r.set.Version)
			continue
		}
		w.unready(r)
		w.tell("Pod", r.pod.Name, "Warning", "Unhealthy", "Readiness probe failed: context deadline exceeded")
	}
}

// oldest is when the request at the head of the queue came in; now when there is none.
func (r *Replica) oldest(now float64) float64 {
	switch {
	case len(r.waiting) > 0:
		return r.waiting[0].arrived
	case len(r.inbox) > 0:
		return r.inbox[0].arrived
	}
	return now
}

// hold keeps an attempt whose service has no endpoint, where the proxy before it does so; else the attempt fails.
func (w *World) hold(t *attempt, at float64) {
	for _, s := range w.cluster.sets {
		if s.Name == t.deployment.row.Spec.Pool && s.holds {
			s.held = append(s.held, t)
			return
		}
	}
	w.refuse(t, at)
}

// release lets go of what proxies hold: to the endpoints that there are now, or to nobody where the proxy no longer
// holds requests.
func (w *World) release(now float64) {
	for _, s := range w.cluster.sets {
		if len(s.held) == 0 {
			continue
		}
		replicas := w.endpoints(s.Name)
		if len(replicas) == 0 && s.holds {
			continue
		}
		for _, t := range s.held {
			switch {
			case t.ended:
			case len(replicas) == 0:
				w.refuse(t, now)
			default:
				w.deliver(replicas, t, now)
			}
		}
		s.held = s.held[:0]
	}
}

// deliver gives an attempt to one of the endpoints.
func (w *World) deliver(replicas []*Replica, t *attempt, at float64) {
	r := replicas[w.spread.IntN(len(replicas))]
	if r.state != serving {
		w.refuse(t, at)
		return
	}
	r.receive(t, at)
}

// Telemetry is how the metrics pages of a site are.
type Telemetry int

// The states of a site's telemetry.
const (
	TelemetryLive   Telemetry = iota
	TelemetryFrozen           // pages repeat themselves
	TelemetrySilent           // nothing answers
)

// Telemetry returns how the metrics pages of a site are. It is for use inside At.
func (w *World) Telemetry(site string) Telemetry { return w.telemetry[site] }
