package actions

import "pitwall/fleet"

// KindEdit changes what a gateway keeps of a route beside its weights: its fallbacks, a further public name, a block.
const KindEdit Kind = "edit"

// EditIntent is what is wanted of one of these. It is absolute: To is all that there shall be.
type EditIntent struct {
	Kind     fleet.EditKind
	Fallback fleet.FallbackKind `json:",omitempty"` // fallbacks: which; "" means those on failure
	Alias    fleet.RouteID      `json:",omitempty"` // alias: the public name
	Target   fleet.TargetID     `json:",omitempty"` // block: the member
	To       []fleet.RouteID    `json:",omitempty"` // fallbacks in order; alias: the route, none takes the name away
	Out      bool               `json:",omitempty"` // block: whether it is blocked
}

// EditPlan is what the one step of an edit does.
type EditPlan struct {
	Edit     fleet.RouteEdit
	Replicas []fleet.GatewayReplicaID // that answered when it was planned
}

// EditText says what an edit does: "fallbacks on failure: backup -> backup, spare".
func EditText(e fleet.RouteEdit) fleet.Safe {
	switch e.Kind {
	case fleet.EditAlias:
		return fleet.Textf("alias %s: %s -> %s", fleet.Label(string(e.Alias)), names(e.Before), names(e.After))
	case fleet.EditBlock:
		if e.Out {
			return fleet.Textf("block %s", fleet.Label(string(e.Target)))
		}
		return fleet.Textf("unblock %s", fleet.Label(string(e.Target)))
	case fleet.EditFallbacks:
	}
	return fleet.Textf("fallbacks (%s): %s -> %s", fleet.Label(string(e.Fallback)), names(e.Before), names(e.After))
}

func names(list []fleet.RouteID) fleet.Safe {
	if len(list) == 0 {
		return fleet.Text("none")
	}
	parts := make([]fleet.Safe, len(list))
	for i, id := range list {
		parts[i] = fleet.Label(string(id))
	}
	return fleet.Join(parts, fleet.Text(", "))
}

// MostEdit bounds the routes of one list of fallbacks: gateways follow few of them (LiteLLM: 5).
const MostEdit = 5
