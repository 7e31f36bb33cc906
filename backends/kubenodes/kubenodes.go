// Package kubenodes knows how nodes are cordoned, drained pod by pod, and opened again. It reads through fleet.Objects,
// drafts writes and sends none of them.
package kubenodes

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// The kinds.
var (
	nodeKind   = fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	podKind    = fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}
	budgetKind = fleet.ObjectKind{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets", Kind: "PodDisruptionBudget"}
)

// Connector is the entry of the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind: "kubenodes", Title: "Kubernetes nodes",
		Reads:           "v1: cordon, who cordoned it and why, its pods with their budgets",
		Writes:          "cordon and uncordon; evictions of single pods",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator implements fleet.Orchestrator.
type Orchestrator struct{ clock fleet.Clock }

// New makes one on a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (o *Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{nodeKind} }

// Rollout implements fleet.Orchestrator: a node's replicas are the pods on it that a drain moves away.
func (o *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := o.read(ctx, c, kind, ref)
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.out, nil
}

// Draft implements fleet.Orchestrator.
func (o *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := o.read(ctx, c, r.API, r.Object)
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && s.out.UID != r.UID {
		return fleet.Draft{}, s.refuse(fleet.KindConflict, "another node has this name now; read it again")
	}
	switch w.Do {
	case fleet.DoCordon:
		return s.cordon()
	case fleet.DoUncordon:
		return s.uncordon()
	case fleet.DoDrain:
		return s.drain(ctx)
	case fleet.DoTraffic:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "a node has no weights; cordon it, or drain it so that its pods serve elsewhere")
	default:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "a node is cordoned, drained and uncordoned, nothing else")
	}
}

// scene is one node with the pods of the whole cluster.
type scene struct {
	c    fleet.Objects
	doc  any
	node *corev1.Node
	pods []*corev1.Pod // everywhere
	out  fleet.Rollout
}

func (o *Orchestrator) read(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (*scene, error) {
	ref.Kind, ref.Namespace = kind.Kind, ""
	body, err := c.Get(ctx, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, node: &corev1.Node{}}
	if s.doc, err = jsonptr.Decode(body); err != nil {
		return nil, err
	}
	if err := jsonptr.Typed(body, s.node); err != nil {
		return nil, err
	}
	if s.pods, err = listing.Of[corev1.Pod](ctx, c, podKind, "", ""); err != nil {
		return nil, err
	}
	s.out = fleet.Rollout{Object: ref, API: kind, System: fleet.Text("Node"), UID: string(s.node.UID), At: o.clock.Now(),
		Unit:   fleet.Text("pods"),
		GitOps: owner.GitOps(&s.node.ObjectMeta), Product: podspec.NodeProduct(s.node.Labels), Phase: fleet.RolloutDone}
	for _, p := range s.pods {
		if p.Spec.NodeName != s.node.Name || fateOf(p) != moves && fateOf(p) != unmanaged {
			continue
		}
		if n := podspec.GPUs(&p.Spec); n > 0 && len(s.out.PodGPUs) < fleet.MostPods { // they need room elsewhere, all at once
			s.out.PodGPUs = append(s.out.PodGPUs, n)
			s.out.GPUsEach += n
		}
		s.out.Desired++
		s.out.Total++
		if isReady(p) {
			s.out.Ready++
		}
	}
	s.out.Updated, s.out.Available = s.out.Total, s.out.Ready
	if s.node.Spec.Unschedulable {
		s.out.Phase, s.out.Why = fleet.RolloutPaused, fleet.Text("cordoned")
	}
	for _, m := range marks(s.node) {
		s.out.Why = joined(s.out.Why, m.text)
	}
	return s, nil
}

func joined(a, b fleet.Safe) fleet.Safe {
	if a.IsEmpty() {
		return b
	}
	return fleet.Textf("%s; %s", a, b)
}

func isReady(p *corev1.Pod) bool {
	c := podstate.Condition(p, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue && p.DeletionTimestamp == nil
}

func (s *scene) refuse(kind fleet.Kind, why string) error {
	return &fleet.Error{Kind: kind, Op: "change node " + fleet.Quote(s.out.Object.Name).String(), Err: errors.New(why),
		Next: "nothing was changed"}
}
