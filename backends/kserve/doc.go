// Package kserve reads and drafts changes of KServe's InferenceServices, in Knative and in Standard mode, and
// LLMInferenceServices. It reads through what it is given and sends nothing; runtimes and configurations that several
// services share are never its to change.
package kserve

import (
	"context"
	"errors"

	"pitwall/fleet"
)

const group = "serving.kserve.io"

// The kinds. An LLMInferenceService is the same in both versions, as far as it is read.
var (
	isvcKind = fleet.ObjectKind{Group: group, Version: "v1beta1", Resource: "inferenceservices", Kind: "InferenceService"}
	llmKind  = fleet.ObjectKind{Group: group, Version: "v1alpha2", Resource: "llminferenceservices", Kind: "LLMInferenceService"}
	llmOld   = fleet.ObjectKind{Group: group, Version: "v1alpha1", Resource: "llminferenceservices", Kind: "LLMInferenceService"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "kserve",
		Title: "KServe",
		Reads: "InferenceServices (v1beta1) in Knative and Standard mode, with revisions, canaries and their Deployments; " +
			"LLMInferenceServices (v1alpha2, v1alpha1) with their workloads and traffic groups",
		Writes:          "model, image, flags, canary traffic, weights in a group, replicas, restart",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows what KServe serves.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{isvcKind, llmKind, llmOld} }

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, o fleet.ObjectRef) (fleet.Rollout, error) {
	if kind.Resource == isvcKind.Resource {
		s, err := readService(ctx, c, o, a.clock.Now())
		if err != nil {
			return fleet.Rollout{}, err
		}
		return s.rollout(ctx)
	}
	s, err := readLLM(ctx, c, kind, o, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(ctx)
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if r.API.Resource == isvcKind.Resource {
		s, err := readService(ctx, c, r.Object, a.clock.Now())
		if err != nil {
			return fleet.Draft{}, err
		}
		return s.draft(ctx, &r, w)
	}
	s, err := readLLM(ctx, c, r.API, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	return s.draft(ctx, &r, w)
}

// refusal is why nothing is drafted.
func refusal(kind fleet.Kind, do fleet.Deed, o fleet.ObjectRef, why string) error {
	return &fleet.Error{Kind: kind, Op: string(do) + " " + fleet.Quote(o.Kind+" "+o.Namespace+"/"+o.Name).String(), Err: errors.New(why),
		Next: "nothing was planned"}
}

// condition is one of Knative's kind, which KServe writes.
type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}
