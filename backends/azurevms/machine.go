package azurevms

import (
	"strings"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// machine is one virtual machine, and how old its price is; zero where it is of the configuration or unknown.
func (r *reader) machine(x *vm, v view, prices map[priceKey]price) (fleet.Machine, time.Time) {
	size := x.Properties.Hardware.Size
	place := x.Location
	if len(x.Zones) > 0 {
		place += "-" + x.Zones[0]
	}
	m := fleet.Machine{ID: x.ID, Name: fleet.Label(x.Name), Type: fleet.Label(size), Region: fleet.Label(place),
		Pricing: fleet.PricingOnDemand, Addresses: machines.Known(x.Properties.OS.Host, x.Name, "azure://"+x.ID)}
	if p := x.Properties.Priority; p == "Spot" || p == "Low" {
		m.Pricing = fleet.PricingSpot
	}
	m.GPU, m.GPUs = gpus(size)
	m.State, m.Said = fleet.MachineUnknown, fleet.Safe{}
	for _, s := range v.Statuses {
		if said, ok := strings.CutPrefix(s.Code, "PowerState/"); ok {
			m.State, m.Said = state(said), fleet.Label(said)
		}
	}
	if w := v.Maintenance; w != nil && machines.Moment(w.From).OK {
		m.Notices = []fleet.MachineNotice{{What: fleet.Text("planned maintenance"), At: machines.Moment(w.From), Ends: machines.Moment(w.To),
			Stops: true, Movable: w.Allowed}}
	}
	return m, r.price(&m, x, prices)
}

// price is what a machine costs now. One that is stopped but not deallocated costs what it costs when it runs.
func (r *reader) price(m *fleet.Machine, x *vm, prices map[priceKey]price) time.Time {
	if m.State == fleet.MachineStopped && m.Said.String() == "deallocated" {
		m.Price, m.PriceFrom = machines.Zero(), fleet.Text("it is deallocated; its disks are billed apart")
		return time.Time{}
	}
	size := x.Properties.Hardware.Size
	if m.Price, m.PriceFrom = r.Of(size); m.Price.OK {
		return time.Time{}
	}
	windows := strings.EqualFold(x.Properties.Storage.Disk.OS, "Windows")
	if p, ok := prices[priceKey{strings.ToLower(x.Location), strings.ToLower(size), m.Pricing, windows}]; ok {
		m.Price, m.PriceFrom = fleet.Some(p.of), fleet.Text("retail price")
		return p.at
	}
	if m.Pricing != fleet.PricingOnDemand || windows {
		return time.Time{}
	}
	l := machines.Listed("azure", size)
	m.Price, m.PriceFrom = l.Price, l.From
	return l.AsOf
}

func state(said string) fleet.MachineState {
	switch said {
	case "starting", "creating":
		return fleet.MachineStarting
	case "running":
		return fleet.MachineRunning
	case "stopping", "deallocating":
		return fleet.MachineLeaving
	case "stopped", "deallocated":
		return fleet.MachineStopped
	default:
		return fleet.MachineUnknown
	}
}

// counts are how many GPUs a size has, whose name does not say it.
var counts = map[string]int{
	"standard_nd96isr_h100_v5": 8, "standard_nd96is_h100_v5": 8, "standard_nd96isr_h200_v5": 8, "standard_nd96asr_v4": 8,
	"standard_nd96amsr_a100_v4": 8, "standard_nd40rs_v2": 8, "standard_nd96isr_mi300x_v5": 8, "standard_nd128isr_ndr_gb200_v6": 4,
	"standard_nc24ads_a100_v4": 1, "standard_nc48ads_a100_v4": 2, "standard_nc96ads_a100_v4": 4, "standard_nc40ads_h100_v5": 1,
	"standard_nc80adis_h100_v5": 2, "standard_nc4as_t4_v3": 1, "standard_nc8as_t4_v3": 1, "standard_nc16as_t4_v3": 1,
	"standard_nc64as_t4_v3": 4,
	"standard_nc6s_v3":      1, "standard_nc12s_v3": 2, "standard_nc24s_v3": 4, "standard_nc24rs_v3": 4,
}

// unnamed are the GPUs of sizes whose names do not say them.
var unnamed = map[string]string{"standard_nd96asr_v4": "A100", "standard_nd40rs_v2": "V100", "standard_nc6s_v3": "V100",
	"standard_nc12s_v3": "V100",
	"standard_nc24s_v3": "V100", "standard_nc24rs_v3": "V100"}

// gpus are the GPUs of a size; unknown of one that is newer than these lists.
func gpus(size string) (string, fleet.Maybe[int]) {
	key := strings.ToLower(size)
	gpu := machines.GPU(size)
	if gpu == "" {
		gpu = unnamed[key]
	}
	n, ok := counts[key]
	if !ok {
		return gpu, fleet.None[int]()
	}
	return gpu, fleet.Some(n)
}
