package runner

import (
	"context"
	"slices"

	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// served is one replica that can be asked.
type served struct {
	name   string // of its pod, or its own
	source fleet.SourceID
	model  fleet.ModelName
}

// round is one replica asked, with an old one beside it for what it gets wrong. It is used by one goroutine.
type round struct {
	open    func(fleet.SourceID) (fleet.Asker, error)
	fresh   served
	old     []served
	prompts []fleet.GoldenPrompt

	found []golden.Finding
	bad   map[string]bool // prompts that are wrong with the old version too
}

// ask asks until a replica does not answer at all: it would not answer the next prompt either.
func (r *round) ask(ctx context.Context) {
	r.bad = map[string]bool{}
	by, err := r.open(r.fresh.source)
	if err != nil {
		r.found = append(r.found, golden.Finding{Prompt: r.prompts[0].Name, Verdict: golden.Unclear, Why: fleet.Sentence(err)})
		return
	}
	for i := range r.prompts {
		f := golden.Ask(ctx, by, r.fresh.model, &r.prompts[i])
		if f.Verdict == golden.Fail || f.Refused {
			f = r.against(ctx, f, &r.prompts[i])
		}
		r.found = append(r.found, f)
		if f.Silent || ctx.Err() != nil {
			return
		}
	}
}

// against asks an old replica what the new one got wrong. What both get wrong is the prompt's fault; where no old one can
// be asked, a wrong answer is one.
func (r *round) against(ctx context.Context, f golden.Finding, p *fleet.GoldenPrompt) golden.Finding {
	for _, old := range r.old {
		by, err := r.open(old.source)
		if err != nil {
			continue
		}
		switch was := golden.Ask(ctx, by, old.model, p); {
		case was.Verdict == golden.Pass && f.Refused:
			f.Verdict, f.Refused = golden.Fail, false
			f.Why = fleet.Concat(f.Why, fleet.Text("; the old version answers it as asked"))
			return f
		case was.Verdict == golden.Pass:
			return f
		case was.Verdict == golden.Fail, was.Refused:
			r.bad[p.Name] = true
			f.Verdict = golden.Unclear
			return f
		}
	}
	if f.Verdict == golden.Fail {
		f.Why = fleet.Concat(f.Why, fleet.Text("; no old replica could be asked"))
	}
	return f
}

// mostOld is how many old replicas are tried.
const mostOld = 2

// newReplicas are the replicas of the new version that are read and ready.
func (k *carrier) newReplicas() []served {
	r := &k.work.now
	if len(r.UpdatedPods) == 0 && r.Phase == fleet.RolloutDone { // all there are
		return k.replicasServing(func(p *fleet.Pool, _ *fleet.ObjectRef) bool { return slices.Contains(k.work.plan.Serving(), p.Spec.ID) })
	}
	return k.replicasServing(k.among(r.UpdatedPods))
}

func (k *carrier) oldReplicas() []served {
	list := k.replicasServing(k.among(k.work.now.OldPods))
	return list[:min(len(list), mostOld)]
}

// among tells pods of the change's object by their names.
func (k *carrier) among(pods []string) func(*fleet.Pool, *fleet.ObjectRef) bool {
	o := &k.work.plan.Was.Object
	return func(_ *fleet.Pool, pod *fleet.ObjectRef) bool {
		return pod.Cluster == o.Cluster && pod.Namespace == o.Namespace && slices.Contains(pods, pod.Name)
	}
}

// replicasServing finds what reads the replicas that are wanted. A pod that the cluster shows as not ready is left out.
func (k *carrier) replicasServing(wanted func(*fleet.Pool, *fleet.ObjectRef) bool) []served {
	s := k.r.o.Latest()
	if s == nil {
		return nil
	}
	var out []served
	seen := podsOfModels{}
	for i := range s.Pools {
		p := &s.Pools[i]
		for _, spec := range p.Spec.Replicas {
			pod := s.ReplicaPod(p, &spec)
			if !wanted(p, &pod) || unready(s, &pod) || seen.again(&pod, p) {
				continue
			}
			at := slices.IndexFunc(p.Replicas, func(r fleet.Replica) bool { return r.ID == spec.ID })
			if at < 0 || p.Replicas[at].Source == "" {
				continue
			}
			x := served{name: pod.Name, source: p.Replicas[at].Source, model: k.served(p.Spec.Model)}
			if x.name == "" {
				x.name = string(spec.ID)
			}
			out = append(out, x)
		}
	}
	return out
}

// unready tells whether the cluster shows a pod that does not serve yet.
func unready(s *fleet.Snapshot, pod *fleet.ObjectRef) bool {
	c := s.Cluster(pod.Cluster)
	if c == nil || pod.Name == "" {
		return false
	}
	at := slices.IndexFunc(c.Pods, func(p *fleet.Pod) bool { return p.Namespace == pod.Namespace && p.Name == pod.Name })
	return at >= 0 && c.Pods[at].Ready < c.Pods[at].Containers
}

// served is the name by which users ask for the model: the pool's, else what the object tells its engine.
func (k *carrier) served(of fleet.ModelName) fleet.ModelName {
	if of != "" {
		return of
	}
	for _, v := range []*fleet.Version{&k.work.plan.To, &k.work.plan.Was.Now} {
		if len(v.Served) > 0 {
			return fleet.ModelName(v.Served[0].String())
		}
	}
	return ""
}
