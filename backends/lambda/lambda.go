// Package lambda reads accounts of Lambda Cloud: the instances with what they cost, and what could be rented where.
// It must not launch, restart or end anything, and keep nothing of what an instance is entered with (jupyter_token, SSH keys).
package lambda

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Connector returns the connector "lambda". A source's URL is the API's address with or without its "/api/v1".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "lambda", Title: "Lambda Cloud", Interval: time.Minute, NewReader: newReader,
		Reads: "instances with state and price, instance types with price and free capacity by region"}
}

// offersEvery is how often the types are asked for: they change by the hour, and the account bears about a call a second.
const offersEvery = 10 * time.Minute

// blind is what no call of the API tells.
var blind = fleet.Text("no call tells of maintenance or of the end of a reservation: they come by e-mail")

type reader struct {
	*machines.Asker

	offers machines.Seldom[[]fleet.Offer]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL)
	if !rented.HasVersion(base) {
		base = strings.TrimSuffix(base, "/api") + "/api/v1"
	}
	a, err := machines.New(spec, deps, base)
	if err != nil {
		return nil, err
	}
	return &reader{Asker: a}, nil
}

// kind is an instance type.
type kind struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	GPU         string      `json:"gpu_description"`
	Cents       json.Number `json:"price_cents_per_hour"` // of the whole instance
	Specs       struct {
		GPUs int `json:"gpus"`
	} `json:"specs"`
}

func (k *kind) gpu() string {
	for _, said := range []string{k.GPU, k.Name, k.Description} {
		if g := machines.GPU(said); g != "" {
			return g
		}
	}
	return ""
}

type region struct {
	Name string `json:"name"`
}

// instance is what is read of one. Its token and keys are not among it.
type instance struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	IP        string `json:"ip"`
	PrivateIP string `json:"private_ip"`
	Host      string `json:"hostname"`
	Status    string `json:"status"`
	Region    region `json:"region"`
	Kind      kind   `json:"instance_type"`
	Reserved  *bool  `json:"is_reserved"`
}

// Read reads the instances, and now and then the types. Types that cannot be read leave those before.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	list, reply, err := machines.Data[instance](ctx, r.Asker, "/instances", "instances")
	if err != nil {
		return fleet.Partial{}, err
	}
	c := &fleet.ComputeReading{Blind: blind}
	for i := range list {
		x := &list[i]
		if x.ID == "" {
			return fleet.Partial{}, r.Invalid("an instance of the list has no id")
		}
		c.Machines = append(c.Machines, machine(x))
	}
	var notices []fleet.Notice
	offers, err := r.offers.Get(r.Clock.Now(), offersEvery, func() ([]fleet.Offer, error) { return r.types(ctx) })
	if err != nil {
		notices = machines.Without(fleet.Text("what can be rented"), err)
	}
	c.Offers = slices.Clone(offers)
	return r.Partial(reply, c, notices), nil
}

func machine(x *instance) fleet.Machine {
	m := fleet.Machine{ID: x.ID, Name: fleet.Label(x.Name), Type: fleet.Label(x.Kind.Name), GPU: x.Kind.gpu(),
		GPUs: machines.Count(x.Kind.Specs.GPUs), Region: fleet.Label(x.Region.Name), State: state(x.Status), Said: fleet.Label(x.Status),
		Price: machines.Cents(x.Kind.Cents), PriceFrom: fleet.Text("account"),
		Addresses: machines.Known(x.Name, x.Host, x.PrivateIP, x.IP, x.ID)}
	switch {
	case x.Reserved == nil:
	case *x.Reserved:
		m.Pricing = fleet.PricingReserved
	default:
		m.Pricing = fleet.PricingOnDemand
	}
	switch x.Status {
	case "preempted": // what is charged from then on is not documented
		m.Price, m.Notices = fleet.None[fleet.Money](), []fleet.MachineNotice{{What: fleet.Text("preempted"), Stops: true}}
	case "terminated":
		m.Price = machines.Zero()
	}
	return m
}

func state(said string) fleet.MachineState {
	switch said {
	case "booting":
		return fleet.MachineStarting
	case "active":
		return fleet.MachineRunning
	case "unhealthy":
		return fleet.MachineUnwell
	case "terminating", "preempted":
		return fleet.MachineLeaving
	case "terminated":
		return fleet.MachineGone
	default:
		return fleet.MachineUnknown
	}
}

// types are the offers.
func (r *reader) types(ctx context.Context) ([]fleet.Offer, error) {
	var page struct {
		Data map[string]struct {
			Kind kind     `json:"instance_type"`
			Free []region `json:"regions_with_capacity_available"`
		} `json:"data"`
	}
	if _, err := r.Get(ctx, "/instance-types", &page); err != nil {
		return nil, err
	}
	if page.Data == nil {
		return nil, r.Invalid("the answer holds no instance types")
	}
	if err := r.Bounded(len(page.Data)); err != nil {
		return nil, err
	}
	var offers []fleet.Offer
	for name, t := range page.Data {
		o := fleet.Offer{Type: fleet.Label(name), GPU: t.Kind.gpu(), GPUs: machines.Count(t.Kind.Specs.GPUs).V,
			Price: machines.Cents(t.Kind.Cents), Pricing: fleet.PricingOnDemand, Available: fleet.Some(false), Said: fleet.Text("sold out"),
			AsOf: r.Clock.Now()}
		if o.GPUs == 0 {
			continue
		}
		if len(t.Free) == 0 {
			offers = append(offers, o)
		}
		for _, free := range t.Free[:min(len(t.Free), mostRegions)] {
			o.Region, o.Available, o.Said = fleet.Label(free.Name), fleet.Some(true), fleet.Safe{}
			offers = append(offers, o)
		}
	}
	return offers, nil
}

// mostRegions bounds the regions of one type.
const mostRegions = 50
