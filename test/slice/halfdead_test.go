package slice

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/actions/shared/sharedtest"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

const standbyCluster = "kube-ams1" // of h200-dr

// withClusters gives the operator the embedded clusters as well, and locks that machines share in one of them.
func (r *rig) withClusters(shared *sharedtest.Cluster) {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), "kubeconfig")
	if err := r.sim.WriteKubeconfig(path); err != nil {
		r.t.Fatal(err)
	}
	set, inv, log := registry.Set(registry.Connectors()), r.sim.Inventory(), slog.New(slog.DiscardHandler)
	sources := r.sim.ClusterSources(path)
	deps := set.Equip(fleet.Deps{Clock: r.clock, Log: log, Secret: r.sim.Secret}, sources)
	var err error
	r.desk, err = desk.New(desk.Options{State: r.t.TempDir(), Clock: r.clock, Log: log, Latest: r.hub.Latest, Refresh: r.hub.Refresh,
		Context: inv.Context, Env: inv.Env, Roller: set.Rollers(func() []fleet.SourceSpec { return sources }, deps),
		Writers:       func() (map[fleet.GatewayID]fleet.RouteWriter, error) { return set.Writers(inv.Gateways, deps) },
		ObjectWriters: func() (map[fleet.ClusterID]fleet.ObjectWriter, error) { return set.ObjectWriters(sources, deps) },
		Shared:        map[fleet.ClusterID]fleet.SharedReader{standbyCluster: shared},
		SharedWriters: func() (map[fleet.ClusterID]fleet.SharedWriter, error) {
			return map[fleet.ClusterID]fleet.SharedWriter{standbyCluster: shared}, nil
		}})
	if err != nil {
		r.t.Fatal(err)
	}
}

// standby is the start of one more replica of the pool that stands by, as a part of a failover.
func (r *rig) standby(as actions.FailoverPart) ([]actions.PlannedPart, error) {
	r.t.Helper()
	p := r.hub.Latest().Pool("h200-dr")
	return r.desk.WarmParts(r.t.Context(), []actions.Warmup{{Pool: p.Spec.ID, Object: p.Spec.Workload, Replicas: len(p.Replicas) + 1}}, as)
}

// With the API servers gone gateways are written all the same; that no standby pool can be started is said.
func TestAFailoverNeedsNoKubernetes(t *testing.T) {
	t.Parallel()
	r := rigOf(t, sim.Options{Demand: .2, AtOnce: true}, rarely)
	r.after(time.Minute)
	r.withClusters(sharedtest.New())
	for _, c := range r.sim.Clusters() {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wait := r.flow(40)
	if _, err := r.standby(actions.FailoverPart{ID: "fo-x", Origin: poolB200}); fleet.KindOf(err) != fleet.KindUnreachable {
		t.Errorf("starting a standby pool: %v", err)
	}
	id, started := r.leave(poolB200, actions.FailoverWish{Split: actions.SplitBalanced, Ramp: actions.Ramp{Points: 100}})
	if back := r.readBack(id, wait); len(started) != 1 || back.IsZero() {
		t.Errorf("started %+v, read back %s", started, back)
	}
	if w := r.hub.Latest().Route("chat").Weights; w != nil && w["b200-a"] != 0 {
		wait(10 * time.Second)
		if w = r.hub.Latest().Route("chat").Weights; w["b200-a"] != 0 {
			t.Errorf("the route holds %v", w)
		}
	}
}

// Locks that cannot be asked for in a cluster keep nothing of a failover that is not in that cluster, and the rest by an override.
func TestAFailoverWithoutSharedLocks(t *testing.T) {
	t.Parallel()
	r := rigOf(t, sim.Options{Demand: .2, AtOnce: true}, rarely)
	r.after(time.Minute)
	shared := sharedtest.New()
	r.withClusters(shared)
	shared.SetDown(&fleet.Error{Kind: fleet.KindUnreachable, Op: "ask for the lock", Err: errors.New("nothing listens")})
	wait := r.flow(40)
	e, err := r.desk.Evacuate(poolB200, actions.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := r.desk.FailoverParts(e, actions.FailoverWish{Split: actions.SplitBalanced, Ramp: actions.Ramp{Points: 100}})
	if err != nil {
		t.Fatal(err)
	}
	as := *parts[0].Plan.Intent.Failover
	warm, err := r.standby(as)
	if err != nil {
		t.Fatal(err)
	}
	lock := warm[0].Checks[slices.IndexFunc(warm[0].Checks, func(c actions.Check) bool { return c.ID == "IL-20" })]
	if lock.Severity != actions.SeverityOVR || !lock.Missing {
		t.Errorf("%s %s %s", lock.ID, lock.Severity, lock.Formula)
	}
	a := actions.Approval{Reason: "the slice asks for it", Typed: "b200-a"}
	for _, p := range append(slices.Clone(parts), warm...) {
		a.Overrides = append(a.Overrides, actions.Overrides(p.Checks)...)
	}
	without := a
	without.Overrides = slices.DeleteFunc(slices.Clone(a.Overrides), func(id string) bool { return id == "IL-20" })
	started := r.desk.StartParts(append(slices.Clone(parts), warm...), without)
	if started[0].Err != nil || fleet.KindOf(started[1].Err) != fleet.KindBlocked || started[1].Object != warm[0].Plan.Object() {
		t.Fatalf("without the override: %+v", started)
	}
	started = r.desk.StartParts(warm, a)
	if started[0].Err != nil {
		t.Fatalf("with the override: %v", started[0].Err)
	}
	b := r.desk.Book()
	if l := b.LockOn(warm[0].Plan.Lock()); l == nil || !l.Mine {
		t.Errorf("its lock of this machine: %+v", l)
	}
	r.readBack(as.ID, wait)
	b = r.desk.Book()
	if runs := actions.Failovers(b); len(runs) != 1 || len(runs[0].Leaves) != 1 || len(runs[0].Warms) != 1 {
		t.Errorf("%+v", runs)
	}
}
