package kserve

import (
	"context"
	"strings"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/podspec"
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
