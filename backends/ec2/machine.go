package ec2

import (
	"strings"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// machine is one instance with what is announced of it.
func (r *reader) machine(x *instance, a *announced, spot []fleet.Offer) fleet.Machine {
	m := fleet.Machine{ID: x.ID, Name: fleet.Label(x.name()), Type: fleet.Label(x.Type), Region: fleet.Label(x.Zone), State: state(x.State),
		Said: fleet.Label(x.State), Started: machines.Moment(x.Launched), Pricing: pricing(x.Lifecycle),
		Addresses: machines.Known(x.PrivateDNS, x.PrivateIP, x.PublicDNS, x.PublicIP, "aws:///"+x.Zone+"/"+x.ID, x.ID)}
	m.GPU, m.GPUs = gpus(x.Type)
	r.price(&m, x, spot)
	if a == nil {
		return m
	}
	if m.State == fleet.MachineRunning && (a.System == "impaired" || a.Own == "impaired") {
		m.State, m.Said = fleet.MachineUnwell, fleet.Text("running, impaired")
	}
	for _, e := range a.Events {
		if strings.HasPrefix(e.Description, "[Completed]") || strings.HasPrefix(e.Description, "[Canceled]") {
			continue
		}
		m.Notices = append(m.Notices, fleet.MachineNotice{What: fleet.Concat(fleet.Quote(e.Code), fleet.Text(": "), fleet.Quote(e.Description)),
			At: machines.Moment(e.From), Ends: machines.Moment(e.To), Stops: e.Code != "system-maintenance", Movable: e.Deadline != ""})
	}
	return m
}

// price is what a machine costs now. A block is paid before: what it comes to in an hour is not told.
func (r *reader) price(m *fleet.Machine, x *instance, spot []fleet.Offer) {
	switch m.State {
	case fleet.MachineStopped, fleet.MachineGone:
		m.Price, m.PriceFrom = machines.Zero(), fleet.Text("it does not run; its disks are billed apart")
		return
	default:
	}
	if m.Price, m.PriceFrom = r.Of(x.Type); m.Price.OK {
		return
	}
	switch m.Pricing {
	case fleet.PricingOnDemand:
		m.Price, m.PriceFrom = r.onDemand(x.Type)
	case fleet.PricingSpot:
		for _, o := range spot {
			if o.Type.String() == x.Type && o.Region.String() == x.Zone {
				m.Price, m.PriceFrom = o.Price, fleet.Text("spot price of its zone")
			}
		}
	default:
	}
}

// fromAWS is where a price of AWS's own list is from.
var fromAWS = fleet.Text("price list of AWS")

// onDemand is the price of an hour of a type: by AWS's own list of the region where that is asked, else by the one compiled in.
func (r *reader) onDemand(kind string) (fleet.Maybe[fleet.Money], fleet.Safe) {
	if price, _ := r.prices.of(kind); price.OK {
		return price, fromAWS
	}
	l := machines.Listed("aws", kind)
	return l.Price, l.From
}

// oldest is how old the prices of a list are that machines have.
func (r *reader) oldest(at time.Time, m *fleet.Machine) time.Time {
	l := machines.Listed("aws", m.Type.String())
	asOf := l.AsOf
	if m.PriceFrom == fromAWS {
		_, asOf = r.prices.of(m.Type.String())
	} else if m.PriceFrom != l.From {
		return at
	}
	if !m.Price.OK || asOf.IsZero() || !at.IsZero() && at.Before(asOf) {
		return at
	}
	return asOf
}

func state(said string) fleet.MachineState {
	switch said {
	case "pending":
		return fleet.MachineStarting
	case "running":
		return fleet.MachineRunning
	case "stopping", "shutting-down":
		return fleet.MachineLeaving
	case "stopped":
		return fleet.MachineStopped
	case "terminated":
		return fleet.MachineGone
	default:
		return fleet.MachineUnknown
	}
}

func pricing(lifecycle string) fleet.Pricing {
	switch lifecycle {
	case "":
		return fleet.PricingOnDemand
	case "spot":
		return fleet.PricingSpot
	case "capacity-block":
		return fleet.PricingBlock
	default:
		return fleet.PricingUnknown
	}
}

// families are the GPUs of families of types; sizes how many of them a type has, where it is not one.
var (
	families = map[string]string{"p3": "V100", "p3dn": "V100", "p4d": "A100", "p4de": "A100", "p5": "H100", "p5e": "H200", "p5en": "H200",
		"p6-b200": "B200", "p6-b300": "B300", "p6e-gb200": "GB200", "g4dn": "T4", "g5": "A10G", "g6": "L4", "g6e": "L40S"}
	sizes = map[string]map[string]int{
		"p": {"2xlarge": 1, "4xlarge": 1, "8xlarge": 4, "16xlarge": 8, "24xlarge": 8, "36xlarge": 4, "48xlarge": 8},
		"g": {"xlarge": 1, "2xlarge": 1, "4xlarge": 1, "8xlarge": 1, "16xlarge": 1, "12xlarge": 4, "24xlarge": 4, "48xlarge": 8, "metal": 8},
	}
)

// gpus are the GPUs of a type; unknown of one that is newer than this list.
func gpus(kind string) (string, fleet.Maybe[int]) {
	family, size, _ := strings.Cut(kind, ".")
	gpu := families[family]
	if gpu == "" {
		return "", fleet.None[int]()
	}
	n, ok := sizes[family[:1]][size]
	if !ok {
		return gpu, fleet.None[int]()
	}
	return gpu, fleet.Some(n)
}
