package tui

import (
	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// workObject is the object of a cluster that the keys for changes of objects mean: what is open, or what keeps what the
// cursor stands on. Where there is none the sentence says why.
func (m *Model) workObject() (fleet.ObjectRef, fleet.Safe) {
	if m.snap == nil {
		return fleet.ObjectRef{}, fleet.Text("nothing is known about the fleet yet")
	}
	if m.shift != nil && m.shift.state.Work != nil {
		return m.shift.state.Work.Object, works()
	}
	if p := m.place(); p.screen == views.ScreenUpgrades && p.object.Name != "" {
		return p.object, works()
	}
	if pool, ok := m.selectedPool(); ok {
		return m.poolObject(pool)
	}
	o, why := m.object()
	if !why.IsEmpty() {
		return o, why
	}
	o.Container = ""
	_, pod := views.PodOf(m.snap, o)
	switch {
	case pod == nil:
		return o, works()
	case pod.Owner.Name == "":
		return fleet.ObjectRef{}, fleet.Text("nothing keeps this pod: there is no object to change")
	}
	owner := pod.Owner
	owner.Cluster = o.Cluster
	return owner, works()
}

// selectedPool is the pool under the cursor, or the one that is open, where a screen shows pools.
func (m *Model) selectedPool() (fleet.PoolID, bool) {
	p := m.place()
	switch m.pane() {
	case paneReplicas:
		return p.pool, true
	case paneCostPools, panePools:
		return fleet.PoolID(m.selected()), true
	case paneTargets:
		if r := m.snap.Route(p.route); r != nil {
			if t := r.Target(fleet.TargetID(m.selected())); t != nil {
				return t.Spec.Pool, true
			}
		}
	}
	return "", false
}

// poolObject is the object that keeps a pool.
func (m *Model) poolObject(id fleet.PoolID) (fleet.ObjectRef, fleet.Safe) {
	if p := m.snap.Pool(id); p != nil {
		if o, ok := views.PoolKeeper(m.snap, p); ok {
			return o, works()
		}
	}
	return fleet.ObjectRef{}, fleet.Text("no object of a watched cluster is known to keep this pool: its replicas are declared")
}

// whyNoWork is why nothing can be planned of objects of clusters.
func whyNoWork(m *Model) fleet.Safe {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return why
	}
	if m.rollouts == nil {
		return fleet.Text("this console reads no object of a cluster")
	}
	return works()
}

// whyNoUpgrade is why U does nothing.
func whyNoUpgrade(m *Model) fleet.Safe {
	if why := whyNoWork(m); !why.IsEmpty() {
		return why
	}
	o, why := m.workObject()
	switch {
	case !why.IsEmpty():
		return why
	case !m.states.upgrades.Seen[o].Lacks[fleet.DoUpgrade].IsEmpty() && m.book.OpenOn(actions.ObjectLock(o)) == nil:
		return m.states.upgrades.Seen[o].Lacks[fleet.DoUpgrade]
	case o.Kind == kindNode && m.book.OpenOn(actions.ObjectLock(o)) == nil:
		return fleet.Text("a node is not upgraded from here: x cordons, drains and opens it")
	}
	return works()
}

// openUpgrade plans an upgrade of the selected object; where a change runs on it, that is shown instead.
func (m *Model) openUpgrade(string) tea.Cmd {
	o, _ := m.workObject()
	if c := m.book.OpenOn(actions.ObjectLock(o)); c != nil {
		return m.showChange(c)
	}
	return m.openWork(o, fleet.DoUpgrade)
}

// openWork opens the plan step of a deed. One that says it all is planned at once.
func (m *Model) openWork(o fleet.ObjectRef, deed fleet.Deed) tea.Cmd {
	d := &dialog{state: views.ShiftState{Step: views.ShiftPlan, Kind: actions.Kind(deed),
		Work: &views.WorkForm{Object: o, Deed: deed, Fields: workFields(deed)}}}
	cmd := m.show(d)
	m.prefill(o)
	if len(d.state.Work.Fields) == 0 || deed == fleet.DoAdvance { // its field may stay empty
		return tea.Batch(cmd, m.replan())
	}
	return cmd
}

// openRestore opens the plan step of an undo: it restores exactly what was, and is planned at once.
func (m *Model) openRestore(in actions.Intent) tea.Cmd {
	d := &dialog{base: in, state: views.ShiftState{Step: views.ShiftPlan, Kind: in.Kind, Undoes: in.Undoes,
		Work: &views.WorkForm{Object: in.Work.Object, Deed: in.Work.Want.Do}}}
	return tea.Batch(m.show(d), m.replan())
}

