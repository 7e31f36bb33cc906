package economics

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// PoolCapacity is the plan of one pool with what to rent for it.
type PoolCapacity struct {
	Pool     fleet.PoolID
	GPU      string
	GPUsEach int
	Need     CapacityNeed
	Plan     CapacityPlan
	Measured bool         // the peak is that of a whole day or more
	Buy      *Purchase    // nil where nothing lacks, or nobody offers such a GPU
	BuyWhy   fleet.Safe   // why there is none though something lacks
	Routes   []RouteShare // whose traffic it is, as far as gateways see it
}

// wholePeak is how much of a day must be known for its peak to be taken for the peak.
const wholePeak = 23 * time.Hour

// RouteShare is the part of a pool's need that is one route's, by tokens.
type RouteShare struct {
	Route fleet.RouteID
	Share fleet.Ratio
	GPUs  float64 // of those that are needed then
}

// FleetCapacity plans all pools of a fleet.
func FleetCapacity(s *fleet.Snapshot, t CapacityTerms) []PoolCapacity {
	if s == nil {
		return nil
	}
	list := make([]PoolCapacity, 0, len(s.Pools))
	for i := range s.Pools {
		list = append(list, poolCapacity(s, &s.Pools[i], t))
	}
	return list
}

func poolCapacity(s *fleet.Snapshot, p *fleet.Pool, t CapacityTerms) PoolCapacity {
	out := PoolCapacity{Pool: p.Spec.ID, GPU: p.Spec.GPU, GPUsEach: p.Spec.GPUsPerReplica}
	replicas := max(len(p.Spec.Replicas), len(p.Replicas))
	if p.Whole != nil {
		replicas = p.Whole.Replicas.V
	}
	n := CapacityNeed{Replicas: replicas, Stay: int(float64(p.Lasting())*float64(replicas) + .5), GPUsEach: p.Spec.GPUsPerReplica,
		PerMachine: perMachine(p), In: p.Load.InRate, Out: p.Load.OutRate, Requests: p.Load.Requests, Time: p.Load.E2E, Rating: p.Rating}
	if d := p.Day; d != nil && d.Peak >= 1 {
		n.In, n.Out, n.Requests, n.Peak = fleet.Some(d.In), fleet.Some(d.Out), d.Requests, fleet.Some(d.Peak)
		if out.Measured = d.Covered >= wholePeak; !out.Measured { // a part of a day has not seen its peak
			n.Peak.V = max(d.Peak, t.Peak)
		}
	}
	out.Need, out.Plan = n, PlanCapacity(n, t)
	if !out.Plan.Why.IsEmpty() {
		return out
	}
	out.Routes = shares(s, p.Spec.ID, float64(out.Plan.Then*max(1, n.GPUsEach)))
	if out.Plan.Short == 0 {
		return out
	}
	buy, ok := Buy(p.Spec.GPU, out.Plan.Short, n.GPUsEach, s.Accounts)
	switch {
	case ok:
		out.Buy = &buy
	case p.Spec.GPU == "":
		out.BuyWhy = fleet.Text("the pool's GPU is not known")
	default:
		out.BuyWhy = fleet.Textf("nobody offers %s with room for a replica at a known price", fleet.Quote(p.Spec.GPU))
	}
	return out
}

// perMachine is how many replicas are lost with one machine, at worst.
func perMachine(p *fleet.Pool) int {
	on, most := map[fleet.NodeID]int{}, 1
	for i := range p.Spec.Replicas {
		if n := p.Spec.Replicas[i].Node; n != "" {
			on[n]++
			most = max(most, on[n])
		}
	}
	return most
}

// shares parts what a pool needs by the tokens that gateways send it for each route.
func shares(s *fleet.Snapshot, pool fleet.PoolID, gpus float64) []RouteShare {
	var list []RouteShare
	total := 0.0
	for i := range s.Routes {
		r, sum := &s.Routes[i], 0.0
		for k := range r.Targets {
			if t := &r.Targets[k]; t.Spec.Pool == pool {
				sum += float64(t.Load.InRate.V + t.Load.OutRate.V)
			}
		}
		if sum > 0 {
			list = append(list, RouteShare{Route: r.Spec.ID, Share: fleet.Ratio(sum)})
			total += sum
		}
	}
	for i := range list {
		list[i].Share /= fleet.Ratio(total)
		list[i].GPUs = gpus * float64(list[i].Share)
	}
	return list
}

// Purchases adds up, exactly, what everything that lacks costs a month; partial where a pool lacks something that nobody offers.
func Purchases(list []PoolCapacity) (sum fleet.Maybe[fleet.Money], partial bool) {
	total := decimal.Zero
	for i := range list {
		x := &list[i]
		switch {
		case !x.Plan.Why.IsEmpty() || !x.BuyWhy.IsEmpty():
			partial = true
		case x.Buy != nil:
			total = total.Add(x.Buy.Monthly.V.Amount())
		}
	}
	return fleet.Some(fleet.NewMoney(total, fleet.USD)), partial
}

func times(m fleet.Money, n int) fleet.Money { return m.Mul(decimal.NewFromInt(int64(n))) }
