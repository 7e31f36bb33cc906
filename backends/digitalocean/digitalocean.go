// Package digitalocean reads the GPU Droplets of an account of DigitalOcean, sizes that could be rented, and the balance.
// It must not change a Droplet.
package digitalocean

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// Connector returns the connector "digitalocean". A source's URL is https://api.digitalocean.com, with or without its "/v2".
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "digitalocean", Title: "DigitalOcean GPU Droplets", Interval: 2 * time.Minute, NewReader: newReader,
		Reads: "GPU Droplets with state and price, sizes with GPUs, the balance"}
}

const (
	asideEvery = 10 * time.Minute // for sizes and balance
	perPage    = 200
	mostPages  = 20
)

var blind = fleet.Text("no call tells of maintenance: it comes by e-mail; a Droplet that is off costs what it costs when it is on")

type reader struct {
	*machines.Asker

	offers  machines.Seldom[[]fleet.Offer]
	credits machines.Seldom[fleet.Maybe[fleet.Money]]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	base, _ := httpx.Root(spec.URL, "/v2")
	a, err := machines.New(spec, deps, base+"/v2")
	if err != nil {
		return nil, err
	}
	return &reader{Asker: a}, nil
}

type size struct {
	Slug      string      `json:"slug"`
	Hourly    json.Number `json:"price_hourly"` // of the whole Droplet
	Available *bool       `json:"available"`
	Regions   []string    `json:"regions"`
	GPU       *struct {
		Count int    `json:"count"`
		Model string `json:"model"`
	} `json:"gpu_info"`
}

type droplet struct {
	ID       json.Number `json:"id"`
	Name     string      `json:"name"`
	Status   string      `json:"status"`
	Created  string      `json:"created_at"`
	Size     size        `json:"size"`
	SizeSlug string      `json:"size_slug"`
	Region   struct {
		Slug string `json:"slug"`
	} `json:"region"`
	Networks struct {
		V4 []struct {
			IP string `json:"ip_address"`
		} `json:"v4"`
	} `json:"networks"`
}

// links say whether there is a next page. Its address is not followed: pages are counted.
type links struct {
	Pages struct {
		Next string `json:"next"`
	} `json:"pages"`
}

// Read reads all pages of Droplets, and now and then sizes and balance.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	c := &fleet.ComputeReading{Blind: blind}
	var first *httpx.Reply
	for page := 1; ; page++ {
		var answer struct {
			Droplets *[]droplet `json:"droplets"`
			Links    links      `json:"links"`
		}
		reply, err := r.Get(ctx, fmt.Sprintf("/droplets?type=gpus&per_page=%d&page=%d", perPage, page), &answer)
		if err != nil {
			return fleet.Partial{}, err
		}
		if answer.Droplets == nil {
			return fleet.Partial{}, r.Invalid("the answer holds no list of Droplets; check the url")
		}
		if err := r.Bounded(len(c.Machines) + len(*answer.Droplets)); err != nil {
			return fleet.Partial{}, err
		}
		if first == nil {
			first = reply
		}
		for i := range *answer.Droplets {
			d := &(*answer.Droplets)[i]
			if _, err := strconv.ParseInt(d.ID.String(), 10, 64); err != nil {
				return fleet.Partial{}, r.Invalid("a Droplet of the list has no id")
			}
			c.Machines = append(c.Machines, machine(d))
		}
		if answer.Links.Pages.Next == "" || len(*answer.Droplets) == 0 {
			break
		}
		if page == mostPages { // half a list would look like machines that are gone
			return fleet.Partial{}, r.Invalid("the account lists more pages of Droplets than are read")
		}
	}
	notices := r.besides(ctx, c)
	return r.Partial(first, c, notices), nil
}

