package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// place is a screen with the object that it shows.
type place struct {
	screen views.Screen
	route  fleet.RouteID
	pool   fleet.PoolID
	change fleet.ChangeID
	source fleet.SourceID
	object fleet.ObjectRef // of a cluster, or the cluster alone
	// failover is the failover that is shown.
	failover string
	bill     string // model of the bills whose days are shown
}

// trail is the history of places, like that of a browser.
type trail struct {
	past []place
	at   int
	last place // where the person was before, for going to and fro
}

// maxTrail bounds the history.
const maxTrail = 64

func newTrail() trail {
	root := place{screen: views.ScreenOverview}
	return trail{past: []place{root}, last: root}
}

func (m *Model) place() place { return m.trail.past[m.trail.at] }

// visit shows a place and remembers it.
func (m *Model) visit(p place) {
	t := &m.trail
	if p == m.place() {
		return
	}
	t.last = m.place()
	t.past = append(slices.Clip(t.past[:t.at+1]), p)
	if len(t.past) > maxTrail {
		t.past = slices.Clone(t.past[len(t.past)-maxTrail:])
	}
	t.at = len(t.past) - 1
	m.arrive()
}

// travel moves in the history.
func (m *Model) travel(by int) {
	t := &m.trail
	t.last = m.place()
	t.at = max(0, min(len(t.past)-1, t.at+by))
	m.arrive()
}

// arrive brings the states of the screens to the place.
func (m *Model) arrive() {
	p := m.place()
	s := &m.states
	s.routes.Route, s.pools.Pool, s.events.Change, s.sources.Open = p.route, p.pool, p.change, p.source
	s.events.Scroll = 0
	if p.screen == views.ScreenEconomics && s.economics.Of != p.route {
		m.decide(p.route)
	}
	if s.failover.Of != p.failover {
		s.failover.Of, s.failover.Parts = p.failover, views.Table{}
	}
	if s.bills.Of != p.bill {
		s.bills.Of, s.bills.Days = p.bill, views.Table{}
	}
	if of := upgradeOf(p); s.upgrades.Of != of {
		s.upgrades.Of, s.upgrades.Pods = of, views.Table{}
	}
	if s.kube.Of != p.object {
		s.kube.Of, s.kube.Pane = p.object, ""
		s.kube.PageNodes, s.kube.PagePods, s.kube.PageGPUs = views.Table{}, views.Table{}, views.Table{}
	}
	m.closeText()
	m.sorts = false
	m.clamp(false)
}

// upgradeOf is the object that the upgrades screen shows at a place, zero for its list.
func upgradeOf(p place) fleet.ObjectRef {
	if p.screen != views.ScreenUpgrades {
		return fleet.ObjectRef{}
	}
	return p.object
}

func (m *Model) viewKey(key string) tea.Cmd {
	screens := map[string]views.Screen{"overview": views.ScreenOverview, "routes": views.ScreenRoutes,
		"pools": views.ScreenPools, "cost": views.ScreenCost, "bills": views.ScreenBills,
		"compute": views.ScreenCompute, "events": views.ScreenEvents, "upgrades": views.ScreenUpgrades,
		"failover-view": views.ScreenFailover}
	if b := m.keys.find(ScopeScreens, key); b != nil {
		m.visit(place{screen: screens[b.ID]})
	}
	return nil
}

func (m *Model) lastView(string) tea.Cmd {
	m.visit(m.trail.last)
	return nil
}

func (m *Model) historyBack(string) tea.Cmd {
	m.travel(-1)
	return nil
}

func (m *Model) historyForward(string) tea.Cmd {
	m.travel(+1)
	return nil
}

func (m *Model) showAlerts(string) tea.Cmd {
	m.visit(place{screen: views.ScreenOverview})
	m.setPane(paneAlerts)
	m.clamp(false)
	return nil
}

