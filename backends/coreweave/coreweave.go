// Package coreweave reads nodes with GPUs that are rented at CoreWeave, from the Kubernetes cluster that they are: state, what is
// announced of them, price by the configuration or by a list. It must not cordon or change a node.
package coreweave

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// The options of the connector.
const (
	OptionPricing = "pricing" // on-demand or reserved: what nodes are that may not be taken back at any time
	OptionUntil   = "until"   // the day on which the contract of reserved ones ends
)

const (
	perPage  = "500"
	maxPages = 50
)

// Connector returns the connector "coreweave". A source's URL is that of the API server of one cluster of CoreWeave.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "coreweave", Title: "CoreWeave", Interval: time.Minute, NewReader: newReader,
		Reads: "nodes with GPUs: state, cordons and repair, whether they may be taken back; prices of the configuration or a list"}
}

var blind = fleet.Text("CoreWeave has no call for prices and contracts: they are those of the configuration, else a list price; when a " +
	"cordoned node is taken away is not told")

type reader struct {
	*machines.Asker

	pricing fleet.Pricing
	until   fleet.Maybe[time.Time]
	offers  []fleet.Offer
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, machines.OptionPrices, OptionPricing, OptionUntil); err != nil {
		return nil, err
	}
	r := &reader{pricing: fleet.PricingOnDemand, offers: machines.Offers("coreweave", "")}
	switch spec.Options[OptionPricing] {
	case "", "on-demand":
	case "reserved":
		r.pricing = fleet.PricingReserved
	default:
		return nil, billing.Wrong(spec.ID, "write on-demand or reserved for "+OptionPricing)
	}
	if day := spec.Options[OptionUntil]; day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil || r.pricing != fleet.PricingReserved {
			return nil, billing.Wrong(spec.ID, "option "+OptionUntil+" is a day such as 2027-06-30, of nodes that are reserved")
		}
		r.until = fleet.Some(at)
	}
	base, _ := httpx.Root(spec.URL, "/api/v1/nodes")
	var err error
	r.Asker, err = machines.New(spec, deps, base)
	return r, err
}

// node is what is read of one.
type node struct {
	Meta struct {
		Name    string            `json:"name"`
		Created string            `json:"creationTimestamp"`
		Labels  map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Provider string `json:"providerID"`
		Closed   bool   `json:"unschedulable"`
		Taints   []struct {
			Key string `json:"key"`
		} `json:"taints"`
	} `json:"spec"`
	Status struct {
		Capacity   map[string]string `json:"capacity"`
		Conditions []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"conditions"`
		Addresses []struct {
			Address string `json:"address"`
		} `json:"addresses"`
	} `json:"status"`
}

// page is one answer to a list.
type page struct {
	Kind  string  `json:"kind"`
	Items *[]node `json:"items"`
	Meta  struct {
		Next string `json:"continue"`
	} `json:"metadata"`
}

// Read reads all pages. Half a list would look like machines that are gone.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	c := &fleet.ComputeReading{Blind: blind, Offers: slices.Clone(r.offers)}
	var first *httpx.Reply
	q := url.Values{"labelSelector": {"node.coreweave.cloud/class=gpu"}, "limit": {perPage}}
	for range maxPages {
		var got page
		reply, err := r.Get(ctx, "/api/v1/nodes?"+q.Encode(), &got)
		if err != nil {
			return fleet.Partial{}, err
		}
		if first == nil {
			first = reply
		}
		if got.Items == nil && got.Kind != "NodeList" {
			return fleet.Partial{}, r.Invalid("the answer is no list of nodes; check the url")
		}
		if got.Items != nil {
			if err := r.add(c, *got.Items); err != nil {
				return fleet.Partial{}, err
			}
		}
		if got.Meta.Next == "" {
			slices.SortFunc(c.Machines, func(a, b fleet.Machine) int { return cmp.Compare(a.ID, b.ID) })
			return r.Partial(first, c, nil), nil
		}
		q.Set("continue", got.Meta.Next)
	}
	return fleet.Partial{}, r.Invalid("the cluster lists more pages of nodes than are read")
}

func (r *reader) add(c *fleet.ComputeReading, list []node) error {
	if err := r.Bounded(len(c.Machines) + len(list)); err != nil {
		return err
	}
	for i := range list {
		if list[i].Meta.Name == "" {
			return r.Invalid("a node of the list has no name")
		}
		m, listed := r.machine(&list[i])
		if !listed.IsZero() && (c.PricesAsOf.IsZero() || listed.Before(c.PricesAsOf)) {
			c.PricesAsOf = listed
		}
		c.Machines = append(c.Machines, m)
	}
	return nil
}

// listed is the list price of a machine with so many GPUs of a kind: CoreWeave's list is of machines with eight.
func (r *reader) listed(gpu string, gpus int) (fleet.Offer, bool) {
	for i := range r.offers {
		o := &r.offers[i]
		each := o.PerGPU()
		if o.GPU == gpu && gpu != "" && gpus > 0 && each.OK {
			out := *o
			out.Price = fleet.Some(each.V.Mul(decimal.NewFromInt(int64(gpus))))
			return out, true
		}
	}
	return fleet.Offer{}, false
}

func firstOf(labels map[string]string, names ...string) string {
	for _, n := range names {
		if v := strings.TrimSpace(labels[n]); v != "" {
			return v
		}
	}
	return ""
}
