// Package seldon reads and drafts changes of what Seldon serves: the SeldonDeployments of Core 1, and the Models and
// Experiments of Core 2. It reads through what it is given and sends nothing; servers and configurations that several models
// share are never its to change.
package seldon

import (
	"context"
	"errors"
	"math"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// The kinds.
var (
	deploymentKind = fleet.ObjectKind{Group: "machinelearning.seldon.io", Version: "v1", Resource: "seldondeployments",
		Kind: "SeldonDeployment"}
	modelKind      = fleet.ObjectKind{Group: "mlops.seldon.io", Version: "v1alpha1", Resource: "models", Kind: "Model"}
	experimentKind = fleet.ObjectKind{Group: "mlops.seldon.io", Version: "v1alpha1", Resource: "experiments", Kind: "Experiment"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "seldon",
		Title: "Seldon Core 1 and 2",
		Reads: "SeldonDeployments (v1) with their predictors, Deployments, autoscalers and the weights in Istio's VirtualService; " +
			"Models and Experiments (v1alpha1)",
		Writes:          "model, image, flags, a canary predictor, weights, replicas, restart; storageUri, weights of candidates",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows what Seldon serves.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{deploymentKind, modelKind, experimentKind}
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, o fleet.ObjectRef) (fleet.Rollout, error) {
	switch kind.Resource {
	case modelKind.Resource:
		m, err := readModel(ctx, c, o, a.clock.Now())
		if err != nil {
			return fleet.Rollout{}, err
		}
		return m.rollout(), nil
	case experimentKind.Resource:
		e, err := readExperiment(ctx, c, o, a.clock.Now())
		if err != nil {
			return fleet.Rollout{}, err
		}
		return e.rollout(), nil
	}
	s, err := read(ctx, c, o, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(ctx)
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch r.API.Resource {
	case modelKind.Resource:
		m, err := readModel(ctx, c, r.Object, a.clock.Now())
		if err != nil {
			return fleet.Draft{}, err
		}
		return m.draft(&r, w)
	case experimentKind.Resource:
		e, err := readExperiment(ctx, c, r.Object, a.clock.Now())
		if err != nil {
			return fleet.Draft{}, err
		}
		return e.draft(&r, w)
	}
	s, err := read(ctx, c, r.Object, a.clock.Now())
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

// condition is one of Knative's kind, which Seldon writes. Of Core 2 the reason of a Model's is its state.
type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (c condition) text() fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(c.Status), podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}

func find(list []condition, typ string) (condition, bool) {
	for _, c := range list {
		if c.Type == typ {
			return c, true
		}
	}
	return condition{}, false
}

// percent is a share as Seldon writes it, at least 1.
func percent(p fleet.Ratio) int { return min(max(int(math.Round(float64(p)*100)), 1), 100) }

func orNone(s string) fleet.Safe {
	if s == "" {
		return fleet.Text("none")
	}
	return fleet.Quote(s)
}
