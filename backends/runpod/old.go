package runpod

import (
	"context"
	"encoding/json"

	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// oldPod is a pod of version 1. Its env is not read.
type oldPod struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"desiredStatus"`
	IP     string `json:"publicIp"`
	GPU    struct {
		ID    string `json:"id"`
		Count int    `json:"count"`
	} `json:"gpu"`
	GPUs    int `json:"gpuCount"`
	Machine struct {
		GPU   string `json:"gpuTypeId"`
		Where string `json:"dataCenterId"`
	} `json:"machine"`
	Cost     json.Number `json:"costPerHr"`
	Adjusted json.Number `json:"adjustedCostPerHr"` // after the account's discounts
	Spot     bool        `json:"interruptible"`
	Started  string      `json:"lastStartedAt"`
}

// readOld reads version 1, which is deprecated.
func (r *reader) readOld(ctx context.Context) (fleet.Partial, error) {
	var pods []oldPod
	reply, err := r.Get(ctx, "/pods", &pods)
	if err != nil {
		return fleet.Partial{}, err
	}
	if pods == nil {
		return fleet.Partial{}, r.Invalid("the answer holds no list of pods; check the url")
	}
	c, err := r.reading(len(pods), func(i int) fleet.Machine { return oldMachine(&pods[i]) })
	if err != nil {
		return fleet.Partial{}, err
	}
	c.Blind = fleet.Concat(blind, fleet.Text("; this version of the API tells neither balance nor offers"))
	return r.Partial(reply, c, nil), nil
}

func oldMachine(p *oldPod) fleet.Machine {
	kind := p.GPU.ID
	if kind == "" {
		kind = p.Machine.GPU
	}
	m := fleet.Machine{ID: p.ID, Name: fleet.Label(p.Name), Type: fleet.Label(kind), GPU: machines.GPU(kind),
		GPUs: machines.Count(max(p.GPU.Count, p.GPUs)), Region: fleet.Label(p.Machine.Where), State: state(p.Status),
		Said: fleet.Label(p.Status), PriceFrom: fleet.Text("account"), Pricing: fleet.PricingOnDemand, Started: when(p.Started),
		Addresses: machines.Known(p.ID, p.Name, p.IP)}
	if p.Spot {
		m.Pricing = fleet.PricingSpot
	}
	if m.Price = machines.Dollars(p.Adjusted); !m.Price.OK {
		m.Price = machines.Dollars(p.Cost)
	}
	if p.Status != "RUNNING" { // the figure is that of a running pod: a stopped one costs its disk, which is not said
		m.Price = fleet.None[fleet.Money]()
	}
	return m
}
