package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// clusterPanes lists the panes of the screens of clusters, and of what is rolled in them, in the order of tab.
func clusterPanes(p place) []string {
	if p.screen == views.ScreenUpgrades {
		return upgradePanes(p)
	}
	kind := p.object.Kind
	switch {
	case p.screen == views.ScreenClusters && p.object.Cluster != "":
		return []string{panePods, paneNodes}
	case p.screen == views.ScreenClusters:
		return []string{paneClusters}
	case p.screen == views.ScreenNodes && kind != "":
		return []string{panePods, paneGPUs}
	case p.screen == views.ScreenNodes:
		return []string{paneNodes}
	case p.screen == views.ScreenPods && kind == kindPod:
		return nil
	case p.screen == views.ScreenPods, p.screen == views.ScreenWorkloads && kind != "":
		return []string{panePods}
	case p.screen == views.ScreenWorkloads:
		return []string{paneWorkloads}
	case p.screen == views.ScreenKubeEvents:
		return []string{paneKubeEvents}
	default:
		return nil
	}
}

// upgradePanes lists those of the upgrades screen.
func upgradePanes(p place) []string {
	if p.object.Kind != "" {
		return []string{panePods}
	}
	return []string{paneUpgrades}
}

// The kinds of objects that the console knows by name, as the API writes them.
const (
	kindPod  = "Pod"
	kindNode = "Node"
)

// clusterTable is the state of a pane of a screen of clusters; the pages of objects have tables of their own.
func (s *states) clusterTable(screen views.Screen, pane string) *views.Table {
	k := &s.kube
	switch {
	case pane == paneClusters:
		return &k.Clusters
	case pane == paneNodes && screen == views.ScreenNodes:
		return &k.Nodes
	case pane == paneNodes:
		return &k.PageNodes
	case pane == panePods && screen == views.ScreenPods:
		return &k.Pods
	case pane == panePods:
		return &k.PagePods
	case pane == paneGPUs && screen == views.ScreenPools:
		return &s.pools.GPUs
	case pane == paneGPUs:
		return &k.PageGPUs
	case pane == paneWorkloads:
		return &k.Workloads
	case pane == paneKubeEvents:
		return &k.Events
	default:
		return nil
	}
}

// isClusterList tells whether a place lists objects of clusters without being the page of one.
func isClusterList(p place) bool {
	switch p.screen {
	case views.ScreenNodes, views.ScreenPods, views.ScreenWorkloads:
		return p.object.Kind == "" || p.screen == views.ScreenPods
	default:
		return false
	}
}

// hasSiblings tells whether tab leads to another list from here.
func (m *Model) hasSiblings() bool {
	p := m.place()
	return m.snap != nil && len(m.snap.Clusters) > 0 && p == place{screen: p.screen} && views.NextSibling(p.screen, false) != ""
}

// turnScreen goes to the next list of pools and clusters.
func (m *Model) turnScreen(by int) tea.Cmd {
	if m.hasSiblings() {
		m.visit(place{screen: views.NextSibling(m.place().screen, by < 0)})
	}
	return nil
}

// object is the object of a cluster that the keys for logs, describe and raw mean; where there is none the sentence
// says why.
func (m *Model) object() (fleet.ObjectRef, fleet.Safe) {
	p := m.place()
	none := fleet.Text("this is no object of a cluster: :pods, :nodes and :workloads list them")
	if m.snap == nil {
		return fleet.ObjectRef{}, fleet.Text("nothing is known about the fleet yet")
	}
	pane := m.pane()
	switch {
	case p.screen == views.ScreenUpgrades:
		return m.upgradeObject()
	case pane == paneReplicas:
		return m.replicaObject(p.pool, fleet.ReplicaID(m.selected()))
	case pane == paneGPUs && p.screen == views.ScreenPools:
		return m.gpuObject(p.pool, m.selected())
	case pane == panePools:
		if p := m.snap.Pool(fleet.PoolID(m.selected())); p != nil && p.Spec.Workload.Name != "" {
			return p.Spec.Workload, works()
		}
		return fleet.ObjectRef{}, fleet.Text("no workload of a cluster is known to keep this: enter, then choose a replica")
	case pane == paneGPUs, pane == "" && p.object.Kind != "":
		return p.object, works()
	case pane == paneClusters || p.screen == views.ScreenOverview:
		return fleet.ObjectRef{}, none
	}
	o, ok := views.ClusterRowRef(views.Scene{Snap: m.snap}, p.screen, m.states.kube, pane, m.selected())
	switch {
	case ok:
		return o, works()
	case p.object.Kind != "":
		return p.object, works()
	default:
		return fleet.ObjectRef{}, none
	}
}

