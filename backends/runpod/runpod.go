// Package runpod reads accounts of RunPod: pods with what they cost now, the catalogue of GPUs, what is left of the balance.
// It must not start or stop a pod, and keep nothing of a pod's environment, which holds secrets.
package runpod

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// Connector returns the connector "runpod". A source's URL is https://api.runpod.io/v2, or https://rest.runpod.io/v1 of the
// older API, which has no catalogue and no balance.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "runpod", Title: "RunPod", Interval: time.Minute, NewReader: newReader,
		Reads: "pods with state, price and GPU utilisation; the catalogue of GPUs; the balance"}
}

// asideEvery is how often the catalogue and the balance are asked for: what they tell changes slowly.
const asideEvery = 5 * time.Minute

var blind = fleet.Text("maintenance is announced by e-mail only; at a balance of 0 all pods stop, and those without a network volume " +
	"lose their data")

type reader struct {
	*machines.Asker
	old bool // version 1 of the API

	offers machines.Seldom[[]fleet.Offer]
	purse  machines.Seldom[purse]
}

// purse is what is left of the account's money, and what it spends in an hour.
type purse struct{ left, spends fleet.Maybe[fleet.Money] }

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL, "/v2")
	a, err := machines.New(spec, deps, base)
	if err != nil {
		return nil, err
	}
	return &reader{Asker: a, old: strings.HasSuffix(base, "/v1")}, nil
}

// Read reads the pods, and now and then the catalogue and the balance.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	if r.old {
		return r.readOld(ctx)
	}
	var page struct {
		Pods *[]pod `json:"pods"`
	}
	reply, err := r.Get(ctx, "/v2/pods?includeClusterPods=true", &page) // those of clusters are left out otherwise
	if err != nil {
		return fleet.Partial{}, err
	}
	if page.Pods == nil {
		return fleet.Partial{}, r.Invalid("the answer holds no list of pods; check the url")
	}
	c, err := r.reading(len(*page.Pods), func(i int) fleet.Machine { return machine(&(*page.Pods)[i]) })
	if err != nil {
		return fleet.Partial{}, err
	}
	notices := r.besides(ctx, c)
	return r.Partial(reply, c, notices), nil
}

// reading makes machines of a list of pods.
func (r *reader) reading(n int, of func(i int) fleet.Machine) (*fleet.ComputeReading, error) {
	if err := r.Bounded(n); err != nil {
		return nil, err
	}
	c := &fleet.ComputeReading{Blind: blind}
	for i := range n {
		m := of(i)
		if m.ID == "" {
			return nil, r.Invalid("a pod of the list has no id")
		}
		c.Machines = append(c.Machines, m)
	}
	return c, nil
}

// pod is what is read of one.
type pod struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	GPU    struct {
		ID    string `json:"id"`
		Count int    `json:"count"`
	} `json:"gpu"`
	Cloud   string      `json:"cloud"`
	Where   string      `json:"dataCenterId"`
	Cost    json.Number `json:"cost"` // an hour of the pod, now; 0 while it is stopped
	Runtime *struct {
		GPUs []struct {
			Util *float64 `json:"util"` // percent
		} `json:"gpus"`
	} `json:"runtime"`
	Started string `json:"startedAt"`
}

func machine(p *pod) fleet.Machine {
	m := fleet.Machine{ID: p.ID, Name: fleet.Label(p.Name), Type: kindOf(p.GPU.ID, p.Cloud), GPU: machines.GPU(p.GPU.ID),
		GPUs: machines.Count(p.GPU.Count), Region: fleet.Label(p.Where), State: state(p.Status), Said: fleet.Label(p.Status),
		Price: machines.Dollars(p.Cost), PriceFrom: fleet.Text("account"), Pricing: fleet.PricingOnDemand, Started: when(p.Started),
		Addresses: machines.Known(p.ID, p.Name)}
	if p.Runtime != nil {
		sum, n := 0.0, 0
		for _, g := range p.Runtime.GPUs {
			if g.Util != nil && *g.Util >= 0 && *g.Util <= 100 {
				sum, n = sum+*g.Util/100, n+1
			}
		}
		if n > 0 && n == len(p.Runtime.GPUs) {
			m.Util = fleet.Some(fleet.Ratio(sum / float64(n)))
		}
	}
	return m
}

func kindOf(gpu, cloud string) fleet.Safe {
	if cloud == "" {
		return fleet.Label(gpu)
	}
	return fleet.Textf("%s %s", fleet.Quote(gpu), fleet.Quote(strings.ToLower(cloud)))
}

func state(said string) fleet.MachineState {
	switch said {
	case "PROVISIONING", "STARTING", "CREATED":
		return fleet.MachineStarting
	case "RUNNING":
		return fleet.MachineRunning
	case "EXITED":
		return fleet.MachineStopped
	case "ERROR":
		return fleet.MachineUnwell
	case "TERMINATED":
		return fleet.MachineGone
	default:
		return fleet.MachineUnknown
	}
}

// when reads a time; v1 writes it as Go does.
func when(said string) fleet.Maybe[time.Time] {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05.999999999 -0700 MST"} {
		if t, err := time.Parse(layout, said); err == nil {
			return fleet.Some(t.UTC())
		}
	}
	return fleet.None[time.Time]()
}
