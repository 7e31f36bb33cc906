package viewtest

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Machines gives a fleet two accounts and a price file of machines: one is being taken away, one is paid and idle, one comes to the end
// of its commitment, and one account does not answer.
func Machines(s *fleet.Snapshot) *fleet.Snapshot {
	price := func(cents int64, currency string) fleet.Maybe[fleet.Money] {
		return fleet.Some(fleet.NewMoney(decimal.New(cents, -2), currency))
	}
	machine := func(id, kind, gpu string, gpus int, cents int64) fleet.Machine {
		return fleet.Machine{ID: id, Name: fleet.Label(id), Type: fleet.Label(kind), GPU: gpu, GPUs: fleet.Some(gpus),
			State: fleet.MachineRunning,
			Said:  fleet.Text("active"), Price: price(cents, fleet.USD), PriceFrom: fleet.Text("account"), Pricing: fleet.PricingOnDemand,
			Region: fleet.Text("us-west-3")}
	}
	at := s.At.Add(-40 * time.Second)
	offer := func(kind, gpu, region string, gpus int, cents int64, there bool) fleet.Offer {
		return fleet.Offer{Type: fleet.Label(kind), GPU: gpu, GPUs: gpus, Price: price(cents, fleet.USD), Region: fleet.Label(region),
			Pricing: fleet.PricingOnDemand, Available: fleet.Some(there), AsOf: s.At.Add(-7 * time.Minute)}
	}
	a := machine("i-0a11", "gpu_8x_h100_sxm5", "H100", 8, 3192)
	a.Node, a.Pool, a.Util = "h100-b-01", "h100-b", fleet.Some(fleet.Ratio(.71))
	spot := machine("i-0a12", "gpu_8x_h100_sxm5", "H100", 8, 1890)
	spot.Node, spot.Pool, spot.Pricing, spot.Util = "h100-b-02", "h100-b", fleet.PricingSpot, fleet.Some(fleet.Ratio(.66))
	spot.Notices = []fleet.MachineNotice{{What: fleet.Text("spot interruption"), At: fleet.Some(s.At.Add(95 * time.Second)), Stops: true}}
	lab := machine("lab-1", "gpu_1x_h100_sxm5", "H100", 1, 429)
	lab.Util, lab.IdleSince = fleet.Some(fleet.Ratio(0)), fleet.Some(s.At.Add(-150*time.Minute))
	dark := machine("new", "gpu_8x_h100_sxm5", "H100", 8, 0)
	dark.State, dark.Said, dark.Price = fleet.MachineStarting, fleet.Text("booting"), fleet.None[fleet.Money]()
	own := machine("b200-a-01", "DGX B200", "B200", 8, 2240)
	own.Node, own.Pool, own.Pricing, own.Util, own.Said = "b200-a-01", "b200-a", fleet.PricingOwned, fleet.Some(fleet.Ratio(.93)), fleet.Safe{}
	own.PriceFrom = fleet.Text("price file of 2026-11-01")
	own.Notices = []fleet.MachineNotice{{What: fleet.Text("maintenance: PDU swap"), At: fleet.Some(s.At.Add(4 * 24 * time.Hour)),
		Ends: fleet.Some(s.At.Add(100 * time.Hour)), Stops: true}}
	leased := machine("h200-dr-01", "HGX H200", "H200", 8, 3040)
	leased.Pool, leased.Node, leased.Pricing, leased.Until = "h200-dr", "h200-dr-01", fleet.PricingReserved,
		fleet.Some(s.At.Add(11*24*time.Hour))
	euro := machine("paris-1", "HGX H100", "H100", 8, 0)
	euro.Price, euro.Pricing = price(2100, "EUR"), fleet.PricingOwned
	s.Accounts = []fleet.Account{
		{Spec: fleet.AccountSpec{ID: "lambda", Kind: "lambda"}, At: at, Machines: []fleet.Machine{a, spot, lab, dark},
			Offers: []fleet.Offer{offer("gpu_8x_h100_sxm5", "H100", "", 8, 3192, false), offer("gpu_1x_h100_sxm5", "H100", "us-west-3", 1, 429,
				true),
				offer("gpu_8x_b200_sxm6", "B200", "us-east-1", 8, 5512, true)},
			Burn: fleet.Some(fleet.USDPerHour(55.11)), BurnWhy: fleet.Text("without 1 machine: no price"), Utilised: fleet.Some(fleet.Ratio(.65)),
			Balance: price(61000, fleet.USD), BalanceEnds: fleet.Some(s.At.Add(11 * time.Hour)),
			Blind: fleet.Text("no call tells of maintenance or of the end of a reservation: they come by e-mail")},
		{Spec: fleet.AccountSpec{ID: "own", Kind: "onprem"}, At: at, Machines: []fleet.Machine{own, leased, euro},
			Burn:    fleet.Some(fleet.USDPerHour(52.8)),
			BurnWhy: fleet.Text("without 1 machine: not in dollars"), Utilised: fleet.Some(fleet.Ratio(.93)),
			Blind: fleet.Text("a price file tells no state: that of its nodes is shown")},
		{Spec: fleet.AccountSpec{ID: "runpod", Kind: "runpod"}, Stale: true, Err: fleet.Text("it answered 503")},
	}
	for i := range s.Pools {
		p := &s.Pools[i]
		for k := range p.Nodes {
			if p.Nodes[k].ID == "h100-b-02" {
				p.Nodes[k].Leaves = &fleet.Departure{Why: fleet.Text("spot interruption"), At: spot.Notices[0].At}
			}
		}
	}
	return s
}
