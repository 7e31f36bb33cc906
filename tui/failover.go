package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// scope is the scope of the flow's step.
func (e *evacuating) scope() Scope {
	switch e.form.state.Step {
	case views.ShiftChecks:
		return ScopeWeigh
	case views.ShiftConfirm:
		return ScopeSeal
	default:
		return ScopeSelect
	}
}

// busy is what is awaited.
func (e *evacuating) busy() fleet.Safe {
	switch {
	case e.form.starting != 0:
		return fleet.Text("starting")
	case e.asking != 0 && e.form.state.Step == views.ShiftPlan:
		return fleet.Text("asking who could take it")
	case e.asking != 0:
		return fleet.Text("planning and checking")
	default:
		return fleet.Safe{}
	}
}

// syncFlow hands the flow to the screen that draws it.
func (m *Model) syncFlow() {
	m.states.failover.Flow = nil
	if m.evac == nil {
		return
	}
	s := &m.evac.form.state
	s.Grace, s.Busy = m.grace.open, m.evac.busy()
	m.evac.state.Form = *s
	m.states.failover.Flow = &m.evac.state
}

// runMeant is the failover that the keys mean: the one whose page is open, or the selected one; nil elsewhere.
func (m *Model) runMeant() *actions.FailoverRun {
	p := m.place()
	id := p.failover
	if id == "" && p.screen == views.ScreenFailover && m.pane() == paneFailovers {
		id = m.selected()
	}
	if id == "" {
		return nil
	}
	runs := actions.Failovers(m.book)
	at := slices.IndexFunc(runs, func(r actions.FailoverRun) bool { return r.ID == id })
	if at < 0 {
		return nil
	}
	return &runs[at]
}

// runbookMeant is the runbook under the cursor, nil elsewhere.
func (m *Model) runbookMeant() *fleet.Runbook {
	if m.pane() != paneRunbooks {
		return nil
	}
	return m.snap.Runbook(m.selected())
}

// originMeant is what a failover would leave: the pool, provider or site under the cursor, or the failing member of the route.
func (m *Model) originMeant() (actions.Origin, fleet.Safe) {
	p, id := m.place(), m.selected()
	switch pane := m.pane(); {
	case pane == paneOrigins:
		if o, ok := views.OriginOf(id); ok {
			return o, works()
		}
	case pane == panePools, pane == paneCostPools, pane == paneCostProviders:
		return m.memberOrigin(id)
	case p.screen == views.ScreenPools && p.pool != "":
		return m.memberOrigin(string(p.pool))
	case pane == paneAlerts:
		if a := alertByID(m.snap, id); a != nil && a.Subject.Pool+fleet.PoolID(a.Subject.Provider) != "" {
			return m.memberOrigin(string(a.Subject.Pool) + string(a.Subject.Provider))
		}
	}
	return m.routeOrigin()
}

// memberOrigin is a pool or provider as an origin.
func (m *Model) memberOrigin(id string) (actions.Origin, fleet.Safe) {
	switch {
	case m.snap.Pool(fleet.PoolID(id)) != nil:
		return actions.Origin{Kind: actions.OriginPool, ID: id}, works()
	case m.snap.Provider(fleet.ProviderID(id)) != nil:
		return actions.Origin{Kind: actions.OriginProvider, ID: id}, works()
	}
	return actions.Origin{}, fleet.Text("no pool or provider is meant here: 5 lists what can be left")
}

// routeOrigin is the failing member of the selected route as an origin.
func (m *Model) routeOrigin() (actions.Origin, fleet.Safe) {
	id := m.selectedRoute()
	r := m.snap.Route(id)
	if r == nil {
		return actions.Origin{}, fleet.Text("nothing that carries load is meant here: 5 lists what can be left")
	}
	away := m.failing(r)
	if away == "" {
		return actions.Origin{}, fleet.Text("no target of this route carries anything")
	}
	return actions.Origin{Kind: actions.OriginRoute, ID: string(id), Targets: []fleet.TargetID{away}}, works()
}