func machine(d *droplet) fleet.Machine {
	m := fleet.Machine{ID: d.ID.String(), Name: fleet.Label(d.Name), Type: fleet.Label(d.SizeSlug), Region: fleet.Label(d.Region.Slug),
		State: state(d.Status), Said: fleet.Label(d.Status), Price: machines.Dollars(d.Size.Hourly), PriceFrom: fleet.Text("account"),
		Pricing: fleet.PricingOnDemand}
	if d.SizeSlug == "" {
		m.Type = fleet.Label(d.Size.Slug)
	}
	if t, err := time.Parse(time.RFC3339, d.Created); err == nil {
		m.Started = fleet.Some(t.UTC())
	}
	m.GPU = machines.GPU(m.Type.String())
	if g := d.Size.GPU; g != nil {
		m.GPUs = machines.Count(g.Count)
		if name := machines.GPU(g.Model); name != "" {
			m.GPU = name
		}
	}
	names := []string{d.Name}
	for _, n := range d.Networks.V4[:min(len(d.Networks.V4), mostAddresses)] {
		names = append(names, n.IP)
	}
	m.Addresses = machines.Known(append(names, m.ID)...)
	return m
}

const mostAddresses = 8

func state(said string) fleet.MachineState {
	switch said {
	case "new":
		return fleet.MachineStarting
	case "active":
		return fleet.MachineRunning
	case "off":
		return fleet.MachineStopped
	case "archive":
		return fleet.MachineGone
	default:
		return fleet.MachineUnknown
	}
}

// besides adds sizes and balance. Sizes that cannot be read are those before; a balance is then unknown.
func (r *reader) besides(ctx context.Context, c *fleet.ComputeReading) []fleet.Notice {
	var notices []fleet.Notice
	now := r.Clock.Now()
	offers, err := r.offers.Get(now, asideEvery, func() ([]fleet.Offer, error) { return r.sizes(ctx) })
	if err != nil {
		notices = machines.Without(fleet.Text("what can be rented"), err)
	}
	c.Offers = slices.Clone(offers)
	left, err := r.credits.Get(now, asideEvery, func() (fleet.Maybe[fleet.Money], error) { return r.balance(ctx) })
	if err != nil {
		return append(notices, machines.Without(fleet.Text("the balance"), err)...)
	}
	c.Balance = left
	return notices
}

// sizes reads all pages: those with GPUs are behind a hundred others.
func (r *reader) sizes(ctx context.Context) ([]fleet.Offer, error) {
	var offers []fleet.Offer
	for page := 1; page <= mostPages; page++ {
		var answer struct {
			Sizes *[]size `json:"sizes"`
			Links links   `json:"links"`
		}
		if _, err := r.Get(ctx, fmt.Sprintf("/sizes?per_page=%d&page=%d", perPage, page), &answer); err != nil {
			return nil, err
		}
		if answer.Sizes == nil {
			return nil, r.Invalid("the answer holds no list of sizes")
		}
		offers = append(offers, r.offered(*answer.Sizes)...)
		if answer.Links.Pages.Next == "" || len(*answer.Sizes) == 0 {
			break
		}
	}
	return offers, nil
}

// offered are the sizes with GPUs.
func (r *reader) offered(sizes []size) (offers []fleet.Offer) {
	for i := range sizes {
		s := &sizes[i]
		if s.GPU == nil || machines.Count(s.GPU.Count).V == 0 {
			continue
		}
		o := fleet.Offer{Type: fleet.Label(s.Slug), GPU: machines.GPU(s.GPU.Model), GPUs: s.GPU.Count, Price: machines.Dollars(s.Hourly),
			Pricing: fleet.PricingOnDemand, Region: fleet.Label(strings.Join(s.Regions, " ")), AsOf: r.Clock.Now()}
		if s.Available != nil {
			o.Available = fleet.Some(*s.Available && len(s.Regions) > 0)
		}
		offers = append(offers, o)
	}
	return offers
}

// balance is prepaid money that is left: an account is charged afterwards, and only one with a credit has any.
func (r *reader) balance(ctx context.Context) (fleet.Maybe[fleet.Money], error) {
	var page struct {
		Owed *string `json:"month_to_date_balance"` // a text; below zero it is a credit
	}
	if _, err := r.Get(ctx, "/customers/my/balance", &page); err != nil {
		return fleet.None[fleet.Money](), err
	}
	if page.Owed == nil {
		return fleet.None[fleet.Money](), r.Invalid("the answer holds no balance")
	}
	credit, below := strings.CutPrefix(*page.Owed, "-")
	if !below {
		return fleet.None[fleet.Money](), nil
	}
	return machines.Dollars(json.Number(credit)), nil
}
