package coreweave

import (
	"strconv"
	"time"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// What CoreWeave writes on its nodes.
const (
	lifecycleLabel     = "node.coreweave.cloud/state"
	inProduction       = "production"
	interruptibleTaint = "qos.coreweave.cloud/interruptable"
)

// mostAddresses bounds what is kept of one node.
const mostAddresses = 8

// machine is one node, and how old the list is that its price is from; zero where it is from none.
func (r *reader) machine(x *node) (fleet.Machine, time.Time) {
	labels := x.Meta.Labels
	kind := firstOf(labels, "node.kubernetes.io/instance-type", "node.coreweave.cloud/type")
	m := fleet.Machine{ID: x.Meta.Name, Name: fleet.Label(x.Meta.Name), Type: fleet.Label(kind), Pricing: r.pricing, Until: r.until,
		Region:  fleet.Label(firstOf(labels, "topology.kubernetes.io/zone", "topology.kubernetes.io/region")),
		Started: machines.Moment(x.Meta.Created)}
	for _, said := range []string{labels["gpu.nvidia.com/class"], labels["gpu.nvidia.com/model"], labels["nvidia.com/gpu.product"]} {
		if m.GPU == "" {
			m.GPU = machines.GPU(said)
		}
	}
	if n, err := strconv.Atoi(firstOf(x.Status.Capacity, "nvidia.com/gpu")); err == nil {
		m.GPUs = machines.Count(n)
	}
	names := []string{x.Meta.Name, x.Spec.Provider}
	for _, a := range x.Status.Addresses[:min(len(x.Status.Addresses), mostAddresses)] {
		names = append(names, a.Address)
	}
	m.Addresses = machines.Known(names...)
	for _, t := range x.Spec.Taints {
		if t.Key == interruptibleTaint {
			m.Pricing, m.Until = fleet.PricingSpot, fleet.None[time.Time]()
		}
	}
	stands(&m, x)
	return m, r.price(&m, kind)
}

// stands says how a node stands, in the words that the watched cluster has for it too.
func stands(m *fleet.Machine, x *node) {
	ready := ""
	for _, c := range x.Status.Conditions {
		if c.Type == "Ready" {
			ready = c.Status
		}
	}
	lifecycle := x.Meta.Labels[lifecycleLabel]
	m.State, m.Said = fleet.MachineUnknown, fleet.Label(lifecycle)
	switch {
	case lifecycle != "" && lifecycle != inProduction:
		m.State = fleet.MachineUnwell
		m.Notices = []fleet.MachineNotice{{What: fleet.Textf("CoreWeave has it in state %s", fleet.Quote(lifecycle)), Stops: true}}
	case ready == "True":
		m.State = fleet.MachineRunning
	case ready == "False":
		m.State, m.Said = fleet.MachineUnwell, fleet.Text("not ready")
	}
	if x.Spec.Closed && lifecycle == inProduction {
		m.Notices = append(m.Notices, fleet.MachineNotice{Stops: true,
			What: fleet.Text("cordoned: maintenance is pending or a health check failed")})
	}
}

// price is what a node costs now: by the configuration, or by the list where it is on demand.
func (r *reader) price(m *fleet.Machine, kind string) time.Time {
	if m.Price, m.PriceFrom = r.Of(kind); m.Price.OK || m.Pricing != fleet.PricingOnDemand {
		return time.Time{}
	}
	o, ok := r.listed(m.GPU, m.GPUs.V)
	if !ok {
		return time.Time{}
	}
	m.Price, m.PriceFrom = o.Price, o.Said
	return o.AsOf
}