// whyNoFailover is why F does nothing.
func whyNoFailover(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	if run := m.runMeant(); run != nil {
		return whyNoStage(run.Stand(m.snap, m.now()))
	}
	if r := m.runbookMeant(); r != nil {
		if bad := actions.RunbookProblems(r, m.snap); len(bad) > 0 {
			return fleet.Concat(fleet.Text("the runbook does not fit the fleet: "), fleet.Join(bad, fleet.Text("; ")))
		}
		return works()
	}
	o, why := m.originMeant()
	if !why.IsEmpty() {
		return why
	}
	if o.Kind != actions.OriginRoute {
		return works()
	}
	if c := m.book.OpenOn(fleet.RouteID(o.ID)); c != nil {
		return fleet.Concat(changeName(c), fleet.Text(" is open on this route: S shows it, Z takes it back"))
	}
	return whyNoShift(m)
}

// whyNoStage is why a failover has no stage to go on with.
func whyNoStage(st actions.Standing) fleet.Safe {
	for _, n := range st.Next {
		if n.Ready {
			return works()
		}
	}
	if len(st.Next) > 0 {
		return fleet.Concat(fleet.Text("no stage of it is ready: "), st.Next[0].Why)
	}
	return fleet.Text("nothing is left to do for this failover")
}

// failing is the target whose load is to move: the one under the cursor, else the worst that has weight.
func (m *Model) failing(r *fleet.Route) fleet.TargetID {
	if m.pane() == paneTargets {
		if t := r.Target(fleet.TargetID(m.selected())); t != nil && t.Set.Or(0) > 0 {
			return t.Spec.ID
		}
	}
	var worst *fleet.Target
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Set.Or(0) > 0 && (worst == nil || t.State.Rank() > worst.State.Rank()) {
			worst = t
		}
	}
	if worst == nil {
		return ""
	}
	return worst.Spec.ID
}

// cmdFailover plans the failover of a pool, a provider, a site, or of members of a route; without a name it opens the view.
func (m *Model) cmdFailover(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) == 0 {
		m.visit(place{screen: views.ScreenFailover})
		return nil, fleet.Safe{}
	}
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	o, why := m.originNamed(args)
	if !why.IsEmpty() {
		return nil, why
	}
	return m.planFailover(o), fleet.Safe{}
}

// originNamed is the origin that a person wrote: a route with its targets, else a pool, provider or site.
func (m *Model) originNamed(args []string) (actions.Origin, fleet.Safe) {
	if len(args) > 1 {
		if m.snap.Route(fleet.RouteID(args[0])) == nil {
			return actions.Origin{}, fleet.Text("name a route of this fleet and the targets whose load is to move")
		}
		if c := m.book.OpenOn(fleet.RouteID(args[0])); c != nil {
			return actions.Origin{}, fleet.Concat(changeName(c), fleet.Text(" is open on this route: S shows it, Z takes it back"))
		}
		o := actions.Origin{Kind: actions.OriginRoute, ID: args[0]}
		for _, id := range args[1:] {
			o.Targets = append(o.Targets, fleet.TargetID(id))
		}
		return o, works()
	}
	if o, why := m.memberOrigin(args[0]); why.IsEmpty() {
		return o, why
	}
	if slices.ContainsFunc(m.snap.Sites, func(s fleet.Site) bool { return string(s.ID) == args[0] }) {
		return actions.Origin{Kind: actions.OriginSite, ID: args[0]}, works()
	}
	return actions.Origin{}, fleet.Text("name a pool, a provider or a site of this fleet, or a route and the targets whose load is to move")
}

// originWords are completions: what can be left, and after a route its targets.
func originWords(m *Model, args []string) []string {
	if m.snap == nil {
		return nil
	}
	if len(args) > 1 {
		return targetWords(m, args)
	}
	var words []string
	for i := range m.snap.Pools {
		words = append(words, string(m.snap.Pools[i].Spec.ID))
	}
	for i := range m.snap.Providers {
		words = append(words, string(m.snap.Providers[i].Spec.ID))
	}
	for i := range m.snap.Sites {
		words = append(words, string(m.snap.Sites[i].ID))
	}
	return append(words, routeWords(m, args)...)
}
