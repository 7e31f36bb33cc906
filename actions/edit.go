package actions

import "pitwall/fleet"

// KindEdit changes what a gateway keeps of a route beside its weights: its fallbacks, a further public name, a block,
// a member more or less.
const KindEdit Kind = "edit"

// EditIntent is what is wanted of one of these. It is absolute: To is all that there shall be.
type EditIntent struct {
	Kind     fleet.EditKind
	Fallback fleet.FallbackKind `json:",omitempty"` // fallbacks: which; "" means those on failure
	Alias    fleet.RouteID      `json:",omitempty"` // alias: the public name
	Target   fleet.TargetID     `json:",omitempty"` // block, remove: the member; add: the one that it is made like
	To       []fleet.RouteID    `json:",omitempty"` // fallbacks in order; alias: the route, none takes the name away
	Out      bool               `json:",omitempty"` // block: whether it is blocked
	// Member is what is added: its ID, and what differs from the member that it is like; with Settings it is put back as it was.
	// Of what is removed it says the credential for the way back, where the gateway does not tell it.
	Member *fleet.MemberEdit `json:",omitempty"`
}

// EditPlan is what the one step of an edit does: of a route, or where Key is set of a key or a team.
type EditPlan struct {
	Edit     fleet.RouteEdit
	Key      *KeyPlan                 `json:",omitempty"`
	Replicas []fleet.GatewayReplicaID // that answered when it was planned
}

// Text says what it does.
func (p *EditPlan) Text() fleet.Safe {
	if p.Key != nil {
		return KeyText(p.Key.Edit)
	}
	return EditText(p.Edit)
}

// BackText says what takes it back.
func (p *EditPlan) BackText() fleet.Safe {
	if p.Key != nil {
		return KeyText(p.Key.Edit.Inverse())
	}
	return EditText(p.Edit.Inverse())
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
	case fleet.EditAdd:
		return fleet.Textf("add %s with weight 0: %s", memberName(e), memberText(e.Member))
	case fleet.EditRemove:
		return fleet.Textf("remove %s: %s", memberName(e), memberText(e.Member))
	case fleet.EditFallbacks:
	}
	return fleet.Textf("fallbacks (%s): %s -> %s", fleet.Label(string(e.Fallback)), names(e.Before), names(e.After))
}

func memberName(e fleet.RouteEdit) fleet.Safe {
	if e.Member == nil {
		return fleet.Label(string(e.Target))
	}
	return fleet.Label(string(e.Member.ID))
}

// memberText says what a member is: "openai/model-b at http://…, credential east".
func memberText(m *fleet.MemberEdit) fleet.Safe {
	if m == nil {
		return fleet.Text("nothing is known of it")
	}
	out := fleet.Label(string(m.Model))
	if m.APIBase != "" {
		out = fleet.Concat(out, fleet.Text(" at "), fleet.Label(m.APIBase))
	}
	if m.Like != "" {
		out = fleet.Concat(out, fleet.Text(", else like "), fleet.Label(string(m.Like)))
	}
	return fleet.Concat(out, fleet.Text(", credential "), fleet.Label(m.Credential))
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
