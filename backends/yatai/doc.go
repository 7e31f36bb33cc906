// Package yatai reads and drafts changes of the BentoDeployments of Yatai. It reads through what it is given and sends nothing.
package yatai

import (
	"context"
	"errors"

	"pitwall/fleet"
)

// The kinds. A Bento is what a BentoDeployment runs; a BentoRequest builds one.
var (
	kind        = fleet.ObjectKind{Group: "serving.yatai.ai", Version: "v2alpha1", Resource: "bentodeployments", Kind: "BentoDeployment"}
	bentoKind   = fleet.ObjectKind{Group: "resources.yatai.ai", Version: "v1alpha1", Resource: "bentoes", Kind: "Bento"}
	requestKind = fleet.ObjectKind{Group: "resources.yatai.ai", Version: "v1alpha1", Resource: "bentorequests", Kind: "BentoRequest"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:            "yatai",
		Title:           "Yatai BentoDeployment",
		Reads:           "BentoDeployments (v2alpha1) with their Bento, its runners, Deployments and autoscalers",
		Writes:          "the Bento, bounds of the autoscaler, restart",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows BentoDeployments.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, ref, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(ctx)
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && string(s.o.UID) != r.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another object has its name by now")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, &r, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(&r, w)
	case fleet.DoRestart:
		return s.restart(&r, w)
	case fleet.DoTraffic, fleet.DoPromote, fleet.DoAdvance, fleet.DoAbandonRoll:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Yatai splits no traffic; put a second BentoDeployment behind one HTTPRoute and "+
			"set its weights, or undo the change that began the roll")
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Yatai cannot stop a roll where it is; undo the change that began it")
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which bounds its autoscaler had is not kept by Yatai; undo the change that "+
			"held it")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a BentoDeployment can be upgraded, scaled and restarted")
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return &fleet.Error{Kind: kind, Op: string(do) + " BentoDeployment " + fleet.Quote(s.ref.Namespace+"/"+s.ref.Name).String(),
		Err: errors.New(why), Next: "nothing was planned"}
}
