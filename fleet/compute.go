package fleet

import "time"

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
	// Balance is prepaid money that is left, BalanceEnds when it ends at the present burn by the provider's word.
	Balance Maybe[Money]
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
	Node      NodeID           // of the fleet, where it is known to be this machine
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
	Blind    Safe
	// Burn is what its machines cost an hour now. Currency is USD; machines of other currencies are left out and named in
	// BurnWhy.
	Burn    Maybe[USDPerHour]
	BurnWhy Safe
	// Utilised is the mean GPU utilisation of its machines that are nodes of the fleet.
	Utilised Maybe[Ratio]
}
