package litellm

import (
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestAReadingTellsWhatCanBeEdited(t *testing.T) {
	for _, x := range []struct {
		mode   fleet.GatewayMode
		block  fleet.Maybe[bool]
		closed bool
		edits  []fleet.EditKind
		why    string
	}{
		{fleet.GatewayModeDatabase, fleet.Some(true), false, []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditAdd, fleet.EditRemove, fleet.EditBlock}, ""},
		{fleet.GatewayModeDatabase, fleet.Some(false), false, []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditAdd, fleet.EditRemove}, "has no block"},
		{fleet.GatewayModeDatabase, fleet.None[bool](), false, []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditAdd, fleet.EditRemove}, "not known"},
		{fleet.GatewayModeDatabase, fleet.Some(true), true, []fleet.EditKind{fleet.EditBlock}, "closed to this key"},
		{fleet.GatewayModeFile, fleet.Some(false), false, nil, "kept in a file"},
		{fleet.GatewayModeDBReads, fleet.Some(false), false, nil, "kept in a file"},
		{fleet.GatewayModeUnknown, fleet.None[bool](), false, nil, "not known"},
	} {
		g := &fleet.GatewayReading{Mode: x.mode, CanBlock: x.block, Routing: map[fleet.RouteID]fleet.Routing{"chat": {}}}
		tellEdits(g, x.closed)
		r := g.Routing["chat"]
		if !slices.Equal(r.Edits, x.edits) || !strings.Contains(r.EditsWhy.String(), x.why) || r.EditsWhy.IsEmpty() != (x.why == "") {
			t.Errorf("%s, block %v, closed %v: %v, %q", x.mode, x.block, x.closed, r.Edits, r.EditsWhy)
		}
	}
}