// upgradeObject is the object under the cursor of the upgrades screen, or the one that is open.
func (m *Model) upgradeObject() (fleet.ObjectRef, fleet.Safe) {
	o, pool, ok := views.UpgradeRef(m.rowScene(), m.states.upgrades, m.selected())
	switch {
	case o.Name != "":
		return o, works()
	case ok:
		return m.poolObject(pool)
	case m.place().object.Name != "":
		return m.place().object, works()
	}
	return fleet.ObjectRef{}, fleet.Text("no row is selected")
}

// replicaObject is the pod of a replica.
func (m *Model) replicaObject(pool fleet.PoolID, id fleet.ReplicaID) (fleet.ObjectRef, fleet.Safe) {
	if p := m.snap.Pool(pool); p != nil {
		for i := range p.Replicas {
			if p.Replicas[i].ID == id {
				return views.ReplicaPod(m.snap, p, &p.Replicas[i])
			}
		}
	}
	return fleet.ObjectRef{}, fleet.Text("no replica is selected")
}

// gpuObject is the machine of a GPU of a pool.
func (m *Model) gpuObject(pool fleet.PoolID, id string) (fleet.ObjectRef, fleet.Safe) {
	if p := m.snap.Pool(pool); p != nil {
		for i := range p.Nodes {
			for j := range p.Nodes[i].GPUs {
				if views.GPUKey(p.Nodes[i], p.Nodes[i].GPUs[j]) == id {
					return views.MachineRef(m.snap, p.Nodes[i].ID)
				}
			}
		}
	}
	return fleet.ObjectRef{}, fleet.Text("no GPU is selected")
}

// objectPlace is the page of the object under the cursor; false where it has none, such as an event of something that
// is gone.
func (m *Model) objectPlace() (place, bool) {
	p := m.place()
	if m.pane() == paneClusters {
		return place{screen: views.ScreenClusters, object: fleet.ObjectRef{Cluster: fleet.ClusterID(m.selected())}}, true
	}
	o, why := m.object()
	if !why.IsEmpty() || o == p.object {
		return place{}, false
	}
	return m.pageOf(o)
}

// podNode is the page of the machine that the open pod runs on.
func (m *Model) podNode() (place, bool) {
	c, p := views.PodOf(m.snap, m.place().object)
	if p == nil || m.pane() != "" {
		return place{}, false
	}
	return m.pageOf(fleet.ObjectRef{Cluster: c.ID, Kind: kindNode, Name: p.Node})
}

func whyNoOpen(m *Model) fleet.Safe {
	if m.pane() == paneSilences {
		return fleet.Text("all that is known of it stands below; Z ends it")
	}
	if m.place().object.Kind != kindPod || m.pane() != "" {
		return whyNoRow(m)
	}
	if _, ok := m.podNode(); !ok {
		return fleet.Text("no node of this pod is known")
	}
	return works()
}

// pageOf is the page of an object that is there.
func (m *Model) pageOf(o fleet.ObjectRef) (place, bool) {
	if _, n := views.NodeOf(m.snap, o); n != nil {
		return place{screen: views.ScreenNodes, object: o}, true
	}
	if _, p := views.PodOf(m.snap, o); p != nil {
		return place{screen: views.ScreenPods, object: o}, true
	}
	if _, w := views.WorkloadOf(m.snap, o); w != nil {
		return place{screen: views.ScreenWorkloads, object: o}, true
	}
	return place{}, false
}

// whyNoObject tells why there is no full text here.
func whyNoObject(m *Model) fleet.Safe {
	if m.details == nil {
		return fleet.Text("no cluster can be asked: logs, describe and raw need one")
	}
	_, why := m.object()
	return why
}

func whyNoLogs(m *Model) fleet.Safe {
	if why := whyNoObject(m); !why.IsEmpty() {
		return why
	}
	if o, _ := m.object(); o.Kind == kindNode {
		return fleet.Text("a node has no log here: enter lists its pods")
	}
	return works()
}

func whyNoDescribe(m *Model) fleet.Safe {
	if whyNoObject(m).IsEmpty() {
		return works()
	}
	return whyNoRow(m)
}

func (m *Model) openDescribe(key string) tea.Cmd {
	if a := m.selectedAlert(); a != nil && a.Origin != "" {
		return m.tellAlert(a)
	}
	if !whyNoObject(m).IsEmpty() {
		return m.openRow(key)
	}
	o, _ := m.object()
	return m.openText(views.DetailDescribe, o)
}

func (m *Model) openRaw(string) tea.Cmd {
	o, _ := m.object()
	return m.openText(views.DetailRaw, o)
}

func (m *Model) openLogs(string) tea.Cmd {
	o, _ := m.object()
	pod, ok := views.LogPod(m.snap, o)
	if !ok {
		m.say(fleet.Concat(views.RefText(o), fleet.Text(" has no pod whose log could be read")))
		return nil
	}
	return m.openText(views.DetailLogs, pod)
}
