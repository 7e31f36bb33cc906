package sim

import (
	"iter"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/backends/sim/world"
)

// clusterOf is the cluster that a pool belongs to, as an account beside it sees it; nil for no pool.
func (f *Fleet) clusterOf(pool string) *account.Cluster {
	for i := range f.world.Spec.Pools {
		if p := &f.world.Spec.Pools[i]; p.Name == pool {
			site := poolSite(p)
			return &account.Cluster{Name: clusterPrefix + site, Look: func() account.Stand { return f.standing(site) },
				Past: func(length time.Duration) iter.Seq2[time.Time, account.Stand] { return f.stood(site, length) }}
		}
	}
	return nil
}

// poolsOf are those of a site, by name.
func (f *Fleet) poolsOf(site string) map[string]*world.PoolSpec {
	of := map[string]*world.PoolSpec{}
	for i := range f.world.Spec.Pools {
		if p := &f.world.Spec.Pools[i]; poolSite(p) == site {
			of[p.Name] = p
		}
	}
	return of
}

// hourOf is what a GPU of a pool costs an hour.
func (f *Fleet) hourOf(p *world.PoolSpec) float64 { return float64(f.poolSpec(p).GPUHour.V) }

// standing is what a site's cluster holds now.
func (f *Fleet) standing(site string) (s account.Stand) {
	of := f.poolsOf(site)
	f.world.At(f.options.Clock.Now(), func() {
		for _, n := range f.world.Nodes() {
			if p := of[n.Pool]; p != nil {
				s.Nodes = append(s.Nodes, account.Node{Name: n.Name, GPUs: n.GPUs, Hour: f.hourOf(p)})
			}
		}
		engines := map[string]*world.Replica{}
		for _, r := range f.world.Replicas {
			engines[r.Name] = r
		}
		for _, p := range f.world.Pods() {
			if pool := of[p.Pool]; pool != nil && p.Node != "" && p.Phase != world.PhaseFailed {
				s.Pods = append(s.Pods, podOf(pool, p, engines[p.Replica]))
			}
		}
	})
	return s
}

// podOf is a pod with what its engine counts, where that has the counters of vLLM.
func podOf(pool *world.PoolSpec, p world.Pod, r *world.Replica) account.Pod {
	out := account.Pod{Name: p.Name, Namespace: world.Namespace, Node: p.Node, Model: pool.Model, GPUs: p.GPUs}
	if r == nil || r.Name != p.Name {
		return out
	}
	for _, g := range r.GPUs {
		out.Busy += g.Busy / float64(len(r.GPUs))
	}
	if pool.Engine == "vllm" {
		out.Counts = account.Counts{Prompt: r.Stats.Prompt, Generated: r.Stats.Generated, Prefill: r.Stats.Prefill.Sum, Decode: r.Stats.Deco.Sum}
	}
	return out
}

// stood is what it held in the fortnight before: the pods that are wanted at the begin, with the tokens of History.
func (f *Fleet) stood(site string, length time.Duration) iter.Seq2[time.Time, account.Stand] {
	of := f.poolsOf(site)
	return func(yield func(time.Time, account.Stand) bool) {
		var at time.Time
		var s account.Stand
		for h := range f.History() {
			p := of[string(h.Pool)]
			if p == nil || h.Route != "" {
				continue
			}
			if from := h.At.Add(-length); !from.Equal(at) {
				if !at.IsZero() && !yield(at, s) {
					return
				}
				at, s = from, account.Stand{}
			}
			f.add(&s, p, &h)
		}
		if !at.IsZero() {
			yield(at, s)
		}
	}
}

// add puts a pool of the past into a stand, its pods as one.
func (f *Fleet) add(s *account.Stand, p *world.PoolSpec, h *HistoryPoint) {
	if len(p.Nodes) == 0 {
		return
	}
	for _, n := range p.Nodes {
		s.Nodes = append(s.Nodes, account.Node{Name: n, GPUs: p.PerNode, Hour: f.hourOf(p)})
	}
	wanted := len(p.Replicas) - p.Spare
	pod := account.Pod{Name: p.Name, Namespace: world.Namespace, Node: p.Nodes[0], Model: p.Model, GPUs: wanted * p.GPUs}
	pod.Busy = pastBusy(p, h.InTokens, h.OutTokens)
	if p.Engine == "vllm" {
		pod.Counts = account.Counts{Prompt: h.InTokens, Generated: h.OutTokens}
	}
	s.Pods = append(s.Pods, pod)
}
