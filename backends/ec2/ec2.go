// Package ec2 reads machines with GPUs that are rented at Amazon EC2 in one region: instances with state, price and announced events,
// reservations and capacity blocks, and spot prices.
// It must not launch, stop or change anything.
package ec2

import (
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// The options of the connector.
const (
	OptionTypes     = "types"       // that are read, separated by commas, where it is not all with GPUs
	OptionPricesURL = "prices_url"  // of AWS's own price list; without it the list that is compiled in is taken
	OptionBlocks    = "blocks"      // types whose capacity blocks on offer are read, beside those of which the account has some
	OptionHours     = "block_hours" // how long such a block is
)

const (
	version  = "2016-11-15"
	maxPages = 50
	perPage  = "1000"
	// asideEvery is for reservations and spot prices.
	asideEvery = 10 * time.Minute
	// dayHours is how long a block on offer is where nothing is configured; mostHours is the longest that is sold.
	dayHours  = 24
	mostHours = 182 * 24
)

// gpuTypes are patterns of types with GPUs.
const gpuTypes = "p3*,p4*,p5*,p6*,g4dn*,g5*,g6*"

// Connector returns the connector "ec2". A source's URL is https://ec2.REGION.amazonaws.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "ec2", Title: "Amazon EC2", Interval: time.Minute, NewReader: newReader,
		Reads: "instances with GPUs: state, price, announced events, capacity blocks; spot prices"}
}

var blind = fleet.Text("savings plans, reserved instances and private prices are not told; two minutes of notice of a spot instance " +
	"are told on the machine only")

type reader struct {
	*machines.Asker

	region string
	types  []string
	prices *priceList

	blockTypes []string
	blockHours int

	reserved machines.Seldom[map[string]reservation]
	spot     machines.Seldom[[]fleet.Offer]
	blockFor machines.Seldom[[]fleet.Offer]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	if err := billing.Options(spec, awsapi.OptionRegion, OptionTypes, machines.OptionPrices, OptionPricesURL, OptionBlocks,
		OptionHours); err != nil {
		return nil, err
	}
	region, err := awsapi.Region(spec, "ec2", "")
	if err != nil {
		return nil, err
	}
	signer := &awsapi.Signer{Source: spec.ID, Service: "ec2", Region: region, Clock: deps.Clock}
	opt := httpx.For(spec, strings.TrimSuffix(spec.URL, "/"), deps)
	opt.Sign = signer.Sign
	a, err := machines.Open(spec, opt)
	if err != nil {
		return nil, err
	}
	a.Explain = func(reply *httpx.Reply, err error) error { return awsapi.Told(reply, err, deps.Clock.Now()) }
	r := &reader{Asker: a, region: region, types: strings.Split(gpuTypes, ",")}
	if set := spec.Options[OptionTypes]; set != "" {
		r.types = strings.Split(set, ",")
	}
	if set := spec.Options[OptionBlocks]; set != "" {
		r.blockTypes = strings.Split(set, ",")
	}
	if r.blockHours, err = billing.Whole(spec, OptionHours, dayHours, 1, mostHours); err != nil {
		return nil, err
	}
	r.prices, err = openPriceList(spec, deps, region)
	return r, err
}

// Read reads the instances, and what is announced of them. What else cannot be read is said and left out.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	list, first, err := r.instances(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	var notices []fleet.Notice
	events, err := r.events(ctx)
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("announced events"), err)...)
	}
	c, more := r.beside(ctx, list, events)
	return r.Partial(first, c, append(notices, more...)), nil
}

