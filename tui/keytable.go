package tui

import "pitwall/fleet"

// keyTable is the built-in key table, the most important keys first: the bottom line shows as many as fit.
func keyTable() []Binding {
	var all []Binding
	for _, part := range [][]Binding{
		everywhereKeys(), objectKeys(), changeKeys(), screenKeys(), moveKeys(), pastKeys(),
		textKeys(), planKeys(), workKeys(), checksKeys(), confirmKeys(), applyKeys(), soakKeys(), selectKeys(), weighKeys(), sealKeys(),
		askKeys(), lineKeys(), helpKeys(),
	} {
		all = append(all, part...)
	}
	return all
}

// objectKeys act on what the cursor stands on.
func objectKeys() []Binding {
	s := ScopeScreens
	return []Binding{
		{ID: "open", Keys: []string{"enter"}, Scope: s, Word: fleet.Text("open"), Risk: RiskLook,
			Help: fleet.Text("open what the cursor stands on; from a pod's page its node"),
			Why:  whyNoOpen, do: (*Model).openRow},
		{ID: "logs", Live: true, Keys: []string{"l"}, Scope: s, Word: fleet.Text("logs"), Risk: RiskLook,
			Help: fleet.Text("log of the pod, of a replica's pod, or of a workload's worst pod"),
			Why:  whyNoLogs, do: (*Model).openLogs},
		{ID: "describe", Live: true, Keys: []string{"d"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("describe what the cursor stands on"), Why: whyNoDescribe, do: (*Model).openDescribe},
		{ID: "raw", Live: true, Keys: []string{"y"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("the object as its cluster holds it"), Why: whyNoObject, do: (*Model).openRaw},
		{ID: "actions", Keys: []string{"x"}, Scope: s, Word: fleet.Text("actions"), Risk: RiskLook,
			Help: fleet.Text("all actions for this object, with the reason where one is off"), do: (*Model).askActions},
		{ID: "copy", Keys: []string{"c"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("copy this object as text (OSC 52; tmux needs set-clipboard on)"),
			Why:  whyNoRow, do: (*Model).copySheet},
		{ID: "write", Keys: []string{"w"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("write this screen to a file"), Why: whyNoSave, do: (*Model).saveFrame},
	}
}

// changeKeys open plans. Nothing is sent before the confirm step.
func changeKeys() []Binding {
	s := ScopeScreens
	return []Binding{
		{ID: "shift", Keys: []string{"S"}, Scope: s, Word: fleet.Text("shift"), Risk: RiskPlan,
			Help: fleet.Text("plan a shift of the route's weights, or show its running change"),
			Why:  whyNoShift, do: (*Model).openShift},
		{ID: "failover", Keys: []string{"F"}, Scope: s, Word: fleet.Text("failover"), Risk: RiskPlan,
			Help: fleet.Text("say who could take the load of the pool, provider, site or target, and plan its move; next stage of a failover"),
			Why:  whyNoFailover,
			do:   (*Model).openFailover},
		{ID: "upgrade", Keys: []string{"U"}, Scope: s, Word: fleet.Text("upgrade"), Risk: RiskPlan,
			Help: fleet.Text("plan an upgrade of what keeps the pool, or show the change that is open on it"),
			Why:  whyNoUpgrade, do: (*Model).openUpgrade},
		{ID: "promote", Keys: []string{"P"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("next stage of its open change now, or promote its own steps"),
			Why:  whyNoPromote, do: (*Model).askPromote},
		{ID: "abort", Keys: []string{"A"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("take its open change back, or give its own steps up"),
			Why:  whyNoAbort, do: (*Model).askAbort},
		{ID: "edit", Keys: []string{"E"}, Scope: s, Word: fleet.Text("edit"), Risk: RiskPlan,
			Help: fleet.Text("plan an edit of the route's fallbacks, further names or members; " +
				"block or limit the key or team of an alert or a bill"),
			Why: whyNoEdit, do: (*Model).openEdit},
		{ID: "resync", Keys: []string{"R"}, Scope: s, Word: fleet.Text("resync"), Risk: RiskPlan,
			Help: fleet.Text("plan the resync of a gateway replica that lags"), Why: whyNoResync, do: (*Model).openResync},
		{ID: "silence", Keys: []string{"M"}, Scope: s, Risk: RiskPlan,
			Help: fleet.Text("plan a silence (mute) of the selected alert of an Alertmanager"), Why: whyNoSilence, do: (*Model).openSilence},
		{ID: "silences", Keys: []string{"m"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("silences in force and to come, with what they hide"), Why: whyNoSilences, do: (*Model).showSilences},
		{ID: "undo", Keys: []string{"Z"}, Scope: s, Word: fleet.Text("undo"), Risk: RiskPlan,
			Help: fleet.Text("open the inverse of the selected or last change, or the end of the selected silence"),
			Why:  whyNoUndo, do: (*Model).openUndo},
		{ID: "faults", Keys: []string{"f"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("faults that the demo can run"), Why: whyNoFaults, do: (*Model).askFaults},
	}
}

// screenKeys change what is shown.
func screenKeys() []Binding {
	s := ScopeScreens
	return []Binding{
		{ID: "filter", Keys: []string{"/"}, Scope: s, Word: fleet.Text("filter"), Risk: RiskLook,
			Help: fleet.Text("filter the table by a regular expression; ! inverts"), do: (*Model).openFilter},
		{ID: "command", Keys: []string{":"}, Scope: s, Word: fleet.Text("command"), Risk: RiskLook,
			Help: fleet.Text("command line, with completion and history"), do: (*Model).openCommand},
		{ID: "last", Keys: []string{"-"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("last view"), Why: whyNoLast, do: (*Model).lastView},
		{ID: "back", Keys: []string{"["}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("back in the history of views"), Why: whyNoBack, do: (*Model).historyBack},
		{ID: "forward", Keys: []string{"]"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("forward in the history of views"), Why: whyNoForward, do: (*Model).historyForward},
		{ID: "overview", Keys: []string{"1"}, Scope: s, Risk: RiskLook, Help: fleet.Text("overview"), do: (*Model).viewKey},
		{ID: "routes", Keys: []string{"2"}, Scope: s, Risk: RiskLook, Help: fleet.Text("routes"), do: (*Model).viewKey},
		{ID: "pools", Keys: []string{"3"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("pools and nodes"), do: (*Model).viewKey},
		{ID: "upgrades", Keys: []string{"4"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("upgrades: what each pool runs, how far its roll is and why not further"), do: (*Model).viewKey},
		{ID: "failover-view", Keys: []string{"5"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("failover: what can be left, and how failovers stand"), do: (*Model).viewKey},
		{ID: "cost", Keys: []string{"6"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("cost"), do: (*Model).viewKey},
		{ID: "economics", Keys: []string{"9"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("economics: API or own GPUs for the route, with every input"), Why: whyNoEconomics, do: (*Model).openEconomics},
		{ID: "bills", Keys: []string{"b"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("bills: metered beside reported and billed, spend by team and key, sources of bills"), do: (*Model).viewKey},
		{ID: "events", Keys: []string{"7", "e"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("events and journal"), do: (*Model).viewKey},
		{ID: "compute", Keys: []string{"8"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("compute: machines, capacity that each pool needs, offers"), do: (*Model).viewKey},
		{ID: "alerts", Keys: []string{"a"}, Scope: s, Risk: RiskLook, Help: fleet.Text("alerts"), do: (*Model).showAlerts},
		{ID: "sort", Keys: []string{"o"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("sort by the column of the next letter; the same again flips"),
			Why:  whyNoSort, do: (*Model).startSort},
		{ID: "window", Keys: []string{"t"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("time window of sparklines: 5m, 15m, 1h, 6h"), do: (*Model).nextWindow},
		{ID: "pause", Keys: []string{"p"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("pause the display; plans stay off meanwhile"), do: (*Model).togglePause},
		{ID: "refresh", Live: true, Keys: []string{"r"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("read every source now"), do: (*Model).refresh},
		{ID: "leave", Keys: []string{"q"}, Scope: s, Word: fleet.Text("quit"), Risk: RiskLook,
			Help: fleet.Text("leave the view; at the overview quit"), do: (*Model).leave},
		{ID: "escape", Keys: []string{"esc"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("one level back: clear the filter, then leave the view"), do: (*Model).escape},
	}
}

func moveKeys() []Binding {
	s := ScopeScreens
	move := func(id string, help fleet.Safe, by motion, keys ...string) Binding {
		return Binding{ID: id, Keys: keys, Scope: s, Help: help, Risk: RiskLook, do: by.move}
	}
	return []Binding{
		move("down", fleet.Text("down"), moveDown, "j", "down"),
		move("up", fleet.Text("up"), moveUp, "k", "up"),
		move("first", fleet.Text("first row"), moveFirst, "g", "home"),
		move("final", fleet.Text("last row"), moveLast, "G", "end"),
		move("half-down", fleet.Text("half a page down"), moveHalfDown, "ctrl+d"),
		move("half-up", fleet.Text("half a page up"), moveHalfUp, "ctrl+u"),
		move("page-down", fleet.Text("a page down"), movePageDown, "pgdown", "space"),
		move("page-up", fleet.Text("a page up"), movePageUp, "pgup"),
		move("left", fleet.Text("columns to the left"), moveLeft, "left"),
		move("right", fleet.Text("columns to the right"), moveRight, "right"),
		{ID: "next-match", Keys: []string{"n"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next row of the filter, around the end"), Why: whyNoFilter, do: moveNext.move},
		{ID: "previous-match", Keys: []string{"N"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous row of the filter, around the start"), Why: whyNoFilter, do: movePrevious.move},
		{ID: "pane", Keys: []string{"tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("next pane; from lists of pools and clusters the next list"), Why: whyOnePane, do: (*Model).nextPane},
		{ID: "previous-pane", Keys: []string{"shift+tab"}, Scope: s, Risk: RiskLook,
			Help: fleet.Text("previous pane or list"), Why: whyOnePane, do: (*Model).previousPane},
	}
}

func everywhereKeys() []Binding {
	return []Binding{
		{ID: "help", Keys: []string{"?"}, Scope: ScopeAlways, Word: fleet.Text("help"), Risk: RiskLook,
			Help: fleet.Text("the keys that work here, with the reason where one is off"), do: (*Model).toggleHelp},
		{ID: "quit", Keys: []string{"ctrl+c"}, Scope: ScopeAlways, Risk: RiskLook,
			Help: fleet.Text("quit; with a change in flight it asks"), do: (*Model).interrupt},
	}
}
