package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// checksLife is how long checks stay valid; then they run again.
const checksLife = 60 * time.Second

// dialog is the open dialog about a change. It holds a draft and what was asked about it; a running change is read from the
// book and lives in its runner.
type dialog struct {
	state    views.ShiftState
	wanted   uint64     // request ID of the newest draft
	running  uint64     // request ID that the planner works on, 0 when it does not
	checking uint64     // request ID of the checks under way, 0 for none
	starting uint64     // request ID of the start under way, 0 for none
	recheck  bool       // run the checks once the plan is there
	seen     string     // hash of the route's weights when they were last looked at
	ramp     int        // index of the chosen ramp
	limit    int        // index of the chosen error limit
	named    fleet.Safe // of what the name is typed, "" for a route

	// Of a change of an object of a cluster.
	base      actions.Intent // undo: what restores
	stop      func()         // gives up the plan that is being made
	prefilled bool           // what the object runs stands in the fields
}

// scope is the scope of the dialog's step.
func (d *dialog) scope() Scope {
	switch d.state.Step {
	case views.ShiftChecks:
		return ScopeChecks
	case views.ShiftConfirm:
		return ScopeConfirm
	case views.ShiftApply:
		return ScopeApply
	case views.ShiftSoak:
		return ScopeSoak
	default:
		if d.state.Work != nil {
			return ScopeWork
		}
		return ScopePlan
	}
}

// forget gives up every answer that is awaited, such as after a panic of the command.
func (d *dialog) forget() {
	d.halt()
	d.running, d.checking, d.starting, d.recheck = 0, 0, 0, false
}

// syncDialog hands the dialog to the screen that draws it.
func (m *Model) syncDialog() {
	m.states.routes.Shift, m.states.upgrades.Shift = nil, nil
	if m.shift == nil {
		return
	}
	s := &m.shift.state
	s.Grace = m.grace.open
	s.Busy = m.shift.busy()
	if s.Work != nil {
		s.Work.Seen = m.states.upgrades.Seen[s.Work.Object]
		m.states.upgrades.Shift = s
		return
	}
	m.states.routes.Shift = s
}

func (d *dialog) busy() fleet.Safe {
	switch {
	case d.starting != 0:
		return fleet.Text("starting")
	case d.running != 0:
		return fleet.Text("planning")
	case d.checking != 0:
		return fleet.Text("checking")
	default:
		return fleet.Safe{}
	}
}

// show opens a dialog over the page of its route or object.
func (m *Model) show(d *dialog) tea.Cmd {
	d.state.ValidFor = checksLife
	if m.shift != nil {
		m.shift.halt()
	}
	if d.state.Work != nil {
		m.visit(place{screen: views.ScreenUpgrades, object: d.state.Work.Object})
		m.shift = d
		return m.startGrace()
	}
	m.visit(place{screen: views.ScreenRoutes, route: d.state.Route})
	m.shift = d
	m.states.routes.Targets.Selected = ""
	m.pointAt()
	return m.startGrace()
}

// openShift plans a shift of the selected route; where a change runs on it, that is shown instead.
func (m *Model) openShift(string) tea.Cmd {
	route := m.selectedRoute()
	if c := m.book.OpenOn(route); c != nil {
		return m.showChange(c)
	}
	return m.planShift(route, nil)
}

// planShift opens the plan step, with weights already set where they are given.
func (m *Model) planShift(route fleet.RouteID, set fleet.Weights) tea.Cmd {
	return m.planShiftBy(route, set, ramps()[0])
}

// planShiftBy is planShift in the steps of a ramp.
func (m *Model) planShiftBy(route fleet.RouteID, set fleet.Weights, ramp actions.Ramp) tea.Cmd {
	r := m.snap.Route(route)
	d := &dialog{seen: r.Hash, state: views.ShiftState{
		Step: views.ShiftPlan, Kind: actions.KindShift, Route: route, Draft: currentWeights(r),
		Ramp: ramp, Soak: actions.DefaultSoak, Guard: r.Spec.Guard,
	}}
	for id, w := range set {
		d.state.Draft[id] = w
	}
	return tea.Batch(m.show(d), m.replan())
}

// currentWeights is what a draft begins with: what the replicas agree on, else the configured weights.
func currentWeights(r *fleet.Route) fleet.Weights {
	w := fleet.Weights{}
	for i := range r.Targets {
		t := &r.Targets[i]
		if v, ok := r.Weights[t.Spec.ID]; ok {
			w[t.Spec.ID] = v
		} else if t.Set.OK {
			w[t.Spec.ID] = t.Set.V
		}
	}
	return w
}

// openResync plans the resync of the replica that lags on the selected route.
func (m *Model) openResync(string) tea.Cmd {
	route := m.selectedRoute()
	replica, _ := m.lagging(route)
	return m.planResync(route, replica)
}

func (m *Model) planResync(route fleet.RouteID, replica fleet.GatewayReplicaID) tea.Cmd {
	r := m.snap.Route(route)
	d := &dialog{seen: r.Hash, state: views.ShiftState{
		Step: views.ShiftPlan, Kind: actions.KindResync, Route: route, Replica: replica, Draft: currentWeights(r),
		Ramp: ramps()[0], Soak: actions.DefaultSoak,
	}}
	return tea.Batch(m.show(d), m.replan())
}

// openUndo opens the inverse of a change: a question while it is open, else a plan like any other.
func (m *Model) openUndo(string) tea.Cmd {
	if m.pane() == paneSilences && m.shift == nil {
		return m.endSilence()
	}
	return m.undoChange(m.changeMeant())
}

