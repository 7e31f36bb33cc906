package tui

import (
	"cmp"
	"strings"

	"pitwall/fleet"
	"pitwall/views"
)

// Panes of the screens, by the names that views order them by.
const (
	panePools    = "pools"
	paneRoutes   = "routes"
	paneAlerts   = "alerts"
	paneTargets  = "targets"
	paneReplicas = "replicas"
	paneGPUs     = "gpus"
	paneJournal  = "journal"
	paneEvents   = "events"
	paneSources  = "sources"
	paneUpgrades = "upgrades"
	paneSilences = "silences"

	paneOrigins   = "origins"
	paneFailovers = "failovers"
	paneRunbooks  = "runbooks"
	paneParts     = "parts" // changes of one failover

	paneCostRoutes    = "costroutes"
	paneCostPools     = "costpools"
	paneCostProviders = "costproviders"
	paneCostBeside    = "costbeside"
	paneCostHours     = "costhours"
	paneCostDays      = "costdays"
	paneCostTrends    = "costtrends"

	paneBillFactors = "billfactors"
	paneBillParts   = "billparts"
	paneBillSources = "billsources"
	paneBillDays    = "billdays" // of one model

	paneMachines = "machines"
	paneCapacity = "capacity"
	paneOffers   = "offers"

	paneClusters   = "clusters"
	paneNodes      = "nodes"
	panePods       = "pods"
	paneWorkloads  = "workloads"
	paneKubeEvents = "kevents"
)

// states are what the screens remember, whether they are shown or not.
type states struct {
	overview views.OverviewState
	routes   views.RoutesState
	pools    views.PoolsState
	events   views.EventsState
	sources  views.SourcesState
	silences views.SilencesState
	cost     views.CostState
	bills    views.BillsState
	compute  views.ComputeState
	kube     views.ClusterState
	upgrades views.UpgradesState
	failover views.FailoverState
	// economics is what its screen shows; decision what it was worked out from.
	economics views.EconomicsState
	decision  decision
}

func newStates() states {
	lists := &views.Lists{}
	return states{
		upgrades:  views.UpgradesState{Seen: map[fleet.ObjectRef]views.RolloutSeen{}, Lists: lists},
		overview:  views.OverviewState{Pane: panePools},
		pools:     views.PoolsState{Pane: paneReplicas},
		events:    views.EventsState{Pane: paneJournal},
		cost:      views.CostState{Pane: paneCostRoutes},
		bills:     views.BillsState{Pane: paneBillFactors},
		compute:   views.ComputeState{Pane: paneMachines, Planned: &views.Planned{}},
		failover:  views.FailoverState{Pane: paneOrigins},
		kube:      views.ClusterState{Lists: lists},
		economics: newEconomics(),
	}
}

// panes lists the panes of a place in the order of tab.
func panes(p place) []string {
	switch p.screen {
	case views.ScreenOverview:
		return []string{paneAlerts, panePools, paneRoutes}
	case views.ScreenRoutes:
		return listOrPage(p.route == "", []string{paneRoutes}, paneTargets)
	case views.ScreenPools:
		return listOrPage(p.pool == "", []string{panePools}, paneReplicas, paneGPUs)
	case views.ScreenEvents:
		return listOrPage(p.change == "", []string{paneJournal, paneEvents})
	case views.ScreenCost:
		return views.CostPanes()
	case views.ScreenEconomics:
		return economicsPanes()
	case views.ScreenBills:
		return listOrPage(p.bill == "", []string{paneBillFactors, paneBillParts, paneBillSources}, paneBillDays)
	case views.ScreenCompute:
		return []string{paneMachines, paneCapacity, paneOffers}
	case views.ScreenSources:
		return listOrPage(p.source == "", []string{paneSources}, clusterPanes(p)...)
	case views.ScreenSilences:
		return []string{paneSilences}
	case views.ScreenFailover:
		return listOrPage(p.failover == "", []string{paneOrigins, paneFailovers, paneRunbooks}, paneParts)
	default:
		return clusterPanes(p)
	}
}

// listOrPage gives the panes of a screen's list, or those of the page of one thing on it.
func listOrPage(isList bool, list []string, page ...string) []string {
	if isList {
		return list
	}
	return page
}

// pane is the pane with the focus, "" on a page without tables.
func (m *Model) pane() string {
	p := m.place()
	all := panes(p)
	if len(all) == 0 {
		return ""
	}
	if len(all) == 1 {
		return all[0]
	}
	switch p.screen {
	case views.ScreenOverview:
		return m.states.overview.Pane
	case views.ScreenPools:
		return m.states.pools.Pane
	case views.ScreenCost:
		return m.states.cost.Pane
	case views.ScreenBills:
		return m.states.bills.Pane
	case views.ScreenCompute:
		return m.states.compute.Pane
	case views.ScreenFailover:
		return m.states.failover.Pane
	case views.ScreenEconomics:
		return paneEconomics + m.states.economics.Pane
	case views.ScreenNodes, views.ScreenClusters:
		return cmp.Or(m.states.kube.Pane, all[0])
	default:
		return m.states.events.Pane
	}
}

