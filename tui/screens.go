package tui

import (
	"pitwall/fleet"
	"pitwall/views"
)

// drawScreen is the only caller of the screens.
func drawScreen(screen views.Screen, sc views.Scene, s *states, sz views.Size) string {
	switch screen {
	case views.ScreenRoutes:
		return views.Routes(sc, s.routes, sz)
	case views.ScreenPools:
		return views.Pools(sc, s.pools, sz)
	case views.ScreenEvents:
		return views.Events(sc, s.events, sz)
	case views.ScreenCost, views.ScreenBills, views.ScreenCompute, views.ScreenEconomics:
		return drawMoney(screen, sc, s, sz)
	case views.ScreenSources:
		return views.Sources(sc, s.sources, sz)
	case views.ScreenUpgrades:
		return views.Upgrades(sc, s.upgrades, sz)
	case views.ScreenFailover:
		return views.Failover(sc, s.failover, sz)
	case views.ScreenSilences:
		return views.Silences(sc, s.silences, sz)
	case views.ScreenClusters:
		return views.Clusters(sc, s.kube, sz)
	case views.ScreenNodes:
		return views.Nodes(sc, s.kube, sz)
	case views.ScreenPods:
		return views.Pods(sc, s.kube, sz)
	case views.ScreenWorkloads:
		return views.Workloads(sc, s.kube, sz)
	case views.ScreenKubeEvents:
		return views.KubeEvents(sc, s.kube, sz)
	default:
		return views.Overview(sc, s.overview, sz)
	}
}

// orderScreen gives the raw IDs of each pane after filter and sort. Before the first snapshot only the journal has
// rows: an open change must be found while nothing else answers.
func orderScreen(screen views.Screen, sc views.Scene, s *states) map[string][]string {
	if sc.Snap == nil && screen != views.ScreenEvents {
		return nil
	}
	switch screen {
	case views.ScreenRoutes:
		return views.RoutesOrder(sc, s.routes)
	case views.ScreenPools:
		return views.PoolsOrder(sc, s.pools)
	case views.ScreenEvents:
		return views.EventsOrder(sc, s.events)
	case views.ScreenCost, views.ScreenBills, views.ScreenCompute, views.ScreenEconomics:
		return orderMoney(screen, sc, s)
	case views.ScreenSources:
		return views.SourcesOrder(sc, s.sources)
	case views.ScreenUpgrades:
		return views.UpgradesOrder(sc, s.upgrades)
	case views.ScreenFailover:
		return views.FailoverOrder(sc, s.failover)
	case views.ScreenSilences:
		return views.SilencesOrder(sc, s.silences)
	case views.ScreenClusters, views.ScreenNodes, views.ScreenPods, views.ScreenWorkloads, views.ScreenKubeEvents:
		return orderCluster(screen, sc, s)
	default:
		return views.OverviewOrder(sc, s.overview)
	}
}

// drawMoney is drawScreen for the screens of money.
func drawMoney(screen views.Screen, sc views.Scene, s *states, sz views.Size) string {
	switch screen {
	case views.ScreenBills:
		return views.Bills(sc, s.bills, sz)
	case views.ScreenCompute:
		return views.Compute(sc, s.compute, sz)
	case views.ScreenEconomics:
		return views.Economics(sc, s.economics, sz)
	default:
		return views.Cost(sc, s.cost, sz)
	}
}

// orderMoney is orderScreen for the screens of money.
func orderMoney(screen views.Screen, sc views.Scene, s *states) map[string][]string {
	switch screen {
	case views.ScreenBills:
		return views.BillsOrder(sc, s.bills)
	case views.ScreenCompute:
		return views.ComputeOrder(sc, s.compute)
	case views.ScreenEconomics:
		return economicsOrder(s)
	default:
		return views.CostOrder(sc, s.cost)
	}
}

// orderCluster is orderScreen for the screens that show the clusters.
func orderCluster(screen views.Screen, sc views.Scene, s *states) map[string][]string {
	switch screen {
	case views.ScreenClusters:
		return views.ClustersOrder(sc, s.kube)
	case views.ScreenNodes:
		return views.NodesOrder(sc, s.kube)
	case views.ScreenPods:
		return views.PodsOrder(sc, s.kube)
	case views.ScreenWorkloads:
		return views.WorkloadsOrder(sc, s.kube)
	default:
		return views.KubeEventsOrder(sc, s.kube)
	}
}

// alertByID returns the alert that a row stands for, or nil.
func alertByID(snap *fleet.Snapshot, id string) *fleet.Alert {
	if snap == nil {
		return nil
	}
	for i := range snap.Alerts {
		if views.AlertID(snap.Alerts[i]) == id {
			return &snap.Alerts[i]
		}
	}
	return nil
}

// eventByID returns the event that a row stands for, or nil.
func eventByID(snap *fleet.Snapshot, id string) *fleet.Event {
	if snap == nil {
		return nil
	}
	for i := range snap.Events {
		if views.EventID(snap.Events[i]) == id {
			return &snap.Events[i]
		}
	}
	return nil
}
