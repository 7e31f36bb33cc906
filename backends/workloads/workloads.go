// Package workloads knows how Deployments, StatefulSets and LeaderWorkerSets keep and change replicas. It reads through
// fleet.Objects, drafts writes and sends none of them.
package workloads

import (
	"context"
	"errors"

	"pitwall/fleet"
)

// The kinds.
var (
	deploymentKind  = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"}
	statefulSetKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "statefulsets", Kind: "StatefulSet"}
	groupSetKind    = fleet.ObjectKind{Group: "leaderworkerset.x-k8s.io", Version: "v1", Resource: "leaderworkersets",
		Kind: "LeaderWorkerSet"}

	replicaSetKind = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "replicasets", Kind: "ReplicaSet"}
	revisionKind   = fleet.ObjectKind{Group: "apps", Version: "v1", Resource: "controllerrevisions", Kind: "ControllerRevision"}
	podKind        = fleet.ObjectKind{Version: "v1", Resource: "pods", Kind: "Pod"}
	nodeKind       = fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	eventKind      = fleet.ObjectKind{Version: "v1", Resource: "events", Kind: "Event"}
	claimKind      = fleet.ObjectKind{Version: "v1", Resource: "persistentvolumeclaims", Kind: "PersistentVolumeClaim"}
)

// Connector is the entry of the registry.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind: "workloads", Title: "Deployment, StatefulSet, LeaderWorkerSet",
		Reads:           "apps/v1 and leaderworkerset.x-k8s.io/v1: how far a roll is and what it waits for",
		Writes:          "pod templates, strategy, pause, partition, replicas",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator implements fleet.Orchestrator.
type Orchestrator struct{ clock fleet.Clock }

// New makes one on a clock, which ages are told by.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (o *Orchestrator) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{deploymentKind, statefulSetKind, groupSetKind}
}

// Rollout implements fleet.Orchestrator.
func (o *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := o.read(ctx, c, kind, ref)
	if err != nil {
		return fleet.Rollout{}, err
	}
	s.judge(ctx)
	return s.out, nil
}

// Draft implements fleet.Orchestrator.
func (o *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := o.read(ctx, c, r.API, r.Object)
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && s.out.UID != r.UID {
		return fleet.Draft{}, s.refuse(fleet.KindConflict, "another object has this name now; read it again")
	}
	s.judge(ctx)
	switch w.Do {
	case fleet.DoUpgrade:
		return s.settled(s.upgrade(ctx, w))
	case fleet.DoRestart:
		return s.settled(s.restart(ctx, w))
	case fleet.DoScale:
		return s.resize(ctx, w)
	case fleet.DoPause:
		return s.settled(s.pause())
	case fleet.DoResume:
		return s.settled(s.resume())
	case fleet.DoPromote, fleet.DoAdvance, fleet.DoAbandonRoll:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "a "+s.kind.Kind+" has no steps of its own; a roll in parts is resumed, or "+
			"taken back by the change that made it")
	case fleet.DoTraffic:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "a "+s.kind.Kind+" has no weights: its replicas share the traffic alike; set "+
			"those of the HTTPRoute before it, or upgrade with --canary")
	default:
		return fleet.Draft{}, s.refuse(fleet.KindUnsupported, "a "+s.kind.Kind+" knows upgrade, scale, pause, resume and "+
			"restart, and not "+string(w.Do))
	}
}

func (s *scene) refuse(kind fleet.Kind, why string) error {
	return &fleet.Error{Kind: kind, Op: "change " + s.kind.Kind + " " + fleet.Quote(s.ref.Name).String(), Err: errors.New(why),
		Next: "nothing was changed"}
}
