package backends

import "pitwall/fleet"

// clusterList gives the clusters in the order of their sources. One that was never heard is shown with what is known of
// the attempt; one that does not answer keeps its rows, marked as old.
func (w *world) clusterList() []*fleet.Cluster {
	var list []*fleet.Cluster
	for _, s := range w.states {
		c := w.clusters[s.spec.ID]
		if c == nil && s.spec.Subject.Cluster == "" {
			continue
		}
		if c == nil {
			c = &fleet.Cluster{ID: s.spec.Subject.Cluster, State: fleet.StateUnknown, Why: fleet.Text("connecting")}
		}
		if s.status.Failing > 0 {
			c = unheard(c, s.status.Cause)
		}
		list = append(list, c)
	}
	return list
}

// unheard is a copy of a cluster that does not answer now. It shares the rows.
func unheard(c *fleet.Cluster, why fleet.Safe) *fleet.Cluster {
	out := *c
	out.State, out.Why = fleet.StateStale, why
	if c.At.IsZero() {
		out.State = fleet.StateDown
	}
	return &out
}