// beside puts prices and reservations to the instances, and what can be rented beside them.
func (r *reader) beside(ctx context.Context, list []instance, events map[string]*announced) (*fleet.ComputeReading, []fleet.Notice) {
	var notices []fleet.Notice
	now := r.Clock.Now()
	reserved, err := r.reserved.Get(now, asideEvery, func() (map[string]reservation, error) { return r.reservations(ctx) })
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("reservations and capacity blocks"), err)...)
	}
	spot, err := r.spot.Get(now, asideEvery, func() ([]fleet.Offer, error) { return r.spotPrices(ctx, list) })
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("spot prices"), err)...)
	}
	blocks, err := r.blockFor.Get(now, asideEvery, func() ([]fleet.Offer, error) { return r.blocks(ctx, reserved) })
	if err != nil {
		notices = append(notices, machines.Without(fleet.Text("capacity blocks on offer"), err)...)
	}
	if err := r.prices.learn(ctx, now, kinds(list, reserved)); err != nil {
		notices = append(notices, machines.Without(fleet.Text("the price list of AWS"), err)...)
	}
	c := &fleet.ComputeReading{Blind: blind, Offers: slices.Concat(machines.Offers("aws", r.region), spot, blocks)}
	for i := range list {
		m := r.machine(&list[i], events[list[i].ID], spot)
		reserved[list[i].Reservation].bind(&m)
		c.Machines = append(c.Machines, m)
	}
	for _, id := range slices.Sorted(maps.Keys(reserved)) {
		if m, ok := r.unused(reserved[id]); ok {
			c.Machines = append(c.Machines, m)
		}
	}
	for i := range c.Machines {
		c.PricesAsOf = r.oldest(c.PricesAsOf, &c.Machines[i])
	}
	return c, notices
}

// kinds are the types whose price on demand is needed.
func kinds(list []instance, reserved map[string]reservation) (out []string) {
	for i := range list {
		if list[i].Lifecycle == "" {
			out = append(out, list[i].Type)
		}
	}
	for _, x := range reserved {
		if x.Kind != block {
			out = append(out, x.Type)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// call asks one page and reads it into out.
func (r *reader) call(ctx context.Context, action string, q url.Values, out any) (*httpx.Reply, error) {
	q.Set("Action", action)
	q.Set("Version", version)
	reply, err := r.Form(ctx, "/", q)
	if err != nil {
		return reply, err
	}
	if err := xml.Unmarshal(reply.Body, out); err != nil {
		return reply, r.Invalid("the answer to " + action + " is not the XML that was expected")
	}
	return reply, nil
}

// filter adds values of one filter.
func filter(q url.Values, n int, name string, values ...string) {
	q.Set(fmt.Sprintf("Filter.%d.Name", n), name)
	for i, v := range values {
		q.Set(fmt.Sprintf("Filter.%d.Value.%d", n, i+1), v)
	}
}

// pages asks for all pages of an action. take reads one answer and gives the token of the next.
func (r *reader) pages(
	ctx context.Context, action string, q url.Values, out any, take func() (next string, err error),
) (*httpx.Reply, error) {
	var first *httpx.Reply
	q.Set("MaxResults", perPage)
	for range maxPages {
		reply, err := r.call(ctx, action, q, out)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = reply
		}
		next, err := take()
		if err != nil {
			return nil, err
		}
		if next == "" {
			return first, nil
		}
		q.Set("NextToken", next)
	}
	return nil, r.Invalid("the answer to " + action + " does not end")
}

// instances reads all pages. Half a list would look like machines that are gone.
func (r *reader) instances(ctx context.Context) ([]instance, *httpx.Reply, error) {
	q := url.Values{}
	filter(q, 1, "instance-type", r.types...)
	var all []instance
	page := &instancePage{}
	first, err := r.pages(ctx, "DescribeInstances", q, page, func() (string, error) {
		got := *page
		*page = instancePage{}
		if got.Set == nil {
			return "", r.Invalid("the answer holds no list of instances; check the url")
		}
		for i := range got.Set.Reservations {
			all = append(all, got.Set.Reservations[i].Instances...)
		}
		if slices.ContainsFunc(all, func(x instance) bool { return x.ID == "" }) {
			return "", r.Invalid("an instance of the list has no id")
		}
		return got.Next, r.Bounded(len(all))
	})
	return all, first, err
}
