// Package argorollouts reads and drafts changes of the Rollouts of Argo Rollouts: canaries by a list of steps, and blue-green.
// It reads through what it is given and sends nothing.
package argorollouts

import "pitwall/fleet"

// kind is the only one.
var kind = fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "argo-rollouts",
		Title: "Argo Rollouts",
		Reads: "Rollouts (v1alpha1, controller 1.0 and later): step, weights, pauses, analysis, pods, revisions, and what a " +
			"workloadRef points to",
		Writes:          "template or the workload it refers to, pause, one step, promotion, abort, retry, restart, replicas",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows Rollouts.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }
