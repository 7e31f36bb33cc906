// Package kuberay reads and drafts changes of KubeRay's RayServices: the cluster that serves, the one that a change of the
// cluster makes beside it, and the configuration of Ray Serve inside of it. It reads through what it is given and sends
// nothing, least of all to Ray's own API: KubeRay writes its configuration over whatever is set there.
package kuberay

import (
	"context"
	"errors"

	"pitwall/fleet"
)

const group = "ray.io"

// The kinds. A RayCluster is only read: KubeRay makes it of a RayService.
var (
	kind        = fleet.ObjectKind{Group: group, Version: "v1", Resource: "rayservices", Kind: "RayService"}
	clusterKind = fleet.ObjectKind{Group: group, Version: "v1", Resource: "rayclusters", Kind: "RayCluster"}
)

// Connector describes this kind of system.
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:  "kuberay",
		Title: "KubeRay",
		Reads: "RayServices (v1, KubeRay 1.3 and later): applications, both clusters of an upgrade with their pods, strategy, " +
			"suspension, models of serveConfigV2",
		Writes:          "image and environment of the cluster, model, arguments and replicas in serveConfigV2, restart, suspension",
		NewOrchestrator: func(d fleet.Deps) fleet.Orchestrator { return New(d.Clock) },
	}
}

// Orchestrator knows RayServices.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, o fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, o, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	r := s.tell()
	v, err := s.stands(ctx)
	r.Phase, r.Why, r.Never, r.Since = v.Phase, v.Why, v.Never, v.Since
	if v.Phase == fleet.RolloutUnseen {
		r.Updated, r.UpdatedReady = 0, 0
	}
	return r, err
}

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	return s.draft(ctx, &r, w)
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return &fleet.Error{Kind: kind, Op: string(do) + " RayService " + fleet.Quote(s.ref.Namespace+"/"+s.ref.Name).String(),
		Err: errors.New(why), Next: "nothing was planned"}
}
