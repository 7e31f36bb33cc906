package backends

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// A replica whose tokens take lagEnter times as long as those of its pool for lagFor is a straggler (F17: 1.3 to 2 times)
// until they take less than lagLeave times as long for lagFor. The gap between the two keeps a replica at the edge from
// coming and going.
const (
	lagEnter = 1.3
	lagLeave = 1.15
	lagFor   = 2 * time.Minute
	// lagRough is the limit where only whole requests are timed: their prompts and their queue are in the figure.
	lagRough = 1.6
	// What a pace needs within the window of rates: so many gaps between tokens, or so many ended requests.
	paceGaps     = 1000
	paceRequests = 50
)

// pace is how long one replica takes for one token; rough says that it is taken from whole requests.
type pace struct {
	perToken float64
	rough    bool
}

// paceOf is the pace of a replica's engines, unknown where they did too little to judge them by.
func paceOf(engines []*engineSeries) fleet.Maybe[pace] {
	var gaps, waited, requests, took, made float64
	for _, e := range engines {
		itl, e2e, out := e.itl.increase(rateWindow), e.e2e.increase(rateWindow), e.outLen.increase(rateWindow)
		gaps, waited = gaps+itl.Count(), waited+itl.Sum
		requests, took, made = requests+e2e.Count(), took+e2e.Sum, made+out.Sum
	}
	switch {
	case gaps >= paceGaps && waited > 0:
		return fleet.Some(pace{perToken: waited / gaps})
	case requests >= paceRequests && took > 0 && made > 0:
		return fleet.Some(pace{took / made, true})
	default:
		return fleet.None[pace]()
	}
}

// lagWatch follows how one replica's pace compares with its pool's.
type lagWatch struct {
	slow   bool
	since  time.Time // from when on the pace says otherwise than slow does; zero while it agrees
	seen   time.Time
	factor float64 // of the newest comparison
	own    float64
	others float64
}

// add takes one comparison in.
func (l *lagWatch) add(own pace, others float64, now time.Time) {
	l.own, l.others, l.factor, l.seen = own.perToken, others, own.perToken/others, now
	enter := lagEnter
	if own.rough {
		enter = lagRough
	}
	differs := l.factor >= enter
	if l.slow {
		differs = l.factor < lagLeave
	}
	switch {
	case !differs:
		l.since = time.Time{}
	case l.since.IsZero():
		l.since = now
	case now.Sub(l.since) >= lagFor:
		l.slow, l.since = !l.slow, time.Time{}
	}
}

// stragglers compares the replicas of a pool with one another, and marks those that lag while all else of them is well.
// paces are in the order of the replicas.
func (w *world) stragglers(p *fleet.Pool, paces []fleet.Maybe[pace], now time.Time) {
	for i := range p.Replicas {
		r := &p.Replicas[i]
		key := replicaKey{p.Spec.ID, r.ID}
		others := othersPace(paces, i)
		if !paces[i].OK || !others.OK {
			delete(w.lags, key) // who does nothing, or is alone, has no pace to compare
			continue
		}
		l := w.lags[key]
		if l == nil {
			l = &lagWatch{}
			w.lags[key] = l
		}
		l.add(paces[i].V, others.V, now)
		if l.slow && (r.State == fleet.StateOK || r.State == fleet.StateIdle) {
			r.State, r.Why, r.Lag = fleet.StateWarn, l.why(r, p.Nodes), fleet.Some(l.factor)
		}
	}
}

// replicaKey is one replica of one pool.
type replicaKey struct {
	pool    fleet.PoolID
	replica fleet.ReplicaID
}

// othersPace is the median pace of the other replicas that are timed in the same way.
func othersPace(paces []fleet.Maybe[pace], me int) fleet.Maybe[float64] {
	var list []float64
	for i, p := range paces {
		if i != me && p.OK && p.V.rough == paces[me].V.rough && p.V.perToken > 0 {
			list = append(list, p.V.perToken)
		}
	}
	if len(list) == 0 {
		return fleet.None[float64]()
	}
	return fleet.Some(median(list))
}

// median sorts the list, which has at least one value.
func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// why says how slow a straggler is, and what its machine shows that the others of the pool do not.
func (l *lagWatch) why(r *fleet.Replica, nodes []fleet.Node) fleet.Safe {
	if !l.since.IsZero() {
		return fleet.Concat(fleet.Text("was slow; "), fleet.Float(l.factor, 1), fleet.Text("x its pool's time a token since "),
			fleet.ClockTime(l.since))
	}
	text := fleet.Concat(fleet.Float(l.factor, 1), fleet.Text("x its pool's time a token: "), fleet.Seconds(l.own).Text(),
		fleet.Text(" against "), fleet.Seconds(l.others).Text())
	clock, heat := clockOf(nodes, r.Node)
	var rest []float64
	for i := range nodes {
		if c, _ := clockOf(nodes, nodes[i].ID); nodes[i].ID != r.Node && c.OK {
			rest = append(rest, c.V)
		}
	}
	if clock.OK && len(rest) > 0 && clock.V < clockLow*median(rest) {
		text = fleet.Concat(text, fleet.Text("; its GPUs run at "), fleet.Float(clock.V, 0), fleet.Text(" MHz, the others at "),
			fleet.Float(median(rest), 0))
		if heat.OK {
			text = fleet.Concat(text, fleet.Text(", "), heat.V.Text())
		}
	}
	return text
}

// clockLow is the part of the other machines' clock below which a clock explains a lag.
const clockLow = 0.9

// clockOf is the lowest clock and the highest temperature of a machine's GPUs, as far as they are of the present.
func clockOf(nodes []fleet.Node, id fleet.NodeID) (clock fleet.Maybe[float64], heat fleet.Maybe[fleet.Celsius]) {
	for i := range nodes {
		if nodes[i].ID != id || nodes[i].State == fleet.StateStale {
			continue
		}
		for j := range nodes[i].GPUs {
			g := &nodes[i].GPUs[j].Reading
			if c := g.SMClockMHz; c.OK && (!clock.OK || c.V < clock.V) {
				clock = c
			}
			if t := g.Temp; t.OK && (!heat.OK || t.V > heat.V) {
				heat = t
			}
		}
	}
	return clock, heat
}
