// Package togethercompute reads what an account of Together AI has rented by the hour: dedicated endpoints and GPU clusters, and
// which hardware could be rented. It must not change an endpoint, and keep nothing of a cluster's kubeconfig.
package togethercompute

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Connector returns the connector "together-compute". A source's URL is the API's address with or without its "/v1".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "together-compute", Title: "Together AI machines", Interval: time.Minute, NewReader: newReader,
		Reads: "dedicated endpoints, GPU clusters with their worker nodes and the end of reservations, hardware with price"}
}

const (
	// hardwareEvery is how often prices are asked for.
	hardwareEvery = 10 * time.Minute
	// mostAsked bounds how many endpoints one read asks about one by one.
	mostAsked = 20
)

var blind = fleet.Text("no call tells of maintenance or of what was spent")

type reader struct {
	*machines.Asker

	hardware machines.Seldom[listed]
}

// listed is hardware with its price, and the offers that it makes.
type listed struct {
	prices map[string]hardware
	offers []fleet.Offer
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL)
	if !rented.HasVersion(base) {
		base += "/v1"
	}
	a, err := machines.New(spec, deps, base)
	if err != nil {
		return nil, err
	}
	return &reader{Asker: a}, nil
}

// endpoint is a dedicated endpoint. The list lacks its hardware; the page of one has it.
type endpoint struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Model    string `json:"model"`
	State    string `json:"state"`
	Created  string `json:"created_at"`
	Hardware string `json:"hardware"`
	Scaling  *struct {
		Least int `json:"min_replicas"`
		Most  int `json:"max_replicas"`
	} `json:"autoscaling"`
}

// Read reads endpoints, then clusters, and now and then the hardware.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	endpoints, reply, err := machines.Data[endpoint](ctx, r.Asker, "/endpoints?type=dedicated&mine=true", "endpoints")
	if err != nil {
		return fleet.Partial{}, err
	}
	c := &fleet.ComputeReading{Blind: blind}
	var notices []fleet.Notice
	list, err := r.hardware.Get(r.Clock.Now(), hardwareEvery, func() (listed, error) { return r.list(ctx) })
	if err != nil {
		notices = machines.Without(fleet.Text("the prices of its hardware"), err)
	}
	c.Offers = slices.Clone(list.offers)
	asked := 0
	for i := range endpoints {
		e := &endpoints[i]
		if e.ID == "" {
			return fleet.Partial{}, r.Invalid("an endpoint of the list has no id")
		}
		if e.Hardware == "" && asked < mostAsked && running(e.State) {
			asked++
			if n := r.complete(ctx, e); n != nil {
				notices = append(notices, n...)
				asked = mostAsked // what fails once would fail for each
			}
		}
		c.Machines = append(c.Machines, served(e, list.prices))
	}
	clusters, more := r.clusters(ctx)
	c.Machines = append(c.Machines, clusters...)
	return r.Partial(reply, c, append(notices, more...)), nil
}

func running(state string) bool { return state == "STARTED" || state == "STARTING" }

// complete asks for one endpoint's page.
func (r *reader) complete(ctx context.Context, e *endpoint) []fleet.Notice {
	var whole endpoint
	if _, err := r.Get(ctx, "/endpoints/"+url.PathEscape(e.ID), &whole); err != nil {
		return machines.Without(fleet.Text("the hardware of its endpoints"), err)
	}
	e.Hardware, e.Scaling = whole.Hardware, whole.Scaling
	return nil
}

// served is an endpoint as a machine. How many replicas run is not told: where they may be several, the price is not known.
func served(e *endpoint, prices map[string]hardware) fleet.Machine {
	h, known := prices[e.Hardware]
	m := fleet.Machine{ID: e.ID, Name: fleet.Label(e.Name), Type: fleet.Label(e.Hardware), GPU: h.gpu(e.Hardware),
		State: endpointState(e.State), Said: fleet.Label(e.State), Pricing: fleet.PricingOnDemand, Started: moment(e.Created),
		Addresses: machines.Known(e.ID, e.Name)}
	replicas := fleet.None[int]()
	if s := e.Scaling; s != nil && s.Least == s.Most {
		replicas = machines.Count(s.Least)
	}
	if known && replicas.OK {
		m.GPUs = machines.Count(h.Specs.GPUs * replicas.V)
		m.Price, m.PriceFrom = machines.Each(machines.CentsAMinute(h.Pricing.Cents), replicas.V), fleet.Text("list, times replicas")
	}
	if !running(e.State) && m.State != fleet.MachineUnknown {
		m.Price = machines.Zero()
	}
	return m
}

func endpointState(said string) fleet.MachineState {
	switch said {
	case "PENDING", "STARTING":
		return fleet.MachineStarting
	case "STARTED":
		return fleet.MachineRunning
	case "STOPPING":
		return fleet.MachineLeaving
	case "STOPPED":
		return fleet.MachineStopped
	case "ERROR":
		return fleet.MachineUnwell
	default:
		return fleet.MachineUnknown
	}
}

// hardware is one configuration that endpoints run on.
type hardware struct {
	ID      string `json:"id"`
	Pricing struct {
		Cents json.Number `json:"cents_per_minute"`
	} `json:"pricing"`
	Specs struct {
		GPU  string `json:"gpu_type"`
		GPUs int    `json:"gpu_count"`
	} `json:"specs"`
	Availability *struct {
		Status string `json:"status"`
	} `json:"availability"`
	Updated string `json:"updated_at"`
}

func (h *hardware) gpu(id string) string {
	if g := machines.GPU(h.Specs.GPU); g != "" {
		return g
	}
	return machines.GPU(id)
}

// list reads the hardware.
func (r *reader) list(ctx context.Context) (listed, error) {
	var page struct {
		Data *[]hardware `json:"data"`
	}
	if _, err := r.Get(ctx, "/hardware", &page); err != nil {
		return listed{}, err
	}
	if page.Data == nil {
		return listed{}, r.Invalid("the answer holds no list of hardware")
	}
	if err := r.Bounded(len(*page.Data)); err != nil {
		return listed{}, err
	}
	out := listed{prices: map[string]hardware{}}
	for i := range *page.Data {
		h := &(*page.Data)[i]
		out.prices[h.ID] = *h
		o := fleet.Offer{Type: fleet.Label(h.ID), GPU: h.gpu(h.ID), GPUs: machines.Count(h.Specs.GPUs).V,
			Price: machines.CentsAMinute(h.Pricing.Cents), Pricing: fleet.PricingOnDemand, AsOf: moment(h.Updated).Or(r.Clock.Now())}
		if o.GPUs == 0 {
			continue
		}
		if a := h.Availability; a != nil {
			o.Said = fleet.Label(a.Status)
			switch a.Status {
			case "available":
				o.Available = fleet.Some(true)
			case "unavailable", "insufficient":
				o.Available = fleet.Some(false)
			}
		}
		out.offers = append(out.offers, o)
	}
	return out, nil
}

func moment(said string) fleet.Maybe[time.Time] {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, said); err == nil {
			return fleet.Some(t.UTC())
		}
	}
	return fleet.None[time.Time]()
}
