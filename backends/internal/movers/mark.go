package movers

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/owner"
	"pitwall/fleet"
)

// Mark says in a routing who keeps the object that holds it, who wrote it last, and why its weights are not to be changed where
// a controller would set them back. by is who moves them without owning it, zero for none.
func Mark(r *fleet.Routing, ref fleet.ObjectRef, m *metav1.ObjectMeta, by fleet.ObjectRef) {
	if holder := owner.Holder(ref, m); holder.Name != "" {
		by = holder
	}
	r.Owner = owner.GitOps(m)
	if by.Name != "" {
		called := fleet.Quote(by.Kind + " " + by.Name)
		r.Owner = called
		r.Fixed = fleet.Textf("%s writes its weights, and would set others back: %s", called, fleet.Label(Instead(by)))
	}
	if m.Generation > 0 {
		r.Version = strconv.FormatInt(m.Generation, 10)
	}
	r.ChangedBy, r.ChangedAt = lastWrite(m)
}

// lastWrite is who wrote last what is no status, as the server keeps it by manager.
func lastWrite(m *metav1.ObjectMeta) (by fleet.Safe, at fleet.Maybe[time.Time]) {
	for _, f := range m.ManagedFields {
		if f.Subresource == "" && f.Time != nil && (!at.OK || f.Time.After(at.V)) {
			by, at = fleet.Quote(f.Manager), fleet.Some(f.Time.UTC())
		}
	}
	return by, at
}

// Instead says where weights are changed that a controller writes.
func Instead(holder fleet.ObjectRef) string {
	at := holder.Kind + "/" + holder.Namespace + "/" + holder.Name
	switch holder.Kind {
	case "Rollout":
		return "pitwall advance, promote or abort " + at + " moves them along its steps"
	case "Canary":
		return "Flagger moves them by its analysis; pitwall promote or pause " + at
	case "InferenceService", "SeldonDeployment":
		return "pitwall traffic " + at + " sets them"
	case "LLMInferenceService":
		return "pitwall traffic " + at + " sets them on the services of its group"
	case "RayService":
		return "KubeRay moves them by itself while it upgrades; re-apply the old configuration of " + at + " to go back"
	case "AIGatewayRoute":
		return "change the AIGatewayRoute " + holder.Namespace + "/" + holder.Name + ", as a gateway of the kind envoy-ai-gateway"
	}
	return "change that"
}
