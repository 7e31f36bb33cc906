package backends

import (
	"math"
	"testing"
	"time"

	"pitwall/fleet"
)

func histogram(scale float64, bounds ...float64) fleet.Histogram {
	h := fleet.Histogram{}
	for i, b := range append(bounds, math.Inf(1)) {
		h.Bounds = append(h.Bounds, b)
		h.Counts = append(h.Counts, scale*float64(i+1))
	}
	return h
}

func TestQuantilesComeFromMergedBuckets(t *testing.T) {
	fast := fleet.Histogram{Bounds: []float64{0.1, 1, 10, math.Inf(1)}, Counts: []float64{900, 900, 900, 900}}
	slow := fleet.Histogram{Bounds: []float64{0.1, 1, 10, math.Inf(1)}, Counts: []float64{0, 0, 100, 100}}
	merged := quantile(mergeHistograms([]fleet.Histogram{fast, slow}), 0.95)
	if !merged.OK || merged.V < 5 || merged.V > 6 {
		t.Errorf("p95 of the merge: got %v, want 5.5 s (the mean of the two p95s would be 4.8 s)", merged)
	}
	other := fleet.Histogram{Bounds: []float64{0.5, 1, math.Inf(1)}, Counts: []float64{10, 20, 30}}
	m := mergeHistograms([]fleet.Histogram{fast, other})
	if len(m.Bounds) != 2 || m.Bounds[0] != 1 || m.Counts[0] != 920 || m.Counts[1] != 930 {
		t.Errorf("unequal bounds must merge on common values only: %+v", m)
	}
	if q := quantile(histogram(4, 1, 2), 0.95); q.OK {
		t.Errorf("12 observations gave a p95: %v", q)
	}
	if q := quantile(fleet.Histogram{Bounds: []float64{1, math.Inf(1)}, Counts: []float64{0, 100}}, 0.5); q.V != 1 {
		t.Errorf("beyond the last bound: got %v", q)
	}
}

// A limit is not held by what lies beyond the last bound: then nobody knows.
func TestABoundedQuantileIsUnknownBeyondTheLastBound(t *testing.T) {
	h := fleet.Histogram{Bounds: []float64{1, 10, math.Inf(1)}, Counts: []float64{500, 990, 1000}}
	if q := bounded(h, 0.99); !q.OK || q.V != 10 {
		t.Errorf("at the last bound: %+v", q)
	}
	if q := bounded(h, 0.995); q.OK {
		t.Errorf("beyond the last bound: %+v", q)
	}
	if q := bounded(fleet.Histogram{}, 0.99); q.OK {
		t.Errorf("without a histogram: %+v", q)
	}
}

func gatewayReading(weights map[fleet.DeploymentID]float64, requests map[fleet.DeploymentID]float64) fleet.Partial {
	g := &fleet.GatewayReading{Mode: fleet.GatewayModeDatabase, Strategy: "simple-shuffle", Metrics: true}
	for _, id := range []fleet.DeploymentID{"own", "rented", "extra"} {
		w, ok := weights[id]
		if !ok {
			continue
		}
		g.Deployments = append(g.Deployments, fleet.DeploymentReading{ID: id, Route: "chat", Weight: fleet.Some(w),
			Requests: fleet.Some(requests[id]), Successes: fleet.Some(requests[id])})
	}
	return fleet.Partial{Gateway: g}
}

func TestRoutesShowAgreementDriftAndSeenShare(t *testing.T) {
	weights := map[fleet.DeploymentID]float64{"own": 60, "rented": 40}
	read := func(w map[fleet.DeploymentID]float64) func(time.Time) (fleet.Partial, error) {
		return func(now time.Time) (fleet.Partial, error) {
			n := now.Sub(start).Seconds()
			return gatewayReading(w, map[fleet.DeploymentID]float64{"own": 6 * n, "rented": 4 * n}), nil
		}
	}
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": read(weights), "gw2": read(weights),
		"gw3": func(now time.Time) (fleet.Partial, error) {
			if now.After(start.Add(2 * time.Minute)) {
				return read(map[fleet.DeploymentID]float64{"own": 70, "rented": 30})(now)
			}
			return read(weights)(now)
		}})
	r := b.after(2 * time.Minute).Route("chat")
	if !r.Weights.Equal(fleet.Weights{"own": 60, "rented": 40}) || r.Hash == "" {
		t.Fatalf("agreed weights: %v", r.Weights)
	}
	if own := r.Target("own"); math.Abs(float64(own.Seen.V)-0.6) > 0.001 || own.Effective != fleet.Some(fleet.Ratio(0.6)) {
		t.Errorf("seen %v, effective %v", own.Seen, own.Effective)
	}
	r = b.after(30 * time.Second).Route("chat")
	if r.Weights != nil || r.State != fleet.StateDrift || !r.Replicas[2].Differs || r.Replicas[0].Differs {
		t.Errorf("drift: weights %v, state %s, replicas %+v", r.Weights, r.State, r.Replicas)
	}
	if r.Target("own").Set != fleet.Some(60) {
		t.Errorf("set shows %v, want the majority's 60", r.Target("own").Set)
	}
}

func TestAMemberThatTheConfigurationDoesNotNameIsShown(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){
		"gw1": func(time.Time) (fleet.Partial, error) {
			return gatewayReading(map[fleet.DeploymentID]float64{"own": 50, "extra": 50}, nil), nil
		}})
	r := b.after(10 * time.Second).Route("chat")
	if r.Target("extra") == nil || r.Weights["extra"] != 50 {
		t.Errorf("targets: %+v", r.Order())
	}
	if _, has := r.Weights["rented"]; has {
		t.Errorf("a missing deployment has a weight: %v", r.Weights)
	}
}
