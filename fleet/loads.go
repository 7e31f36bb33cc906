package fleet

import (
	"math"
	"slices"
	"time"
)

// longestLoad is where a time to ready is no load any more: a pod that waited for a GPU, or was unready in between.
const longestLoad = 2 * time.Hour

// LoadsOf are the times from start to ready of an object's replicas: those that its orchestrator read, else those that
// the pods of the cluster show; nil where nothing shows any.
func (s *Snapshot) LoadsOf(r *Rollout) []time.Duration {
	if len(r.Loads) > 0 {
		return r.Loads
	}
	c := s.Cluster(r.Object.Cluster)
	if c == nil {
		return nil
	}
	var out []time.Duration
	for _, p := range c.PodsOf(r) {
		took := p.Since.Sub(p.Created)
		whole := p.State == StateOK && p.Ready == p.Containers && p.Containers > 0 && p.Restarts == 0
		if whole && !p.Created.IsZero() && took > 0 && took <= longestLoad {
			out = append(out, took)
		}
	}
	return out
}

// Percentile is the value below or at which the share q (0 to 1) of a list lies, by nearest rank; 0 of an empty list.
func Percentile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