func (m *Model) setPane(pane string) {
	switch m.place().screen {
	case views.ScreenOverview:
		m.states.overview.Pane = pane
	case views.ScreenPools:
		m.states.pools.Pane = pane
	case views.ScreenEvents:
		m.states.events.Pane = pane
	case views.ScreenCost:
		m.states.cost.Pane = pane
	case views.ScreenBills:
		m.states.bills.Pane = pane
	case views.ScreenCompute:
		m.states.compute.Pane = pane
	case views.ScreenFailover:
		m.states.failover.Pane = pane
	case views.ScreenEconomics:
		m.states.economics.Pane = strings.TrimPrefix(pane, paneEconomics)
	case views.ScreenNodes, views.ScreenClusters:
		m.states.kube.Pane = pane
	default: // one pane, always the same
	}
}

// table is the state of a pane of the screen that is shown, nil for a page without tables.
func (m *Model) table(pane string) *views.Table {
	s := &m.states
	screen := m.place().screen
	switch {
	case screen == views.ScreenOverview:
		return s.overviewTable(pane)
	case screen == views.ScreenUpgrades && pane == panePods:
		return &s.upgrades.Pods
	case screen == views.ScreenUpgrades:
		return &s.upgrades.List
	case screen == views.ScreenEconomics:
		return s.economics.Tables[strings.TrimPrefix(pane, paneEconomics)]
	}
	return s.screenTable(screen, pane)
}

// screenTable is the state of a pane of the other screens.
func (s *states) screenTable(screen views.Screen, pane string) *views.Table {
	switch pane {
	case paneRoutes:
		return &s.routes.List
	case paneTargets:
		return &s.routes.Targets
	case panePools:
		return &s.pools.List
	case paneReplicas:
		return &s.pools.Replicas
	case paneJournal:
		return &s.events.Journal
	case paneEvents:
		return &s.events.Events
	case paneSources:
		return &s.sources.List
	case paneSilences:
		return &s.silences.List
	case paneOrigins, paneFailovers, paneRunbooks, paneParts:
		return s.failoverTable(pane)
	case paneCostRoutes, paneCostPools, paneCostProviders, paneCostBeside, paneCostHours, paneCostDays, paneCostTrends:
		return s.costTable(pane)
	case paneMachines:
		return &s.compute.Machines
	case paneCapacity:
		return &s.compute.Capacity
	case paneOffers:
		return &s.compute.Offers
	case paneBillFactors, paneBillParts, paneBillSources, paneBillDays:
		return s.billTable(pane)
	default:
		return s.clusterTable(screen, pane)
	}
}

func (s *states) failoverTable(pane string) *views.Table {
	switch pane {
	case paneOrigins:
		return &s.failover.Origins
	case paneFailovers:
		return &s.failover.Runs
	case paneRunbooks:
		return &s.failover.Runbooks
	default:
		return &s.failover.Parts
	}
}

func (s *states) costTable(pane string) *views.Table {
	switch pane {
	case paneCostRoutes:
		return &s.cost.Routes
	case paneCostPools:
		return &s.cost.Pools
	case paneCostProviders:
		return &s.cost.Providers
	case paneCostBeside:
		return &s.cost.Beside
	default:
		return &s.cost.Chart
	}
}

func (s *states) billTable(pane string) *views.Table {
	switch pane {
	case paneBillFactors:
		return &s.bills.Factors
	case paneBillParts:
		return &s.bills.Parts
	case paneBillSources:
		return &s.bills.Sources
	default:
		return &s.bills.Days
	}
}

// overviewTable is the state of a pane of the overview, whose tables share their names with those of other screens.
func (s *states) overviewTable(pane string) *views.Table {
	switch pane {
	case panePools:
		return &s.overview.Pools
	case paneRoutes:
		return &s.overview.Routes
	case paneAlerts:
		return &s.overview.Alerts
	default:
		return nil
	}
}

// selected is the raw ID under the cursor, "" when there is none.
func (m *Model) selected() string {
	if t := m.table(m.pane()); t != nil {
		return t.Selected
	}
	return ""
}

// selectedRoute is the route that the keys for routes mean, "" when there is none.
func (m *Model) selectedRoute() fleet.RouteID {
	p := m.place()
	if m.shift != nil {
		return m.shift.state.Route
	}
	if p.route != "" {
		return p.route
	}
	if c := m.selectedChange(); c != nil {
		return c.Plan.Intent.Route
	}
	id := m.selected()
	switch m.pane() {
	case paneRoutes, paneCostRoutes:
		return fleet.RouteID(id)
	case paneCostBeside:
		return views.BesideRoute(id)
	case paneAlerts:
		if a := alertByID(m.snap, id); a != nil {
			return a.Route
		}
	case panePools, paneCostPools, paneCostProviders:
		return onlyRouteOf(m.snap, id)
	case paneReplicas, paneGPUs:
		return onlyRouteOf(m.snap, string(p.pool))
	}
	return ""
}

// onlyRouteOf returns the route that a pool or provider serves, when it is exactly one.
func onlyRouteOf(snap *fleet.Snapshot, member string) fleet.RouteID {
	var found fleet.RouteID
	if snap == nil {
		return ""
	}
	for i := range snap.Routes {
		r := &snap.Routes[i]
		for j := range r.Targets {
			t := &r.Targets[j].Spec
			if string(t.Pool) != member && (t.Pool != "" || string(t.Provider) != member) {
				continue
			}
			if found != "" && found != r.Spec.ID {
				return ""
			}
			found = r.Spec.ID
		}
	}
	return found
}
