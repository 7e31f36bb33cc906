package interlocks

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// What is asked of changes of every kind in the same words.
var (
	freezes = actions.Interlock{ID: "IL-40", Title: fleet.Text("freezes"), RollbackSkips: true, Check: freezeWindow,
		Asks: fleet.Text("no freeze of the calendar and no blocking alert holds, unless an incident is taken")}
	separation = actions.Interlock{ID: "IL-45", Title: fleet.Text("drill separation"), Check: drillSeparation,
		Asks: fleet.Text("plan and fleet are of the same mode")}
)