// openRow shows what the cursor stands on.
func (m *Model) openRow(string) tea.Cmd {
	if m.place().screen == views.ScreenEconomics {
		return m.editInput()
	}
	p, ok := m.target()
	if !ok {
		m.say(fleet.Text("there is nothing more to show about this"))
		return nil
	}
	m.visit(p)
	return nil
}

// target is the place that shows what the cursor stands on.
func (m *Model) target() (place, bool) {
	id := m.selected()
	here := m.place()
	switch m.pane() {
	case panePools, paneCostPools, paneCostProviders, paneCapacity:
		return m.memberPlace(id)
	case paneRoutes, paneCostRoutes, paneCostBeside:
		return place{screen: views.ScreenRoutes, route: views.BesideRoute(id)}, true
	case paneTargets:
		return m.targetPlace(here.route, fleet.TargetID(id))
	case paneAlerts:
		if a := alertByID(m.snap, id); a != nil {
			return m.subjectPlace(a.Subject, a.Route)
		}
	case paneJournal, paneParts, paneEvents:
		return m.changePlace(id)
	case paneFailovers:
		return place{screen: views.ScreenFailover, failover: id}, id != ""
	case paneOrigins:
		if o, ok := views.OriginOf(id); ok {
			return m.memberPlace(o.ID)
		}
	case paneBillFactors, paneBillParts:
		return m.billPlace(id)
	case paneSources, paneBillSources:
		return place{screen: views.ScreenSources, source: fleet.SourceID(id)}, true
	case paneClusters, paneNodes, panePods, paneWorkloads, paneKubeEvents, paneGPUs:
		return m.objectPlace()
	case paneUpgrades:
		return m.upgradePlace(id)
	case paneReplicas:
		return m.replicaPlace(here.pool, fleet.ReplicaID(id))
	}
	return m.machineOrNode(id)
}

// machineOrNode is the page of the node that a machine is, or that a pod runs on.
func (m *Model) machineOrNode(id string) (place, bool) {
	if m.pane() == paneMachines {
		return m.machinePlace(id)
	}
	return m.podNode()
}

// billPlace is the days of a model of the bills, or the page of what a part of the spend is of. Teams and keys have none.
func (m *Model) billPlace(id string) (place, bool) {
	if m.pane() == paneBillFactors {
		return place{screen: views.ScreenBills, bill: id}, id != ""
	}
	by, name, _ := strings.Cut(id, "\x00")
	switch fleet.SpendBy(by) {
	case fleet.SpendByRoute:
		return place{screen: views.ScreenRoutes, route: fleet.RouteID(name)}, true
	case fleet.SpendByPool, fleet.SpendByProvider:
		return m.memberPlace(name)
	default:
		return place{}, false
	}
}

// changePlace is the page of the change that a row stands for. An event may come from no change, or from one that is not known.
func (m *Model) changePlace(id string) (place, bool) {
	if m.pane() != paneEvents {
		return place{screen: views.ScreenEvents, change: fleet.ChangeID(id)}, true
	}
	if e := eventByID(m.snap, id); e != nil && e.Change != "" && m.book.Change(e.Change) != nil {
		return place{screen: views.ScreenEvents, change: e.Change}, true
	}
	return m.podNode()
}

// upgradePlace is the page of what a row of the upgrades stands for.
func (m *Model) upgradePlace(id string) (place, bool) {
	o, pool, ok := views.UpgradeRef(m.rowScene(), m.states.upgrades, id)
	switch {
	case o.Name != "":
		return place{screen: views.ScreenUpgrades, object: o}, true
	case ok:
		return m.memberPlace(string(pool))
	}
	return place{}, false
}

// replicaPlace is the page of a replica's pod, else the source that it is read from.
func (m *Model) replicaPlace(pool fleet.PoolID, id fleet.ReplicaID) (place, bool) {
	if p, ok := m.objectPlace(); ok {
		return p, true
	}
	src := m.replicaSource(pool, id)
	return place{screen: views.ScreenSources, source: src}, src != ""
}

