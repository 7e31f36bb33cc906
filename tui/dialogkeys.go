package tui

import "pitwall/fleet"

func planKeys() []Binding {
	s := ScopePlan
	return []Binding{
		{ID: "plan.down", Keys: []string{"j", "down", "tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next target"), Why: whyFixed, do: (*Model).planDown},
		{ID: "plan.up", Keys: []string{"k", "up", "shift+tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous target"), Why: whyFixed, do: (*Model).planUp},
		{ID: "plan.more", Keys: []string{"+", "="}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("5 points more for the target"), Why: whyFixed, do: (*Model).planMore},
		{ID: "plan.less", Keys: []string{"-", "_"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("5 points less for the target"), Why: whyFixed, do: (*Model).planLess},
		{ID: "plan.digit", Keys: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("type the weight of the target"), Why: whyFixed, do: (*Model).planDigit},
		{ID: "plan.erase", Keys: []string{"backspace"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("take back the last digit"), Why: whyFixed, do: (*Model).planErase},
		{ID: "plan.ramp", Keys: []string{"r"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("change the ramp: greatest step and time between steps"), Why: whyFixed, do: (*Model).planRamp},
		{ID: "plan.limits", Keys: []string{"b"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("change the error limit that rolls back"), do: (*Model).planLimits},
		{ID: "plan.checks", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("on to the checks"), Why: whyNoPlan, do: (*Model).planDone},
		{ID: "plan.cancel", Keys: []string{"esc", "q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).cancelShift},
	}
}

func checksKeys() []Binding {
	s := ScopeChecks
	return []Binding{
		{ID: "checks.down", Keys: []string{"j", "down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll down"), do: (*Model).checksDown},
		{ID: "checks.up", Keys: []string{"k", "up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll up"), do: (*Model).checksUp},
		{ID: "checks.again", Keys: []string{"e"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("run the checks again"), do: (*Model).checksAgain},
		{ID: "checks.resync", Keys: []string{"R"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("leave this plan and plan the resync of the replica that lags"),
			Why:  whyNoResync, do: (*Model).openResync},
		{ID: "checks.plan", Keys: []string{"p"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("back to the plan"), do: (*Model).backToPlan},
		{ID: "checks.confirm", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("on to the confirmation"), Why: whyNoConfirm, do: (*Model).checksDone},
		{ID: "checks.copy", Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy the command line that plans the same"), Why: whyNoTwin, do: (*Model).copyTwin},
		{ID: "checks.cancel", Keys: []string{"esc", "q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).cancelShift},
	}
}

// confirmKeys are heard where they are not text of a field.
func confirmKeys() []Binding {
	s := ScopeConfirm
	return []Binding{
		{ID: "confirm.next", Keys: []string{"tab", "down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next field or button"), do: (*Model).confirmNext},
		{ID: "confirm.previous", Keys: []string{"shift+tab", "up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous field or button"), do: (*Model).confirmPrevious},
		{ID: "confirm.act", Keys: []string{"enter"}, Scope: s, Risk: RiskSteer,
			Help: fleet.Text("press the button; does nothing until everything asked for is there"), do: (*Model).confirmEnter},
		{ID: "confirm.checks", Keys: []string{"p"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("back to the checks (outside of a field)"), do: (*Model).backToChecks},
		{ID: "confirm.cancel", Keys: []string{"esc"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).cancelShift},
	}
}

func applyKeys() []Binding {
	s := ScopeApply
	return []Binding{
		{ID: "apply.hold", Keys: []string{"space"}, Scope: s, Word: fleet.Text("hold"), Risk: RiskSteer,
			Help: fleet.Text("hold the ramp, or go on; the step in force stays guarded"),
			Why:  whyNotRunning, do: (*Model).toggleHold},
		{ID: "apply.next", Keys: []string{"n"}, Scope: s, Word: fleet.Text("next now"), Risk: RiskSteer,
			Help: fleet.Text("start the next step or stage without waiting"), Why: whyNotRunning, do: (*Model).nextNow},
		{ID: "apply.undo", Keys: []string{"Z"}, Scope: s, Word: fleet.Text("undo"), Risk: RiskPlan,
			Help: fleet.Text("ask to roll back to the state before"), Why: whyNoUndo, do: (*Model).openUndo},
		{ID: "apply.promote", Keys: []string{"P"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("ask for the next stage of an object's change now, whatever the comparison says"),
			Why:  whyNoPromote, do: (*Model).askPromote},
		{ID: "apply.abort", Keys: []string{"A"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("ask to take an object's change back to the old version"), Why: whyNoAbort, do: (*Model).askAbort},
		{ID: "apply.copy", Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy the command line that plans the same"), Why: whyNoTwin, do: (*Model).copyTwin},
		{ID: "apply.report", Keys: []string{"w"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("write a report to a file"), Why: whyNoReport, do: (*Model).saveReport},
		{ID: "apply.hide", Keys: []string{"esc", "q"}, Scope: s, Word: fleet.Text("hide"), Risk: RiskLook,
			Help: fleet.Text("hide this; the change keeps running (7 journal)"), do: (*Model).hideShift},
	}
}

func soakKeys() []Binding {
	s := ScopeSoak
	return []Binding{
		{ID: "soak.undo", Keys: []string{"Z"}, Scope: s, Word: fleet.Text("undo"), Risk: RiskPlan,
			Help: fleet.Text("open the undo plan, or while it soaks ask to roll back"), Why: whyNoUndo, do: (*Model).openUndo},
		{ID: "soak.abort", Keys: []string{"A"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("ask to take an object's change back while it is watched"), Why: whyNoAbort, do: (*Model).askAbort},
		{ID: "soak.copy", Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy the command line that plans the same"), Why: whyNoTwin, do: (*Model).copyTwin},
		{ID: "soak.report", Keys: []string{"w"}, Scope: s, Word: fleet.Text("report"), Risk: RiskLook,
			Help: fleet.Text("write a report to a file"), Why: whyNoReport, do: (*Model).saveReport},
		{ID: "soak.journal", Keys: []string{"7"}, Scope: s, Word: fleet.Text("journal"), Risk: RiskLook,
			Help: fleet.Text("close this and show the entry of the journal"), do: (*Model).showInJournal},
		{ID: "soak.close", Keys: []string{"enter", "esc", "q"}, Scope: s, Word: fleet.Text("close"), Risk: RiskLook,
			Help: fleet.Text("close; a soak goes on"), do: (*Model).hideShift},
	}
}

// selectKeys are those of the first step of a failover.
func selectKeys() []Binding {
	s := ScopeSelect
	return []Binding{
		{ID: "select.checks", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("on to the checks of the chosen split"), Why: whyNoWay, do: (*Model).flowChecks},
		{ID: "select.balanced", Keys: []string{"b"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("spread it balanced: each in proportion to what it could take"), Why: whyNoWay, do: (*Model).flowSplit},
		{ID: "select.cheapest", Keys: []string{"c"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("the cheapest first"), Why: whyNoWay, do: (*Model).flowSplit},
		{ID: "select.fastest", Keys: []string{"f"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("the shortest time to first token first"), Why: whyNoWay, do: (*Model).flowSplit},
		{ID: "select.warm", Keys: []string{"w"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("also start standby pools that do not serve yet, or not"), Why: whyNoWarm, do: (*Model).flowWarm},
		{ID: "select.down", Keys: []string{"j", "down"}, Scope: s, Risk: RiskLook, Help: fleet.Text("scroll down"), do: (*Model).flowDown},
		{ID: "select.up", Keys: []string{"k", "up"}, Scope: s, Risk: RiskLook, Help: fleet.Text("scroll up"), do: (*Model).flowUp},
		{ID: "select.again", Keys: []string{"e"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("ask again who could take it"), do: (*Model).flowAgain},
		{ID: "select.cancel", Keys: []string{"esc", "q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).flowCancel},
	}
}

// weighKeys are those of the checks of a failover.
func weighKeys() []Binding {
	s := ScopeWeigh
	return []Binding{
		{ID: "weigh.confirm", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("on to the confirmation"), Why: whyNoSeal, do: (*Model).flowConfirm},
		{ID: "weigh.down", Keys: []string{"j", "down"}, Scope: s, Risk: RiskLook, Help: fleet.Text("scroll down"), do: (*Model).flowDown},
		{ID: "weigh.up", Keys: []string{"k", "up"}, Scope: s, Risk: RiskLook, Help: fleet.Text("scroll up"), do: (*Model).flowUp},
		{ID: "weigh.again", Keys: []string{"e"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("plan and check again"), do: (*Model).flowAgain},
		{ID: "weigh.select", Keys: []string{"p"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("back to the splits"), Why: whyNoSelect, do: (*Model).flowSelect},
		{ID: "weigh.copy", Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy the command line that plans the same"), Why: whyNoFlowTwin, do: (*Model).copyFlow},
		{ID: "weigh.cancel", Keys: []string{"esc", "q"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).flowCancel},
	}
}

// sealKeys are those of the confirmation of a failover, heard where they are not text of a field.
func sealKeys() []Binding {
	s := ScopeSeal
	return []Binding{
		{ID: "seal.next", Keys: []string{"tab", "down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next field or button"), do: (*Model).flowNext},
		{ID: "seal.previous", Keys: []string{"shift+tab", "up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous field or button"), do: (*Model).flowPrevious},
		{ID: "seal.act", Keys: []string{"enter"}, Scope: s, Risk: RiskSteer,
			Help: fleet.Text("press the button; does nothing until everything asked for is there"), do: (*Model).flowEnter},
		{ID: "seal.checks", Keys: []string{"p"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("back to the checks (outside of a field)"), do: (*Model).flowBack},
		{ID: "seal.cancel", Keys: []string{"esc"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cancel; nothing was sent"), do: (*Model).flowCancel},
	}
}

func askKeys() []Binding {
	s := ScopeAsk
	return []Binding{
		{ID: "ask.next", Keys: []string{"tab", "down", "right", "j"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next choice"), do: (*Model).askNext},
		{ID: "ask.previous", Keys: []string{"shift+tab", "up", "left", "k"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous choice"), do: (*Model).askPrevious},
		{ID: "ask.act", Keys: []string{"enter"}, Scope: s, Word: fleet.Text("choose"), Risk: RiskSteer,
			Help: fleet.Text("take the choice; the first one is always harmless"), do: (*Model).askEnter},
		{ID: "ask.cancel", Keys: []string{"esc", "q"}, Scope: s, Word: fleet.Text("cancel"), Risk: RiskLook,
			Help: fleet.Text("cancel"), do: (*Model).askCancel},
	}
}

// lineKeys are heard where they are not text of the line.
func lineKeys() []Binding {
	s := ScopeLine
	return []Binding{
		{ID: "line.run", Keys: []string{"enter"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("run the command, or keep the filter"), do: (*Model).lineEnter},
		{ID: "line.complete", Keys: []string{"tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("take the next completion"), do: (*Model).lineComplete},
		{ID: "line.complete-back", Keys: []string{"shift+tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("take the previous completion"), do: (*Model).lineCompleteBack},
		{ID: "line.older", Keys: []string{"up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("older line"), do: (*Model).lineOlder},
		{ID: "line.newer", Keys: []string{"down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("newer line"), do: (*Model).lineNewer},
		{ID: "line.cancel", Keys: []string{"esc"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("close the line; a filter goes back to what it was"), do: (*Model).lineCancel},
	}
}

func helpKeys() []Binding {
	s := ScopeHelp
	return []Binding{
		{ID: "help.down", Keys: []string{"j", "down"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll down"), do: (*Model).helpDown},
		{ID: "help.up", Keys: []string{"k", "up"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("scroll up"), do: (*Model).helpUp},
		{ID: "help.page-down", Keys: []string{"pgdown", "space", "ctrl+d"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("a page down"), do: (*Model).helpPageDown},
		{ID: "help.page-up", Keys: []string{"pgup", "ctrl+u"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("a page up"), do: (*Model).helpPageUp},
		{ID: "help.close", Keys: []string{"esc", "q", "enter"}, Scope: s, Word: fleet.Text("close"), Risk: RiskLook,
			Help: fleet.Text("close"), do: (*Model).closeHelp},
	}
}
