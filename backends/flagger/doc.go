// Package flagger reads and drafts changes of Flagger's Canaries: a change of the target Deployment, which Flagger analyses
// and copies to the primary. It reads through what it is given and sends nothing; gates are webhooks of others, so that they
// are only named.
package flagger

import "pitwall/fleet"

// kind is the only one.
var kind = fleet.ObjectKind{Group: "flagger.app", Version: "v1beta1", Resource: "canaries", Kind: "Canary"}

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:            "flagger",
		Title:           "Flagger",
		Reads:           "Canaries (v1beta1) of Deployments: phase, weight, failed checks, gates, target and primary with their pods",
		Writes:          "the target Deployment, skipAnalysis, suspend",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows Canaries.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }
