// Package togethercosts reads what dedicated endpoints cost at Together AI: hours that they were seen running, times the price of
// their hardware. Together tells no spending, so what serverless models cost is not known here.
// It must not keep the configuration of clusters, and asks for nothing that would hold one.
package togethercosts

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const (
	every = 5 * time.Minute
	// gap is how long two reads may be apart for an endpoint that ran at both to have run between them.
	gap = time.Hour
	// mostEndpoints is how many endpoints are looked at: each is a call.
	mostEndpoints = 64
)

// Connector returns the connector "together-costs". A source's URL is https://api.together.ai/v1.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "together-costs", Title: "Together AI endpoints", Interval: every, NewReader: newReader,
		Reads: "hours and price of dedicated endpoints that run; whether listed prices of models are those of the price list"}
}

type reader struct {
	clock  fleet.Clock
	client *bills.Client
	models []fleet.ModelName
	prices fleet.Prices

	mu      sync.Mutex
	meter   meter
	checked time.Time
	remarks []fleet.Notice // of the last look at prices
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := bills.NewClient(spec, deps, "/v1", bills.Admin{}, httpx.Options{})
	if err != nil {
		return nil, err
	}
	return &reader{clock: deps.Clock, client: client, models: spec.Models, prices: deps.Prices}, nil
}

// Read looks which endpoints run now, and adds what ran since the last look.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	odd := &bills.Odd{}
	p := fleet.Partial{At: r.clock.Now()}
	list, server, err := r.running(ctx, odd)
	if err != nil {
		return p, err
	}
	p.At, p.ServerTime = r.clock.Now(), server
	r.meter.look(p.At, list)
	p.Bill = r.meter.reading(p.At)
	r.check(ctx, p.At)
	p.Notices = append(odd.Notices(), r.remarks...)
	return p, nil
}

// listed is an endpoint as the list of endpoints has it.
type listed struct {
	ID    bills.Word `json:"id"`
	Name  bills.Word `json:"name"`
	Model bills.Word `json:"model"`
	State bills.Word `json:"state"`
}

// running are the dedicated endpoints that run, with their hardware.
func (r *reader) running(ctx context.Context, odd *bills.Odd) ([]endpoint, fleet.Maybe[time.Time], error) {
	all, server, err := r.endpoints(ctx, "")
	if err != nil {
		return nil, server, err
	}
	all = slices.DeleteFunc(all, func(e listed) bool { return e.State != "STARTED" || e.ID == "" })
	if len(all) == 0 {
		return nil, server, nil
	}
	if len(all) > mostEndpoints {
		odd.Say(fleet.Concat(fleet.Text("more than "), fleet.Many(mostEndpoints, "endpoint"),
			fleet.Text(" run: what the others cost is unknown")))
		all = all[:mostEndpoints]
	}
	reserved, _, err := r.endpoints(ctx, "reserved")
	if err != nil {
		return nil, server, err
	}
	prices, err := r.hardware(ctx, odd)
	if err != nil {
		return nil, server, err
	}
	var out []endpoint
	for _, e := range all {
		x := endpoint{id: string(e.ID), name: string(e.Name), model: fleet.ModelName(e.Model),
			reserved: slices.ContainsFunc(reserved, func(o listed) bool { return o.ID == e.ID })}
		if err := r.detail(ctx, &x, prices, odd); err != nil {
			return nil, server, err
		}
		out = append(out, x)
	}
	return out, server, nil
}

func (r *reader) endpoints(ctx context.Context, usage string) ([]listed, fleet.Maybe[time.Time], error) {
	q := url.Values{"type": {"dedicated"}, "mine": {"true"}}
	if usage != "" {
		q.Set("usage_type", usage)
	}
	var page struct {
		Data  *[]listed `json:"data"`
		Error any       `json:"error"`
	}
	reply, err := r.client.Get(ctx, "/endpoints", q)
	if err == nil {
		err = reply.JSON(&page)
	}
	if err != nil {
		return nil, fleet.None[time.Time](), err
	}
	if page.Data == nil || page.Error != nil { // an empty list beside an error does not mean that nothing runs
		return nil, reply.ServerTime, bills.NoAnswer(r.client.Source, page.Error != nil)
	}
	return *page.Data, reply.ServerTime, nil
}

// hardware is the price of an hour of each configuration, in dollars. Together writes cents for a minute.
func (r *reader) hardware(ctx context.Context, odd *bills.Odd) (map[string]fleet.Money, error) {
	var page struct {
		Data []struct {
			ID      bills.Word `json:"id"`
			Pricing struct {
				Cents bills.Number `json:"cents_per_minute"`
			} `json:"pricing"`
		} `json:"data"`
	}
	reply, err := r.client.Get(ctx, "/hardware", nil)
	if err == nil {
		err = reply.JSON(&page)
	}
	if err != nil {
		return nil, err
	}
	out := map[string]fleet.Money{}
	for _, h := range page.Data {
		const minutes, cents = 60, -2
		hourly := h.Pricing.Cents.Maybe
		hourly.V = hourly.V.Mul(decimal.NewFromInt(minutes)).Shift(cents)
		if m := bills.Money(hourly, fleet.USD); m.OK && !m.V.Amount().IsNegative() {
			out[string(h.ID)] = m.V
		} else {
			odd.Say(fleet.Text("a price of hardware is no number of cents: it is unknown"))
		}
	}
	return out, nil
}

// detail adds hardware and replicas of an endpoint. One that is gone meanwhile has neither.
func (r *reader) detail(ctx context.Context, x *endpoint, prices map[string]fleet.Money, odd *bills.Odd) error {
	var page struct {
		Hardware bills.Word `json:"hardware"`
		Scaling  struct {
			Least bills.Number `json:"min_replicas"`
			Most  bills.Number `json:"max_replicas"`
		} `json:"autoscaling"`
	}
	reply, err := r.client.Get(ctx, "/endpoints/"+url.PathEscape(x.id), nil)
	if err == nil {
		err = reply.JSON(&page)
	}
	if err != nil && bills.IsPassing(err) {
		return err
	}
	x.hardware = string(page.Hardware)
	if m, ok := prices[x.hardware]; ok {
		x.hourly = fleet.Some(m)
	}
	if n := page.Scaling.Least; n.OK && !n.V.IsNegative() {
		x.replicas = n.Maybe
		x.scales = !page.Scaling.Most.OK || !page.Scaling.Most.V.Equal(n.V)
	}
	if !x.hourly.OK || !x.replicas.OK {
		odd.Say(fleet.Text("hardware, price or replicas of an endpoint that runs are not told: what it costs is unknown"))
	}
	return nil
}
