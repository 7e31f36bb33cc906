package tui

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// The reasons why keys do nothing now. Help and the list of actions show them.

// works is the empty reason.
func works() fleet.Safe { return fleet.Safe{} }

func whyNoRow(m *Model) fleet.Safe {
	if m.selected() == "" {
		return fleet.Text("no row is selected")
	}
	return works()
}

func whyNoSave(m *Model) fleet.Safe {
	if m.save == nil {
		return fleet.Text("this console has no place to write files to")
	}
	return works()
}

func whyNoPlans(m *Model) fleet.Safe {
	switch {
	case m.snap == nil:
		return fleet.Text("nothing is known about the fleet yet")
	case m.past != nil:
		return whyPast(m)
	case m.paused:
		return fleet.Text("the display is paused: p goes on, then plan")
	default:
		return works()
	}
}

func whyNoShift(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	route := m.selectedRoute()
	switch r := m.snap.Route(route); {
	case route == "":
		return fleet.Text("no single route is meant here: 2 lists the routes")
	case r == nil:
		return fleet.Concat(fleet.Label(string(route)), fleet.Text(" is no route of this fleet any more"))
	case !r.Routing.Fixed.IsEmpty() && m.book.OpenOn(route) == nil:
		return fleet.Concat(fleet.Text("its weights cannot be changed here: "), r.Routing.Fixed)
	case m.book.OpenOn(route) != nil && m.book.OpenOn(route).Plan.Edit != nil:
		return fleet.Concat(changeName(m.book.OpenOn(route)), fleet.Text(" is open on this route: finish or undo it first; 7 shows it"))
	case len(r.Targets) < 2 && m.book.OpenOn(route) == nil:
		return fleet.Text("the route has only one target: there is nothing to shift to")
	default:
		return works()
	}
}

func whyNoResync(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	route := m.selectedRoute()
	if route == "" {
		return fleet.Text("no single route is meant here: 2 lists the routes")
	}
	if _, ok := m.lagging(route); !ok {
		return fleet.Text("no gateway replica differs from the others")
	}
	return works()
}

// lagging returns the first gateway replica that differs from the majority.
func (m *Model) lagging(route fleet.RouteID) (fleet.GatewayReplicaID, bool) {
	r := m.snap.Route(route)
	if r == nil {
		return "", false
	}
	for i := range r.Replicas {
		if r.Replicas[i].Differs {
			return r.Replicas[i].ID, true
		}
	}
	return "", false
}

func whyNoUndo(m *Model) fleet.Safe {
	if m.pane() == paneSilences && m.shift == nil {
		return whyNoEnd(m)
	}
	c := m.changeMeant()
	switch {
	case c == nil:
		return fleet.Text("there is no change to undo")
	case m.paused, m.snap == nil && c.State.Closed():
		return whyNoPlans(m)
	case c.State == actions.StateRolledBack, c.State == actions.StateAborted:
		return fleet.Concat(changeName(c), fleet.Text(" left nothing to undo"))
	case c.State == actions.StateRollingBack:
		return fleet.Concat(changeName(c), fleet.Text(" is rolling back already"))
	case c.Undone != "":
		return fleet.Concat(changeName(c), fleet.Text(" was undone already"))
	case c.State.Closed():
		return whyNoInverse(c)
	default:
		return works()
	}
}

// whyNoInverse is why a change that is done has nothing to go back to.
func whyNoInverse(c *actions.Change) fleet.Safe {
	switch {
	case c.Plan.Work != nil && c.Step == 0:
		return fleet.Concat(changeName(c), fleet.Text(" wrote nothing: there is nothing to undo"))
	case c.Plan.Work != nil:
		return c.Plan.Work.Draft.NoUndo
	case c.Plan.Intent.Kind == actions.KindResync:
		return fleet.Text("a resync changed nothing that could be undone")
	case c.Plan.Intent.Kind == actions.KindExpire:
		return fleet.Text("a silence that ended does not come back; M plans a new one")
	default:
		return works()
	}
}

func whyNoFaults(m *Model) fleet.Safe {
	if m.faults == nil {
		return fleet.Text("only the demo runs faults")
	}
	return works()
}

func whyNoLast(m *Model) fleet.Safe {
	if m.trail.last == m.place() {
		return fleet.Text("there is no last view yet")
	}
	return works()
}