func (m *Model) undoChange(c *actions.Change) tea.Cmd {
	switch {
	case unguarded(c):
		return m.askAbout(c)
	case !c.State.Closed():
		return m.askRollback(c)
	default:
		return m.planUndo(c.ID)
	}
}

func (m *Model) planUndo(id fleet.ChangeID) tea.Cmd {
	req, control := m.request(), m.control
	return command("undo", func() tea.Msg {
		intent, err := control.UndoIntent(id)
		return intentMsg{req: req, intent: intent, err: err}
	})
}

// undoPlanned opens the plan step for an undo.
func (m *Model) undoPlanned(msg intentMsg) tea.Cmd {
	if msg.req != m.req || m.snap == nil || m.ask != nil || m.line != nil {
		m.late++ // the person went on to something else
		return nil
	}
	if msg.err != nil {
		m.fail(fleet.Sentence(msg.err))
		return nil
	}
	in := msg.intent
	switch {
	case in.Silence != nil, in.Edit != nil:
		return m.planErrand(in)
	case in.Work != nil && m.rollouts == nil:
		m.fail(whyNoWork(m))
		return nil
	case in.Work != nil:
		return m.openRestore(in)
	}
	r := m.snap.Route(in.Route)
	if r == nil {
		gone := fleet.Text(" is no route of this fleet any more; nothing was sent")
		m.fail(fleet.Concat(fleet.Label(string(in.Route)), gone))
		return nil
	}
	d := &dialog{seen: r.Hash, state: views.ShiftState{
		Step: views.ShiftPlan, Kind: in.Kind, Route: in.Route, Replica: in.Replica, Undoes: in.Undoes,
		Draft: currentWeights(r), Ramp: in.Ramp.WithDefaults(), Guard: in.Guard, Soak: in.Soak,
	}}
	if d.state.Soak <= 0 {
		d.state.Soak = actions.DefaultSoak
	}
	for id, w := range in.Weights {
		d.state.Draft[id] = w
	}
	return tea.Batch(m.show(d), m.replan())
}

// showChange opens the dialog on a change that runs or has ended.
func (m *Model) showChange(c *actions.Change) tea.Cmd {
	if c.Plan.Work != nil {
		return m.showWork(c)
	}
	p := c.Plan
	d := &dialog{state: views.ShiftState{
		Step: views.ShiftApply, Kind: p.Intent.Kind, Route: p.Intent.Route, Replica: p.Intent.Replica,
		Undoes: p.Intent.Undoes, Draft: p.After.Clone(), Ramp: p.Ramp, Guard: p.Guard, Soak: p.Soak,
		Plan: &p, Checks: c.Checks, Change: c.ID,
	}}
	cmd := m.show(d)
	m.followChange()
	return cmd
}

// cancelShift closes the dialog before anything was sent.
func (m *Model) cancelShift(string) tea.Cmd {
	if m.shift.starting != 0 {
		m.say(fleet.Text("the change is being started; wait for the answer"))
		return nil
	}
	return m.closeShift(fleet.Text("cancelled; nothing was sent"))
}

// hideShift closes the dialog over a change, which goes on.
func (m *Model) hideShift(string) tea.Cmd {
	text := fleet.Safe{}
	if c := m.changeMeant(); c != nil && !c.State.Closed() {
		key := fleet.Text("S")
		if c.Plan.Work != nil {
			key = fleet.Text("U")
		}
		text = fleet.Concat(changeName(c), fleet.Text(" keeps running; 7 shows it, "), key, fleet.Text(" opens it again"))
	}
	return m.closeShift(text)
}

func (m *Model) closeShift(text fleet.Safe) tea.Cmd {
	if m.shift != nil {
		m.shift.halt()
	}
	m.shift = nil
	m.states.routes.Shift, m.states.upgrades.Shift = nil, nil
	if !text.IsEmpty() {
		m.say(text)
	}
	return m.askOrphan()
}

// showInJournal closes the dialog and shows the entry of its change.
func (m *Model) showInJournal(string) tea.Cmd {
	id := m.shift.state.Change
	cmd := m.closeShift(fleet.Safe{})
	if m.book.Change(id) != nil {
		m.visit(place{screen: views.ScreenEvents, change: id})
	}
	return cmd
}

// worldChanged looks whether the route is still as it was planned on. What was checked then counts no more.
func (m *Model) worldChanged() tea.Cmd {
	d := m.shift
	if d != nil && d.state.Work != nil {
		return m.workChanged()
	}
	if d == nil || d.state.Step > views.ShiftConfirm || d.starting != 0 {
		return nil
	}
	r := m.snap.Route(d.state.Route)
	if r == nil {
		gone := fleet.Text(" is gone from the fleet; nothing was sent")
		return m.closeShift(fleet.Concat(fleet.Label(string(d.state.Route)), gone))
	}
	if r.Hash == d.seen {
		return nil
	}
	d.seen = r.Hash
	what := fleet.Text("the gateway replicas do not agree any more")
	if r.Hash != "" {
		what = fleet.Concat(fleet.Text("the route holds "), r.Weights.Text(r.Order()), fleet.Text(" now"))
	}
	d.state.Stale = fleet.Concat(fleet.Text("The world changed: "), what, fleet.Text(". Planned and checked again."))
	if d.state.Step == views.ShiftPlan {
		return m.replan()
	}
	d.state.Step = views.ShiftChecks
	d.state.Scroll = 0
	d.recheck = true
	return m.replan()
}

// targets are the rows of the plan.
func (m *Model) targets() []fleet.TargetID {
	if m.snap == nil || m.shift == nil {
		return nil
	}
	r := m.snap.Route(m.shift.state.Route)
	if r == nil {
		return nil
	}
	return r.Order()
}
