package fleet

import (
	"time"

	"github.com/shopspring/decimal"
)

// AccountID names an account at which machines are rented, or the owner of machines on premises.
type AccountID string

// AccountSpec declares an account of machines.
type AccountSpec struct {
	ID   AccountID
	Kind string // of the connector: "lambda", "runpod", "ec2", "onprem"
	Site SiteID // where its machines are, as far as one site holds them all; "" otherwise
	Fate Fate
}

// ComputeReading is what one read of one account of machines says.
type ComputeReading struct {
	Machines []Machine
	Offers   []Offer
	// Balance is prepaid money that is left, Spends what the account spends in an hour by the provider's own word, storage and
	// the like with it.
	Balance Maybe[Money]
	Spends  Maybe[Money]
	// PricesAsOf is when the prices of the machines were read, where they come from a list and not from the account.
	PricesAsOf time.Time
	// Blind says what this account's API cannot tell, such as maintenance that is announced by e-mail only; "" for nothing.
	Blind Safe
}

// MachineState is how a machine stands, in one scale for all providers.
type MachineState string

// The states of machines. Whether money runs is Machine.Price's matter: a stopped machine may still cost.
const (
	MachineUnknown  MachineState = "UNKNOWN"
	MachineStarting MachineState = "STARTING"
	MachineRunning  MachineState = "RUNNING"
	MachineUnwell   MachineState = "UNWELL"  // the provider itself says so
	MachineLeaving  MachineState = "LEAVING" // stopping, being reclaimed or drained
	MachineStopped  MachineState = "STOPPED"
	MachineGone     MachineState = "GONE"
)

// Pricing is how a machine is paid for.
type Pricing string

// The kinds of pricing.
const (
	PricingUnknown  Pricing = ""
	PricingOnDemand Pricing = "on-demand"
	PricingSpot     Pricing = "spot"     // may be taken back at short notice
	PricingReserved Pricing = "reserved" // committed until Machine.Until
	PricingBlock    Pricing = "block"    // prepaid capacity of a fixed time (AWS Capacity Blocks)
	PricingOwned    Pricing = "owned"
)

// Machine is one rented or owned machine with GPUs.
type Machine struct {
	ID        string // as the provider writes it
	Name      Safe
	Type      Safe   // instance type or plan
	GPU       string // product, as price tables call it: "H100", "B200"; "" where it is not known
	GPUs      Maybe[int]
	Site      SiteID
	Region    Safe // region or zone, as the provider writes it
	State     MachineState
	Said      Safe         // the provider's own word for the state
	Price     Maybe[Money] // of the whole machine for an hour, as it is charged now
	PriceFrom Safe         // where the price is from: "account", "list of 2026-11-01", "price file"
	Pricing   Pricing
	Started   Maybe[time.Time]
	Until     Maybe[time.Time] // end of the commitment, reservation or block
	Notices   []MachineNotice  // the soonest first
	Util      Maybe[Ratio]     // mean of its GPUs, by the provider's own word
	Node      NodeID           // of the fleet, where it is known to be this machine
	Pool      PoolID           // that the node belongs to
	IdleSince Maybe[time.Time] // since when its GPUs do nothing, as far as pitwall watched; unknown while they work or it is not known
	Addresses []string         // by which it may be known as a node: host names, IPs, provider IDs
}

// MachineNotice is an interruption or maintenance that the provider announced for a machine.
type MachineNotice struct {
	What    Safe             // in the provider's words
	At      Maybe[time.Time] // when it begins; unknown is soon
	Ends    Maybe[time.Time]
	Stops   bool // the machine is lost or restarted, not merely slowed
	Movable bool // the operator may choose another time
}

// Offer is a machine that could be rented.
type Offer struct {
	Type      Safe
	GPU       string
	GPUs      int
	Region    Safe
	Price     Maybe[Money] // of the whole machine for an hour
	Pricing   Pricing
	Available Maybe[bool] // now; unknown where the API does not say
	Said      Safe        // the provider's own word for it: "LOW", "insufficient"
	AsOf      time.Time   // of the price
}