// machinePlace is the pool whose node a machine is.
func (m *Model) machinePlace(id string) (place, bool) {
	account, machine, _ := strings.Cut(id, "\x00")
	for i := range m.snap.Accounts {
		a := &m.snap.Accounts[i]
		for k := range a.Machines {
			if string(a.Spec.ID) == account && a.Machines[k].ID == machine {
				return m.memberPlace(string(a.Machines[k].Pool))
			}
		}
	}
	return place{}, false
}

func (m *Model) targetPlace(route fleet.RouteID, id fleet.TargetID) (place, bool) {
	r := m.snap.Route(route)
	if r == nil {
		return place{}, false
	}
	t := r.Target(id)
	if t == nil {
		return place{}, false
	}
	return m.memberPlace(string(t.Spec.Pool) + string(t.Spec.Provider))
}

func (m *Model) memberPlace(id string) (place, bool) {
	if m.snap.Pool(fleet.PoolID(id)) != nil {
		return place{screen: views.ScreenPools, pool: fleet.PoolID(id)}, true
	}
	if p := m.snap.Provider(fleet.ProviderID(id)); p != nil {
		switch {
		case p.Source != "":
			return place{screen: views.ScreenSources, source: p.Source}, true
		case len(p.Status) > 0: // nobody probes it, but its status page is read
			return place{screen: views.ScreenSources, source: p.Status[0].Source}, true
		}
	}
	return place{}, false
}

func (m *Model) subjectPlace(s fleet.Subject, route fleet.RouteID) (place, bool) {
	switch {
	case s.Cluster != "" && views.ClusterOf(m.snap, s.Cluster) != nil:
		return place{screen: views.ScreenClusters, object: fleet.ObjectRef{Cluster: s.Cluster}}, true
	case s.Pool != "":
		return m.memberPlace(string(s.Pool))
	case s.Account != "":
		return place{screen: views.ScreenCompute}, true
	case s.About == fleet.AboutStatus:
		return m.feedPlace(s.Provider)
	case s.Provider != "":
		return m.memberPlace(string(s.Provider))
	case route != "":
		return place{screen: views.ScreenRoutes, route: route}, true
	default:
		return place{screen: views.ScreenSources}, true
	}
}

// feedPlace is the status feed of a provider that is unknown, else its first.
func (m *Model) feedPlace(id fleet.ProviderID) (place, bool) {
	p := m.snap.Provider(id)
	if p == nil || len(p.Status) == 0 {
		return m.memberPlace(string(id))
	}
	source := p.Status[0].Source
	for i := range p.Status {
		if !p.Status[i].Unknown().IsEmpty() {
			source = p.Status[i].Source
			break
		}
	}
	return place{screen: views.ScreenSources, source: source}, true
}

func (m *Model) replicaSource(pool fleet.PoolID, id fleet.ReplicaID) fleet.SourceID {
	if p := m.snap.Pool(pool); p != nil {
		for i := range p.Replicas {
			if p.Replicas[i].ID == id {
				return p.Replicas[i].Source
			}
		}
	}
	return ""
}

// escape goes one level back: clears the filter, then leaves the object, then the view.
func (m *Model) escape(string) tea.Cmd {
	if t := m.table(m.pane()); t != nil && t.Filter.Match != nil {
		t.Filter = views.Filter{}
		m.clamp(false)
		return nil
	}
	m.up()
	return nil
}

// up leaves the object or the view; it tells whether there was one to leave.
func (m *Model) up() bool {
	p := m.place()
	switch {
	case p.object != fleet.ObjectRef{} && m.trail.at > 0:
		m.travel(-1) // pages of objects lead to one another
	case p != place{screen: p.screen} && m.trail.at > 0 && m.trail.past[m.trail.at-1].screen != p.screen:
		m.travel(-1) // it was opened from another screen
	case p != place{screen: p.screen}:
		m.visit(place{screen: p.screen})
	case p.screen != views.ScreenOverview:
		m.visit(place{screen: views.ScreenOverview})
	default:
		return false
	}
	return true
}

func (m *Model) leave(string) tea.Cmd {
	if m.up() {
		return nil
	}
	return m.quit()
}
