// Package paperspace reads the machines of an account of Paperspace. Its API tells no price: those of the configuration are
// taken. It must not start or stop a machine.
package paperspace

import (
	"context"
	"net/url"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Connector returns the connector "paperspace". A source's URL is https://api.paperspace.com, with or without its "/v1".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "paperspace", Title: "Paperspace", Interval: 2 * time.Minute, NewReader: newReader,
		Reads: "machines with state; prices come from the configuration"}
}

const (
	perPage   = "120"
	mostPages = 50
)

var blind = fleet.Text("the API tells neither price nor maintenance: prices are those of the configuration")

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL)
	if !rented.HasVersion(base) {
		base += "/v1"
	}
	a, err := machines.New(spec, deps, base)
	if err != nil {
		return nil, err
	}
	return &reader{a}, nil
}

type reader struct{ *machines.Asker }

type item struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	State   string `json:"state"`
	Kind    string `json:"machineType"`
	Region  string `json:"region"`
	Private string `json:"privateIp"`
	Public  string `json:"publicIp"`
	Created string `json:"dtCreated"`
}

// Read reads all pages of machines.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	c := &fleet.ComputeReading{Blind: blind}
	var first *httpx.Reply
	after := ""
	for range mostPages {
		var page struct {
			Items *[]item `json:"items"`
			More  bool    `json:"hasMore"`
			Next  string  `json:"nextPage"`
		}
		q := url.Values{"limit": {perPage}}
		if after != "" {
			q.Set("after", after)
		}
		reply, err := r.Get(ctx, "/machines?"+q.Encode(), &page)
		if err != nil {
			return fleet.Partial{}, err
		}
		if page.Items == nil {
			return fleet.Partial{}, r.Invalid("the answer holds no list of machines; check the url")
		}
		if err := r.Bounded(len(c.Machines) + len(*page.Items)); err != nil {
			return fleet.Partial{}, err
		}
		if first == nil {
			first = reply
		}
		for i := range *page.Items {
			x := &(*page.Items)[i]
			if x.ID == "" {
				return fleet.Partial{}, r.Invalid("a machine of the list has no id")
			}
			c.Machines = append(c.Machines, r.machine(x))
		}
		if !page.More {
			return r.Partial(first, c, nil), nil
		}
		if page.Next == "" || page.Next == after { // half a list would look like machines that are gone
			return fleet.Partial{}, r.Invalid("the account lists more machines, and does not say where")
		}
		after = page.Next
	}
	return fleet.Partial{}, r.Invalid("the account lists more pages of machines than are read")
}

func (r *reader) machine(x *item) fleet.Machine {
	m := fleet.Machine{ID: x.ID, Name: fleet.Label(x.Name), Type: fleet.Label(x.Kind), GPU: machines.GPU(x.Kind),
		GPUs: count(x.Kind), Region: fleet.Label(x.Region), State: state(x.State), Said: fleet.Label(x.State),
		Pricing: fleet.PricingOnDemand, Addresses: machines.Known(x.Name, x.Private, x.Public, x.ID)}
	m.Price, m.PriceFrom = r.Of(x.Kind)
	if m.State == fleet.MachineStopped { // only its disk is charged, which is not told
		m.Price, m.PriceFrom = fleet.None[fleet.Money](), fleet.Safe{}
	}
	if t, err := time.Parse(time.RFC3339, x.Created); err == nil {
		m.Started = fleet.Some(t.UTC())
	}
	return m
}

// count is how many GPUs a type has: "H100x8" has eight, "A100-80G" one.
func count(kind string) fleet.Maybe[int] {
	if machines.GPU(kind) == "" {
		return fleet.None[int]()
	}
	n, digits := 0, 0
	for i := len(kind) - 1; i >= 0 && kind[i] >= '0' && kind[i] <= '9'; i-- {
		digits++
	}
	if at := len(kind) - digits; digits == 0 || digits > 3 || at == 0 || kind[at-1] != 'x' {
		return fleet.Some(1)
	}
	for _, d := range kind[len(kind)-digits:] {
		n = n*10 + int(d-'0')
	}
	return machines.Count(n)
}

func state(said string) fleet.MachineState {
	switch said {
	case "provisioning", "starting", "restarting", "upgrading":
		return fleet.MachineStarting
	case "ready", "serviceready":
		return fleet.MachineRunning
	case "stopping":
		return fleet.MachineLeaving
	case "off":
		return fleet.MachineStopped
	case "failed":
		return fleet.MachineUnwell
	default:
		return fleet.MachineUnknown
	}
}