// Account is an account of machines as the Hub has it.
type Account struct {
	Spec     AccountSpec
	At       time.Time // of the newest reading; zero where it was never read
	Stale    bool
	Err      Safe
	Machines []Machine
	Offers   []Offer
	Balance  Maybe[Money]
	// BalanceEnds is when the balance is used up at what the account spends now.
	BalanceEnds Maybe[time.Time]
	PricesAsOf  time.Time
	Blind       Safe
	// Burn is what its machines cost an hour now. Currency is USD; machines of other currencies are left out and named in
	// BurnWhy.
	Burn    Maybe[USDPerHour]
	BurnWhy Safe
	// Utilised is the mean GPU utilisation of its machines that are nodes of the fleet.
	Utilised Maybe[Ratio]
}

// PerGPU is the price of one of its GPUs for an hour.
func (o *Offer) PerGPU() Maybe[Money] { return perGPU(o.Price, o.GPUs) }

// PerGPU is the price of one of its GPUs for an hour.
func (m *Machine) PerGPU() Maybe[Money] { return perGPU(m.Price, m.GPUs.V) }

func perGPU(price Maybe[Money], gpus int) Maybe[Money] {
	if !price.OK || gpus <= 0 {
		return None[Money]()
	}
	return Some(NewMoney(price.V.Amount().Div(decimal.NewFromInt(int64(gpus))), price.V.Currency()))
}

// Paid tells whether a machine costs money now; unknown where its price is.
func (m *Machine) Paid() Maybe[bool] {
	if !m.Price.OK {
		return None[bool]()
	}
	return Some(m.Price.V.Amount().IsPositive())
}

// Departure is that a machine of the fleet is going to be lost or restarted.
type Departure struct {
	Why Safe
	At  Maybe[time.Time] // unknown is soon
}

// departs is how long before a machine is lost it no longer counts as spare capacity: longer than a pool takes to be replaced.
const departs = 24 * time.Hour

// Leaves tells whether a machine is lost soon, and why: it is being taken away, an announced end is near, or its commitment is
// over.
func (m *Machine) Leaves(now time.Time) *Departure {
	if m.State == MachineLeaving {
		d := &Departure{Why: Text("it is being taken away")}
		for _, n := range m.Notices {
			if n.Stops {
				return &Departure{Why: n.What, At: n.At}
			}
		}
		return d
	}
	for _, n := range m.Notices {
		over := n.Ends.OK && n.Ends.V.Before(now)
		if n.Stops && !over && (!n.At.OK || n.At.V.Sub(now) <= departs) {
			return &Departure{Why: n.What, At: n.At}
		}
	}
	if m.Until.OK && m.Pricing != PricingOwned && m.Until.V.Sub(now) <= departs && m.Until.V.After(now.Add(-departs)) {
		return &Departure{Why: Textf("its %s time ends", Label(string(m.Pricing))), At: m.Until}
	}
	return nil
}

// Lasting is which part of a pool's replicas is on machines that stay; 1 where none is known to leave.
func (p *Pool) Lasting() Ratio {
	leaves := map[NodeID]bool{}
	for i := range p.Nodes {
		if p.Nodes[i].Leaves != nil {
			leaves[p.Nodes[i].ID] = true
		}
	}
	if len(leaves) == 0 || len(p.Replicas) == 0 {
		return 1
	}
	stay := 0
	for i := range p.Replicas {
		if !leaves[p.Replicas[i].Node] {
			stay++
		}
	}
	return Ratio(stay) / Ratio(len(p.Replicas))
}

// Staying is a pool with the rating of what stays: replicas on machines that are going to be lost carry nothing for long.
func (p *Pool) Staying() *Pool {
	stay := p.Lasting()
	if stay >= 1 || !p.Rating.OK {
		return p
	}
	out := *p
	out.Rating.V.Prefill *= TokenRate(stay)
	out.Rating.V.Decode *= TokenRate(stay)
	return &out
}
