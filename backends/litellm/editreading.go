package litellm

import "pitwall/fleet"

// tellEdits says of each route what can be edited of it in the gateway's mode and version, and why not the rest.
func tellEdits(g *fleet.GatewayReading, closed bool) {
	var edits []fleet.EditKind
	why := fleet.Safe{}
	switch {
	case g.Mode == fleet.GatewayModeFile || g.Mode == fleet.GatewayModeDBReads:
		why = fleet.Text("its routing is kept in a file, in which pitwall changes weights alone")
	case g.Mode != fleet.GatewayModeDatabase:
		why = fleet.Text("whether it keeps its routing in a database is not known")
	case closed:
		why = fleet.Text("its router settings are closed to this key; they need a proxy admin's key")
	default:
		edits = []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditAdd, fleet.EditRemove}
	}
	switch {
	case g.Mode != fleet.GatewayModeDatabase:
	case g.CanBlock.V:
		edits = append(edits, fleet.EditBlock)
	case why.IsEmpty() && g.CanBlock.OK:
		why = fleet.Text("this version has no block; set the weight to 0 instead")
	case why.IsEmpty():
		why = fleet.Text("whether this version has a block is not known; set the weight to 0 instead")
	}
	for id, r := range g.Routing {
		r.Edits, r.EditsWhy = edits, why
		g.Routing[id] = r
	}
}
