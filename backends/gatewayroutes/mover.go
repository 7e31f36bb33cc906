package gatewayroutes

import (
	"context"
	"encoding/json"
	"strings"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/fleet"
)

// The kinds whose controllers write weights of routes that they need not own.
var (
	rolloutKind = fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}
	canaryKind  = fleet.ObjectKind{Group: "flagger.app", Version: "v1beta1", Resource: "canaries", Kind: "Canary"}
)

// rollout holds what a Rollout of Argo says of routes: its plugin writes weights of a route that it does not own.
type rollout struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Strategy struct {
			Canary struct {
				Routing struct {
					Plugins map[string]json.RawMessage `json:"plugins"`
				} `json:"trafficRouting"`
			} `json:"canary"`
		} `json:"strategy"`
	} `json:"spec"`
}

// canary holds what a Canary of Flagger says of routes: it writes all of the route of its service, which it owns only where it
// made it and is told to.
type canary struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Target struct {
			Name string `json:"name"`
		} `json:"targetRef"`
		Service struct {
			Name     string            `json:"name"`
			Gateways []json.RawMessage `json:"gatewayRefs"`
		} `json:"service"`
	} `json:"spec"`
}

func (c *canary) moves(ref fleet.ObjectRef) bool {
	name := c.Spec.Service.Name
	if name == "" {
		name = c.Spec.Target.Name
	}
	return name == ref.Name && len(c.Spec.Service.Gateways) > 0
}

// mover is the Rollout or the Canary that moves the weights of a route; zero for none in its namespace. What may not be read is
// said.
func mover(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef) (fleet.ObjectRef, fleet.Safe, error) {
	by := fleet.ObjectRef{Cluster: ref.Cluster, Namespace: ref.Namespace}
	rollouts, unread, err := listed[rollout](ctx, c, rolloutKind, ref.Namespace)
	if err != nil {
		return fleet.ObjectRef{}, fleet.Safe{}, err
	}
	for _, r := range rollouts {
		if r.moves(ref) {
			by.Kind, by.Name = rolloutKind.Kind, r.Metadata.Name
			return by, fleet.Safe{}, nil
		}
	}
	canaries, more, err := listed[canary](ctx, c, canaryKind, ref.Namespace)
	if err != nil {
		return fleet.ObjectRef{}, fleet.Safe{}, err
	}
	for _, x := range canaries {
		if x.moves(ref) {
			by.Kind, by.Name = canaryKind.Kind, x.Metadata.Name
			return by, fleet.Safe{}, nil
		}
	}
	switch {
	case unread.IsEmpty():
		unread = more
	case !more.IsEmpty():
		unread = fleet.Textf("%s; %s", unread, more)
	}
	return fleet.ObjectRef{}, unread, nil
}

// listed reads what may move weights; none where the cluster has no such kind, and why it may not be read.
func listed[T any](ctx context.Context, c fleet.Objects, kind fleet.ObjectKind, namespace string) ([]*T, fleet.Safe, error) {
	list, err := listing.Of[T](ctx, c, kind, namespace, "")
	if fleet.KindOf(err) == fleet.KindAuth {
		return nil, fleet.Textf("whether a %s moves its weights may not be read: %s", fleet.Label(kind.Kind), fleet.Cause(err)), nil
	}
	return list, fleet.Safe{}, child.PassOver(err)
}

func (r *rollout) moves(ref fleet.ObjectRef) bool {
	for name, body := range r.Spec.Strategy.Canary.Routing.Plugins {
		if !strings.Contains(strings.ToLower(name), "gatewayapi") {
			continue
		}
		doc, err := jsonptr.Decode(fleet.JSON(body))
		if err != nil {
			continue
		}
		if in := jsonptr.Text(doc, "/namespace"); in != "" && in != ref.Namespace {
			continue
		}
		found, _ := jsonptr.Find(doc, "/httpRoutes")
		routes, _ := found.([]any)
		names := []string{jsonptr.Text(doc, "/httpRoute")}
		for _, x := range routes {
			names = append(names, jsonptr.Text(x, "/name"))
		}
		for _, n := range names {
			if n == ref.Name {
				return true
			}
		}
	}
	return false
}

// instead says where weights are changed that a controller writes.
func instead(holder fleet.ObjectRef) string {
	at := holder.Kind + "/" + holder.Namespace + "/" + holder.Name
	switch holder.Kind {
	case "Rollout":
		return "pitwall advance, promote or abort " + at + " moves them along its steps"
	case "Canary":
		return "Flagger moves them by its analysis; pitwall promote or pause " + at
	case "InferenceService":
		return "pitwall traffic " + at + " sets them"
	case "LLMInferenceService":
		return "pitwall traffic " + at + " sets them on the services of its group"
	case "RayService":
		return "KubeRay moves them by itself while it upgrades; re-apply the old configuration of " + at + " to go back"
	}
	return "change that"
}
