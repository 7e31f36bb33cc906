// Package azurevms reads virtual machines with GPUs of one subscription of Azure: state, price, announced maintenance. Prices are
// those of the Retail Prices API where it is configured, else of a list.
// It must not start, stop or change anything.
package azurevms

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// The options of the connector.
const (
	OptionSubscription = "subscription"
	OptionPricesURL    = "prices_url" // of the Retail Prices API; without it nothing but the url is asked
)

const (
	version   = "2024-07-01"
	mostPages = 50
	// pricesEvery is how often retail prices are asked for: they change by the month.
	pricesEvery = 12 * time.Hour
	// mostPriced bounds the types of one read whose prices are asked for.
	mostPriced = 20
)

// Connector returns the connector "azure-vms". A source's URL is https://management.azure.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "azure-vms", Title: "Azure virtual machines", Interval: 2 * time.Minute, NewReader: newReader,
		Reads: "virtual machines with GPUs (ND, NC): state, retail or list price, maintenance windows"}
}

var blind = fleet.Text("reservations and private prices are not told; events of 15 minutes' notice are told on the machine only")

type reader struct {
	*machines.Asker

	base   string
	sets   string
	retail *httpx.Client // nil where it is not configured
	prices machines.Seldom[map[priceKey]price]
}

var subscription = regexp.MustCompile(`^[\w-]{1,64}$`)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, OptionSubscription, OptionPricesURL, machines.OptionPrices); err != nil {
		return nil, err
	}
	if !subscription.MatchString(spec.Options[OptionSubscription]) {
		return nil, billing.Wrong(spec.ID, "option subscription names no subscription")
	}
	r := &reader{base: "/subscriptions/" + spec.Options[OptionSubscription] +
		"/providers/Microsoft.Compute/virtualMachines?api-version=" + version}
	r.sets = strings.Replace(r.base, "virtualMachines", "virtualMachineScaleSets", 1)
	var err error
	if r.Asker, err = machines.New(spec, deps, strings.TrimSuffix(spec.URL, "/")); err != nil {
		return nil, err
	}
	r.Explain = azureapi.Explained
	if at := spec.Options[OptionPricesURL]; at != "" { // another party, which is shown no credential
		r.retail, err = httpx.New(httpx.Options{Source: spec.ID, Base: strings.TrimSuffix(at, "/"), Deps: deps})
	}
	return r, err
}

// vm is what is read of one.
type vm struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Location   string   `json:"location"`
	Zones      []string `json:"zones"`
	SKU        sku      `json:"sku"` // of machines of scale sets, in place of the size
	Properties struct {
		Hardware struct {
			Size string `json:"vmSize"`
		} `json:"hardwareProfile"`
		OS struct {
			Host string `json:"computerName"`
		} `json:"osProfile"`
		Storage struct {
			Disk struct {
				OS string `json:"osType"`
			} `json:"osDisk"`
		} `json:"storageProfile"`
		Priority string `json:"priority"` // Regular, Low, Spot
		Created  string `json:"timeCreated"`
		View     view   `json:"instanceView"`
	} `json:"properties"`
}

// sku is a size.
type sku struct {
	Name string `json:"name"`
}

// view is what Azure says of the machine as it runs.
type view struct {
	Statuses []struct {
		Code string `json:"code"`
	} `json:"statuses"`
	Maintenance *struct {
		Allowed bool   `json:"isCustomerInitiatedMaintenanceAllowed"`
		From    string `json:"maintenanceWindowStartTime"`
		To      string `json:"maintenanceWindowEndTime"`
	} `json:"maintenanceRedeployStatus"`
}

// Read reads the machines, then how they stand. What cannot be read of the latter is unknown.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	all, reply, err := r.list(ctx, r.base)
	if err != nil {
		return fleet.Partial{}, err
	}
	c := &fleet.ComputeReading{Blind: blind, Offers: machines.Offers("azure", "")}
	var notices []fleet.Notice
	views := map[string]view{}
	if slices.ContainsFunc(all, hasGPU) {
		running, _, err := r.list(ctx, r.base+"&statusOnly=true")
		if err != nil {
			notices = append(notices, machines.Without(fleet.Text("whether they run"), err)...)
		}
		for i := range running {
			views[strings.ToLower(running[i].ID)] = running[i].Properties.View
		}
	}
	all = slices.DeleteFunc(all, func(x vm) bool { return !hasGPU(x) })
	scaled, err := r.scaled(ctx, views)
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("machines of scale sets"), err)...)
	}
	all = append(all, scaled...)
	prices, err := r.prices.Get(r.Clock.Now(), pricesEvery, func() (map[priceKey]price, error) { return r.retailPrices(ctx, all) })
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("retail prices"), err)...)
	}
	for i := range all {
		m, asOf := r.machine(&all[i], views[strings.ToLower(all[i].ID)], prices)
		if !asOf.IsZero() && (c.PricesAsOf.IsZero() || asOf.Before(c.PricesAsOf)) {
			c.PricesAsOf = asOf
		}
		c.Machines = append(c.Machines, m)
	}
	return r.Partial(reply, c, notices), r.Bounded(len(c.Machines))
}

// hasGPU tells the families that are read.
func hasGPU(x vm) bool { return ofGPUs(x.Properties.Hardware.Size) }

func ofGPUs(size string) bool {
	size = strings.ToLower(size)
	return strings.HasPrefix(size, "standard_nd") || strings.HasPrefix(size, "standard_nc")
}

// pages reads all pages of a list.
func (r *reader) pages(ctx context.Context, path string) ([]json.RawMessage, *httpx.Reply, error) {
	return azureapi.Listing{Source: r.Spec.ID, Path: path, Pages: mostPages,
		Get: func(ctx context.Context, path string) (*httpx.Reply, error) {
			var page json.RawMessage
			return r.Get(ctx, path, &page)
		}}.Read(ctx)
}

// list reads machines. Half a list would look like machines that are gone.
func (r *reader) list(ctx context.Context, path string) ([]vm, *httpx.Reply, error) {
	items, reply, err := r.pages(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if err := r.Bounded(len(items)); err != nil {
		return nil, nil, err
	}
	all := make([]vm, len(items))
	for i, item := range items {
		if json.Unmarshal(item, &all[i]) != nil || all[i].ID == "" || all[i].Name == "" {
			return nil, nil, r.Invalid("a machine of the list cannot be read, or has no id")
		}
		if size := all[i].SKU.Name; size != "" {
			all[i].Properties.Hardware.Size = size
		}
	}
	slices.SortFunc(all, func(a, b vm) int { return cmp.Compare(a.ID, b.ID) })
	return all, reply, nil
}
