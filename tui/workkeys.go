package tui

import "pitwall/fleet"

// workKeys are those of the plan step of a change of an object. Letters are heard where they are not text of a field.
func workKeys() []Binding {
	s := ScopeWork
	return []Binding{
		{ID: "object.next", Keys: []string{"tab", "down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next field"), do: (*Model).workNext},
		{ID: "object.previous", Keys: []string{"shift+tab", "up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous field"), do: (*Model).workPrevious},
		{ID: "object.mark", Keys: []string{"space"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("set the mark, or take it out"), do: (*Model).workMark},
		{ID: "object.plan", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("read the object and plan what is typed; with the plan there, on to the checks"), do: (*Model).workEnter},
		{ID: "object.down", Keys: []string{"j", "pgdown"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll the stages down"), do: (*Model).workDown},
		{ID: "object.up", Keys: []string{"k", "pgup"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll the stages up"), do: (*Model).workUp},
		{ID: "object.copy", Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy the command line that plans the same"), Why: whyNoTwin, do: (*Model).copyTwin},
		{ID: "object.cancel", Keys: []string{"esc", "q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("give up the planning; else cancel, nothing was sent"), do: (*Model).cancelWork},
	}
}
