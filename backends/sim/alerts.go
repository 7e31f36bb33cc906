package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"pitwall/backends/sim/alertapi"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
)

// AlertmanagerName is the endpoint of the simulated Alertmanager.
const AlertmanagerName = "alertmanager"

// alerting is the simulated Alertmanager of a fleet, with the rules that fill it.
type alerting struct {
	url    string
	api    *alertapi.Server
	server *http.Server
}

// reserveAlerts opens the Alertmanager's own port.
func reserveAlerts(ctx context.Context) (net.Listener, error) {
	held, err := wire.Reserve(ctx, []string{AlertmanagerName})
	return held[AlertmanagerName], err
}

// newAlerting serves on l, which it closes.
func newAlerting(l net.Listener, o Options, w *world.World) *alerting {
	rules := &rules{world: w, now: o.Clock.Now}
	a := &alerting{url: "http://" + l.Addr().String(), api: alertapi.New(alertapi.Options{Clock: o.Clock, Firing: rules.firing})}
	a.server = &http.Server{Handler: a.api, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = a.server.Serve(l) }() // ends with http.ErrServerClosed
	return a
}

func (a *alerting) close() error { return a.server.Close() }

// The limits of the rules.
const (
	errorWindow   = time.Minute
	errorLimit    = 0.02
	leastRequests = 20
	queueLimit    = 30
)

// rules are evaluated on the causes and counters of the world, as a Prometheus' rules are on what it scraped.
type rules struct {
	world *world.World
	now   func() time.Time

	mu      sync.Mutex
	samples []sample // of the last minutes, oldest first
}

// sample is the counters of the gateways at one time, by member.
type sample struct {
	at      time.Time
	members map[string]tally
}

type tally struct{ total, failed float64 }

// firing lists what the rules find now, in one order.
func (r *rules) firing() []alertapi.Firing {
	var out []alertapi.Firing
	now := r.now()
	fire := func(name, severity, summary string, labels map[string]string) {
		labels["alertname"], labels["severity"], labels["cluster"] = name, severity, "demo"
		out = append(out, alertapi.Firing{Labels: labels, Annotations: map[string]string{"summary": summary}})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.world.At(now, func() {
		r.engines(fire)
		r.devices(fire)
		for _, name := range r.world.Egress() {
			fire("UnexpectedEgress", "critical", fmt.Sprintf("%s opens connections to an address that is not on its list.", name),
				map[string]string{"pod": name, "namespace": "gateway"})
		}
		r.members(now, fire)
	})
	return out
}

type fireFunc func(name, severity, summary string, labels map[string]string)

func (r *rules) engines(fire fireFunc) {
	for _, e := range r.world.Replicas {
		labels := func() map[string]string {
			return map[string]string{"pod": e.Name, "pool": e.Pool.Name, "namespace": "serving"}
		}
		if !e.Up() {
			fire("EngineDown", "critical", fmt.Sprintf("Engine %s does not answer.", e.Name), labels())
			continue
		}
		if n := e.Gauges().Waiting; n > queueLimit {
			fire("QueueGrows", "warning", fmt.Sprintf("More than %d requests wait at %s.", queueLimit, e.Name), labels())
		}
	}
}

func (r *rules) devices(fire fireFunc) {
	lost := map[string]int{}
	for _, g := range r.world.GPUs {
		if g.Lost {
			lost[g.Node]++
		}
	}
	for node, n := range lost {
		fire("GPUMissing", "critical", fmt.Sprintf("%d GPUs of %s are gone from the bus.", n, node), map[string]string{"node": node})
	}
}

// members compares the counters of every member of a route with those of a minute ago.
func (r *rules) members(now time.Time, fire fireFunc) {
	current := sample{at: now, members: map[string]tally{}}
	specs := map[string]*world.DeploymentSpec{}
	for _, g := range r.world.Gateways {
		for _, d := range g.Stats.Deployments {
			t := current.members[d.Spec.ID]
			t.total += d.Total
			t.failed += d.Total - d.Success
			current.members[d.Spec.ID], specs[d.Spec.ID] = t, d.Spec
		}
	}
	if n := len(r.samples); n == 0 || now.Sub(r.samples[n-1].at) >= time.Second {
		r.samples = append(r.samples, current)
	}
	for len(r.samples) > 1 && now.Sub(r.samples[1].at) >= errorWindow {
		r.samples = r.samples[1:]
	}
	before := r.samples[0]
	var ids []string
	for id := range specs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		total := current.members[id].total - before.members[id].total
		failed := current.members[id].failed - before.members[id].failed
		if total < leastRequests || failed/total <= errorLimit {
			continue
		}
		d := specs[id]
		labels := map[string]string{"route": d.Route}
		target := d.Pool
		if d.Provider != "" {
			labels["provider"], target = d.Provider, d.Provider
		} else {
			labels["pool"] = d.Pool
		}
		fire("MemberErrors", "warning", fmt.Sprintf("More than 2%% of the requests of %s to %s fail.", d.Route, target), labels)
	}
}

// reserveOwn opens the ports of the systems beside the fleet: the store and the Alertmanager.
func reserveOwn(ctx context.Context) (store, alerts net.Listener, err error) {
	if store, err = reserveStore(ctx); err != nil {
		return nil, nil, err
	}
	if alerts, err = reserveAlerts(ctx); err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, alerts, nil
}
