package backends

import (
	"math"
	"time"

	"pitwall/fleet"
)

// addWhole adds the pools that stores answer for to the load of engines that are read one by one.
func addWhole(l fleet.Load, list []*engineSeries, wholes []*fleet.PoolReading) fleet.Load {
	if len(wholes) == 0 {
		return l
	}
	ttft, itl := make([]*distribution, len(list)), make([]*distribution, len(list))
	for i, e := range list {
		ttft[i], itl[i] = &e.ttft, &e.itl
	}
	first, between := []fleet.Histogram{spreadOf(ttft)}, []fleet.Histogram{spreadOf(itl)}
	failed := fleet.Maybe[fleet.Rate]{V: fleet.Rate(float64(l.Errors.V) * float64(l.Requests.V)), OK: l.Errors.OK}
	for _, r := range wholes {
		plus(&l.Running, r.Running)
		plus(&l.Waiting, r.Waiting)
		plus(&l.Requests, r.Requests)
		plus(&failed, r.Failed)
		plus(&l.InRate, r.InRate)
		plus(&l.OutRate, r.OutRate)
		if r.KVMax.OK && (!l.KV.OK || r.KVMax.V > l.KV.V) {
			l.KV = r.KVMax
		}
		first, between = append(first, r.TTFT), append(between, r.ITL)
	}
	l.Errors = fleet.None[fleet.Ratio]()
	if failed.OK && l.Requests.V > 0 {
		l.Errors = fleet.Some(fleet.Ratio(min(1, float64(failed.V/l.Requests.V))))
	}
	merged := mergeHistograms(first)
	l.TTFT50, l.TTFT95 = quantile(merged, 0.5), quantile(merged, 0.95)
	l.ITL95 = quantile(mergeHistograms(between), 0.95)
	return l
}

func plus[T ~float64](sum *fleet.Maybe[T], v fleet.Maybe[T]) {
	if v.OK && !math.IsNaN(float64(v.V)) {
		sum.V += v.V
		sum.OK = true
	}
}

// freshWholes are the readings of whole pools that count as the present.
func (w *world) freshWholes(now time.Time) []*fleet.PoolReading {
	var list []*fleet.PoolReading
	for _, spec := range w.inventory.Pools {
		if spec.Store == nil {
			continue
		}
		if r := w.whole[spec.ID].fresh(w.index.ids[spec.Store.Source], now); r != nil {
			list = append(list, r)
		}
	}
	return list
}

// addWholeGPUs adds the GPUs of whole pools to those that are read one by one.
func addWholeGPUs(t *fleet.Totals, wholes []*fleet.PoolReading) {
	for _, r := range wholes {
		n := r.GPUs.Boards
		if !n.OK || n.V <= 0 {
			continue
		}
		if u := r.GPUs.Util; u.OK {
			known := t.GPUs
			if !t.GPUUtil.OK {
				known = 0
			}
			t.GPUUtil = fleet.Some((t.GPUUtil.V*fleet.Ratio(known) + u.V*fleet.Ratio(n.V)) / fleet.Ratio(known+n.V))
		}
		t.GPUs += n.V
	}
}