func whyNoBack(m *Model) fleet.Safe {
	if m.trail.at == 0 {
		return fleet.Text("this is the first view of the history")
	}
	return works()
}

func whyNoForward(m *Model) fleet.Safe {
	if m.trail.at == len(m.trail.past)-1 {
		return fleet.Text("this is the last view of the history")
	}
	return works()
}

func whyNoSort(m *Model) fleet.Safe {
	if len(m.sortKeys()) == 0 {
		return fleet.Text("this pane has an order of its own")
	}
	return works()
}

func whyNoFilter(m *Model) fleet.Safe {
	if t := m.table(m.pane()); t == nil || t.Filter.Match == nil {
		return fleet.Text("no filter is set: / sets one")
	}
	return works()
}

func whyOnePane(m *Model) fleet.Safe {
	if len(panes(m.place())) < 2 && !m.hasSiblings() {
		return fleet.Text("this view has one pane")
	}
	return works()
}

func whyFixed(m *Model) fleet.Safe {
	switch {
	case m.shift == nil:
		return works()
	case m.shift.state.Kind == actions.KindResync:
		return fleet.Text("a resync has no weights to change")
	case m.shift.state.Undoes != "":
		return fleet.Text("an undo restores exactly what was")
	default:
		return works()
	}
}

func whyNoPlan(m *Model) fleet.Safe {
	s := &m.shift.state
	switch {
	case !s.PlanErr.IsEmpty():
		return s.PlanErr
	case s.Plan == nil || m.shift.running != 0:
		return fleet.Text("the plan is being made")
	case len(s.Plan.Steps) == 0:
		return fleet.Text("nothing would change: move weights first")
	default:
		return works()
	}
}

// whyNoWay is why no split can be chosen yet.
func whyNoWay(m *Model) fleet.Safe {
	switch e := m.evac; {
	case e.asking != 0:
		return fleet.Text("it is being asked who could take it")
	case e.state.Found == nil && !e.state.Err.IsEmpty():
		return e.state.Err
	case e.state.Found == nil || len(e.state.Found.Ways) == 0:
		return fleet.Text("nothing of it can be moved: why stands with each route")
	default:
		return works()
	}
}

func whyNoWarm(m *Model) fleet.Safe {
	if f := &m.evac.state; f.Found == nil || len(f.Warmups()) == 0 {
		return fleet.Text("no member of these routes is a standby pool that does not serve yet")
	}
	return works()
}

func whyNoSelect(m *Model) fleet.Safe {
	if m.evac.state.Stage != actions.StageLeave {
		return fleet.Text("this stage has nothing to choose")
	}
	return works()
}

func whyNoFlowTwin(m *Model) fleet.Safe {
	if m.evac.form.state.Twin.IsEmpty() {
		return fleet.Text("there is no plan yet")
	}
	return works()
}

// whyNoSeal is why a failover cannot be confirmed yet.
func whyNoSeal(m *Model) fleet.Safe {
	switch e := m.evac; {
	case e.asking != 0:
		return fleet.Text("the checks are running")
	case len(e.state.Parts) == 0 && !e.state.Err.IsEmpty():
		return e.state.Err
	case len(e.state.Parts) == 0:
		return fleet.Text("no check has run: e runs them")
	case !e.form.state.Ladder.Refused.IsEmpty():
		return fleet.Concat(fleet.Text("refused: "), e.form.state.Ladder.Refused)
	default:
		return works()
	}
}

func whyNoConfirm(m *Model) fleet.Safe {
	s := &m.shift.state
	switch {
	case m.shift.running != 0 || m.shift.checking != 0:
		return fleet.Text("the checks are running")
	case s.Plan == nil || s.Checks == nil:
		return fleet.Text("no check has run: e runs them")
	case !s.Ladder.Refused.IsEmpty():
		return fleet.Concat(fleet.Text("refused: "), s.Ladder.Refused)
	default:
		return works()
	}
}

func whyNotRunning(m *Model) fleet.Safe {
	switch c := m.changeMeant(); {
	case c == nil:
		return fleet.Text("the change is not in the book yet")
	case c.State.Closed():
		return fleet.Text("the change has ended")
	case c.State == actions.StateRollingBack:
		return fleet.Text("a roll-back is not stopped")
	default:
		return works()
	}
}

func whyNoReport(m *Model) fleet.Safe {
	if m.changeMeant() == nil {
		return fleet.Text("the change is not in the book yet")
	}
	return whyNoSave(m)
}
