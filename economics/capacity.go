package economics

import (
	"math"
	"sort"

	"pitwall/fleet"
)

// CapacityTerms are what capacity is planned for.
type CapacityTerms struct {
	Growth float64 // of the traffic over all Months: 0.3 is 30 % more at their end
	Months int
	Target float64 // utilisation of the ratings that a peak may reach
	Spares int     // machines that may be lost at a peak
	Peak   float64 // peak to average, where history does not tell
	Wait   float64 // seconds that a request may wait for a place in a batch…
	Late   float64 // …and the share of requests that may wait longer
}

// DefaultTerms are those of billing-and-compute: u 0.8, R 2.5, one spare. One request in twenty may wait a second.
func DefaultTerms() CapacityTerms {
	return CapacityTerms{Months: 12, Target: .8, Spares: 1, Peak: 2.5, Wait: 1, Late: .05}
}

// CapacityNeed is what a pool carries and what it is proven to carry.
type CapacityNeed struct {
	Replicas   int                          // that serve now
	Stay       int                          // of these, on machines that are not going to be lost
	GPUsEach   int                          // of one replica
	PerMachine int                          // replicas that one machine holds, at least 1
	In, Out    fleet.Maybe[fleet.TokenRate] // mean, of the whole pool
	Requests   fleet.Maybe[fleet.Rate]
	Time       fleet.Maybe[fleet.Seconds] // of a request in an engine
	Rating     fleet.Maybe[fleet.Rating]  // of all replicas together
	Peak       fleet.Maybe[float64]       // peak to average, measured
}

// CapacityPlan is how many replicas a pool needs. Where Why is set, nothing else is known.
type CapacityPlan struct {
	Why    fleet.Safe
	Now    int // replicas that are needed for today's traffic, with spares
	Then   int // at the end of the months
	Have   int // that stay
	Spares int // replicas among Now and Then that are spare
	// Short is how many replicas lack then, and Over how many are there beyond need; one of them is 0.
	Short, Over int
	// Month is the first in which what is there no longer does; 0 is now, -1 never within the months.
	Month int
	Peak  float64 // that was planned with
	// Bound says what decides: "decode", "prefill" or "queue".
	Bound string
	// Load is the utilisation of the ratings by a peak now, without what is going to be lost.
	Load float64
	// Queued tells that the time in queues was planned with: without the rate and time of requests it is not.
	Queued bool
}

// mostReplicas bounds the search; a pool that needs more needs another plan.
const mostReplicas = 100_000

// PlanCapacity says how many replicas a pool needs so that a peak stays below the target utilisation of both ratings, so that requests
// seldom wait, and so that this still holds when the spares are lost. A replica counts with its share of the pool's rating.
//
// Waiting is that of M/M/c, where a replica is as many servers as it holds requests at its rated throughput, by Little's law:
// (rated requests a second) x (time of a request). A batch that admits work in steps waits a little longer than that, one that is far
// from full a little less; both are small against the margin that Target leaves.
func PlanCapacity(n CapacityNeed, t CapacityTerms) CapacityPlan {
	out := CapacityPlan{Have: n.Stay, Month: -1, Peak: n.Peak.Or(t.Peak)}
	switch {
	case !n.Rating.OK || n.Rating.V.Decode <= 0 && n.Rating.V.Prefill <= 0:
		out.Why = fleet.Text("no rating")
	case n.Replicas <= 0:
		out.Why = fleet.Text("no replica serves: its rating cannot be shared out")
	case !n.Out.OK && !n.In.OK:
		out.Why = fleet.Text("no token rate")
	case t.Target <= 0 || t.Target > 1 || out.Peak < 1 || t.Growth <= -1:
		out.Why = fleet.Text("these terms make no plan")
	}
	if !out.Why.IsEmpty() {
		return out
	}
	out.Spares = t.Spares * max(1, n.PerMachine)
	now, _, load := n.replicas(t, out.Peak)
	grown, bound, _ := n.replicas(t, out.Peak*(1+t.Growth))
	out.Now, out.Then, out.Bound = now+out.Spares, grown+out.Spares, bound
	out.Load = load * float64(n.Replicas) / math.Max(1, float64(n.Stay))
	out.Queued = n.places() > 0
	out.Short, out.Over = max(0, out.Then-n.Stay), max(0, n.Stay-out.Then)
	out.Month = n.firstShort(t, out.Peak, out.Spares)
	return out
}

// replicas is the smallest number that carries a peak, what decides it, and the utilisation of the replicas that are there.
func (n *CapacityNeed) replicas(t CapacityTerms, peak float64) (need int, bound string, load float64) {
	need, bound = 1, "decode"
	for _, x := range []struct {
		name  string
		rate  fleet.Maybe[fleet.TokenRate]
		rated fleet.TokenRate
	}{{"decode", n.Out, n.Rating.V.Decode}, {"prefill", n.In, n.Rating.V.Prefill}} {
		if !x.rate.OK || x.rated <= 0 {
			continue
		}
		of := float64(x.rate.V) * peak / float64(x.rated)
		load = math.Max(load, of)
		if k := ceil(of * float64(n.Replicas) / t.Target); k > need {
			need, bound = k, x.name
		}
	}
	places := n.places()
	if places <= 0 {
		return need, bound, load
	}
	busy := float64(n.Requests.V) * peak * float64(n.Time.V)
	for need < mostReplicas && waitsLonger(max(1, int(float64(need)*places)), busy, float64(n.Time.V), t.Wait) > t.Late {
		need++
		bound = "queue"
	}
	return need, bound, load
}

// places is how many requests one replica holds at its rated throughput; 0 where it is not known.
func (n *CapacityNeed) places() float64 {
	if !n.Requests.OK || !n.Time.OK || n.Requests.V <= 0 || n.Time.V <= 0 || !n.Out.OK || n.Out.V <= 0 || n.Rating.V.Decode <= 0 {
		return 0
	}
	each := float64(n.Out.V) / float64(n.Requests.V) // output tokens of a request
	return float64(n.Rating.V.Decode) / float64(n.Replicas) / each * float64(n.Time.V)
}

// firstShort goes through the months, in which traffic grows by the same factor each.
func (n *CapacityNeed) firstShort(t CapacityTerms, peak float64, spares int) int {
	short := func(m int) bool {
		need, _, _ := n.replicas(t, peak*math.Pow(1+t.Growth, float64(m)/math.Max(1, float64(t.Months))))
		return need+spares > n.Stay
	}
	if short(0) {
		return 0
	}
	if t.Growth <= 0 || t.Months <= 0 || !short(t.Months) {
		return -1
	}
	return sort.Search(t.Months, func(m int) bool { return short(m) })
}

// ceil rounds up, but not what only a lost digit made too great.
func ceil(v float64) int { return int(math.Ceil(math.Min(v, mostReplicas) - 1e-9)) }
