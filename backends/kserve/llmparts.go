package kserve

import (
	"context"
	"strings"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/scalers"
	"pitwall/fleet"
)

// llmPart is one pod specification of a service, with the workload that is made of it.
type llmPart struct {
	at       string // pointer to the pod specification
	stamp    string // pointer to what restarts it
	workload workload
}

func (p llmPart) words() string { return strings.ReplaceAll(p.at[1:], "/", ".") }

// parts are the pod specifications of a service: what answers, where several nodes do their workers, and the same of what fills
// prompts. Each may come from a preset as a whole.
func (s *llm) parts() []llmPart {
	stamp := func(at string) string { return at + jsonptr.Path("annotations", restartMark) }
	list := []llmPart{{"/spec/template", stamp("/spec"), s.primary()}}
	if s.primary().Kind == lwsKind.Kind {
		list = append(list, llmPart{"/spec/worker", stamp("/spec"), s.primary()})
	}
	p := s.prefill()
	if p.Name == "" {
		return list
	}
	list = append(list, llmPart{"/spec/prefill/template", stamp("/spec/prefill"), p})
	if p.Kind == lwsKind.Kind {
		list = append(list, llmPart{"/spec/prefill/worker", stamp("/spec/prefill"), p})
	}
	return list
}

// partOf is the part of which a workload, or the workers of one, are made.
func (s *llm) partOf(w workload, worker bool) llmPart {
	found := llmPart{}
	for _, p := range s.parts() {
		if p.workload == w && (found.at == "" || worker) {
			found = p // workers come behind those that lead them
		}
	}
	return found
}

// beside is how many GPUs the roll of what fills prompts takes beside what runs.
func (s *llm) beside(ctx context.Context) (int, error) {
	w := s.prefill()
	if w.Kind != child.DeploymentKind.Kind {
		return 0, nil
	}
	d, err := child.Read(ctx, s.c, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: w.Kind, Namespace: s.ref.Namespace, Name: w.Name})
	if err = child.PassOver(err); err != nil || d == nil {
		return 0, err
	}
	return d.Surge().Extra * podspec.GPUs(&d.Template.Pod().Spec), nil
}

// unsized says what of the number of replicas that is wanted of a workload it does not keep yet. A preset may say it in place of the
// service, and what KEDA was told to leave where it is, or put to rest, is left so.
func (s *llm) unsized(called fleet.Safe, n int, w workload, r *fleet.Rollout) fleet.Safe {
	replicas, scaling := s.o.Spec.Replicas, s.o.Spec.Scaling
	if w == s.prefill() {
		if replicas, scaling = nil, nil; s.o.Spec.Prefill != nil {
			replicas, scaling = s.o.Spec.Prefill.Replicas, s.o.Spec.Prefill.Scaling
		}
	}
	least, most := 0, 0
	switch {
	case r != nil && r.Scaler.API == scalers.ScaledObjectKind && !r.Scaler.Held.IsEmpty():
		return fleet.Safe{}
	case scaling != nil:
		least, most = int(orOne(scaling.Min)), max(int(scaling.Max), int(orOne(scaling.Min)))
		if n == 0 {
			return fleet.Safe{} // at rest
		}
	case replicas != nil && !scales(r):
		least, most = int(*replicas), int(*replicas)
	default:
		return fleet.Safe{}
	}
	if n >= least && n <= most {
		return fleet.Safe{}
	}
	return fleet.Textf("%s keeps %s, wanted are %s", called, fleet.Many(n, "replica"), between(least, most))
}

// scales tells that something scales the workload beside what its service says.
func scales(r *fleet.Rollout) bool { return r != nil && r.Scaler.Exists() }