// workDeeds are the deeds that the list of actions offers for a kind of object.
func workDeeds(kind string) []fleet.Deed {
	if kind == kindNode {
		return []fleet.Deed{fleet.DoCordon, fleet.DoUncordon, fleet.DoDrain}
	}
	return []fleet.Deed{fleet.DoScale, fleet.DoRestart, fleet.DoPause, fleet.DoResume, fleet.DoHoldScaler, fleet.DoFreeScaler,
		fleet.DoTraffic, fleet.DoAdvance}
}

// deedText says what a deed does, for the list of actions.
func deedText(d fleet.Deed, o fleet.ObjectRef) fleet.Safe {
	words := map[fleet.Deed]fleet.Safe{
		fleet.DoScale: fleet.Text("scale "), fleet.DoRestart: fleet.Text("restart, one replica after the other, "),
		fleet.DoPause: fleet.Text("pause the roll of "), fleet.DoResume: fleet.Text("resume the roll of "),
		fleet.DoHoldScaler: fleet.Text("hold the autoscaler of "), fleet.DoFreeScaler: fleet.Text("release the autoscaler of "),
		fleet.DoTraffic: fleet.Text("set the weights of "), fleet.DoAdvance: fleet.Text("advance by one step the roll of "),
		fleet.DoCordon: fleet.Text("cordon "), fleet.DoUncordon: fleet.Text("uncordon "), fleet.DoDrain: fleet.Text("drain "),
	}
	return fleet.Concat(words[d], views.RefText(o))
}

// whyNoDeed is why a deed cannot be planned on an object now, as far as that is known without asking.
func (m *Model) whyNoDeed(o fleet.ObjectRef, d fleet.Deed) fleet.Safe {
	if why := whyNoWork(m); !why.IsEmpty() {
		return why
	}
	if c := m.book.OpenOn(actions.ObjectLock(o)); c != nil {
		return fleet.Concat(changeName(c), fleet.Text(" is open: U shows it"))
	}
	if lacks := m.states.upgrades.Seen[o].Lacks[d]; !lacks.IsEmpty() {
		return lacks
	}
	if _, n := views.NodeOf(m.snap, o); n != nil {
		switch {
		case d == fleet.DoCordon && n.Unscheduled:
			return fleet.Text("it is cordoned already")
		case d == fleet.DoUncordon && !n.Unscheduled:
			return fleet.Text("it is not cordoned")
		}
		return works()
	}
	return m.whyNoWorkloadDeed(o, d)
}

// whyNoWorkloadDeed is why a deed cannot be planned on what keeps replicas.
func (m *Model) whyNoWorkloadDeed(o fleet.ObjectRef, d fleet.Deed) fleet.Safe {
	_, w := views.WorkloadOf(m.snap, o)
	r := m.states.upgrades.Seen[o].Rollout
	scaled := w == nil || !w.Autoscaler.IsEmpty() || r.Scaler.Exists()
	switch {
	case w != nil && d == fleet.DoScale && w.Kind == "DaemonSet":
		return fleet.Text("a DaemonSet has one pod on each node")
	case isScaling(d) && !scaled:
		return fleet.Text("nothing is known to scale it by itself")
	case d == fleet.DoHoldScaler && !r.Scaler.Held.IsEmpty():
		return fleet.Concat(fleet.Text("it is held already: "), r.Scaler.Held)
	case d == fleet.DoTraffic || d == fleet.DoAdvance:
		return m.whyNoTraffic(o, d)
	case d == fleet.DoPause && r.Phase == fleet.RolloutPaused:
		return fleet.Text("it is paused already")
	}
	return works()
}

// whyNoTraffic is why the traffic of an object cannot be set, or taken one step further.
func (m *Model) whyNoTraffic(o fleet.ObjectRef, d fleet.Deed) fleet.Safe {
	r := m.states.upgrades.Seen[o].Rollout
	switch {
	case d == fleet.DoAdvance && m.stepless(o):
		return fleet.Text("its system has no steps or weights of its own")
	case d == fleet.DoTraffic && r.Phase != "" && !r.Traffic.Weighted(): // as far as it was read
		return fleet.Text("its system has no weights: shares follow the replicas, or a controller moves them")
	}
	return works()
}

func isScaling(d fleet.Deed) bool { return d == fleet.DoHoldScaler || d == fleet.DoFreeScaler }

// workSeen tells one state of an object from another, as far as the watch knows it: what was planned on the one does not
// count for the other. It is "" where the object is not watched.
func (m *Model) workSeen(o fleet.ObjectRef) string {
	if _, n := views.NodeOf(m.snap, o); n != nil {
		return fleet.Textf("%s cordoned %s", fleet.Label(n.UID), fleet.Int(len(n.Taints))).String()
	}
	if _, w := views.WorkloadOf(m.snap, o); w != nil {
		return fleet.Textf("%s wants %s of %s", fleet.Label(w.UID), fleet.Int(w.Desired), w.Image).String()
	}
	return ""
}
