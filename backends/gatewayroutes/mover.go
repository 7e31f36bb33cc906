package gatewayroutes

import (
	"context"
	"encoding/json"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/listing"
	"pitwall/fleet"
)

var rolloutKind = fleet.ObjectKind{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts", Kind: "Rollout"}

// rollout holds what a Rollout of Argo says of routes: its plugin writes weights of a route that it does not own.
type rollout struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
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

// mover is the Rollout that moves the weights of a route; zero for none in its namespace. What may not be read is said.
func mover(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef) (fleet.ObjectRef, fleet.Safe, error) {
	list, err := listing.Of[rollout](ctx, c, rolloutKind, ref.Namespace, "")
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return fleet.ObjectRef{}, fleet.Safe{}, nil
	case fleet.KindOf(err) == fleet.KindAuth:
		return fleet.ObjectRef{}, fleet.Textf("whether a Rollout of Argo moves its weights may not be read: %s", fleet.Cause(err)), nil
	case err != nil:
		return fleet.ObjectRef{}, fleet.Safe{}, err
	}
	for _, r := range list {
		if r.moves(ref) {
			return fleet.ObjectRef{Cluster: ref.Cluster, Kind: rolloutKind.Kind, Namespace: ref.Namespace, Name: r.Metadata.Name}, fleet.Safe{}, nil
		}
	}
	return fleet.ObjectRef{}, fleet.Safe{}, nil
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
