// Package opencost reads from OpenCost what a cluster costs: all that its workloads held and what nobody held, and what
// models cost by their tokens, on both bases. The currency is that of OpenCost's price list, which its API does not name.
// It must not take the cost of what was at work for the cost of what was held.
package opencost

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/opencostfile"
	"pitwall/fleet"
)

// OptionCurrency is the currency of the price list of OpenCost; US dollars where it is not set.
const OptionCurrency = "currency"

// OptionFilter is a filter of OpenCost for allocations, such as namespace:"llm".
const OptionFilter = "filter"

// Connector returns the connector "opencost". A source's URL is OpenCost's address, usually of port 9003; its folder is one of
// files that OpenCost wrote.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "opencost", Title: "OpenCost", Interval: 10 * time.Minute, NewReader: newReader,
		Reads: "cost of a cluster by namespace with idle, and of models by tokens, allocated and used; from its API or from its files"}
}

type reader struct {
	spec     fleet.SourceSpec
	clock    fleet.Clock
	client   *httpx.Client
	currency string
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	money := strings.ToUpper(cmp.Or(spec.Options[OptionCurrency], fleet.USD))
	if len(money) != 3 || strings.Trim(money, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up OpenCost", Source: spec.ID,
			Next: "write the three letters of a currency for " + OptionCurrency}
	}
	if spec.File != "" {
		return billfolder.New(spec, deps, billfolder.Options{Days: true, Formats: opencostfile.Formats(money)}), nil
	}
	base, _ := httpx.Root(spec.URL, "/allocation", "/allocation/compute", "/inferenceCost/total")
	client, err := httpx.New(httpx.For(spec, base, deps))
	if err != nil {
		return nil, err
	}
	return &reader{spec: spec, clock: deps.Clock, client: client, currency: money}, nil
}

// past is how many days before today are asked for again: prices and allocations of a day may still be corrected.
const past = 1

// Read asks for yesterday and today. What models cost is a detail: without it the cost of the cluster stands.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	now := r.clock.Now().UTC()
	p := fleet.Partial{At: now}
	bill := &fleet.BillReading{Streams: []fleet.Stream{fleet.StreamCapacity}}
	for _, span := range spans(now) {
		d, err := r.day(ctx, span, &p)
		if err != nil {
			return fleet.Partial{}, err
		}
		bill.Lines = append(bill.Lines, d.lines(r.currency)...)
		p.Notices = append(p.Notices, d.notices()...)
		if len(d.costs) > 0 {
			bill.Watermark = span.To
		}
		bill.Covers = append(bill.Covers, span)
	}
	if n := len(bill.Covers); n == past+1 && bill.Covers[0].To.Equal(bill.Covers[1].From) {
		bill.Covers = []fleet.Span{{From: bill.Covers[0].From, To: bill.Covers[1].To}}
	}
	p.Bill = bill
	return p, nil
}

// spans are the days that are asked for, the last one up to the last whole hour.
func spans(now time.Time) []fleet.Span {
	today := now.Truncate(24 * time.Hour)
	list := []fleet.Span{{From: today.AddDate(0, 0, -past), To: today}}
	if hour := now.Truncate(time.Hour); hour.After(today) {
		list = append(list, fleet.Span{From: today, To: hour})
	}
	return list
}

// day asks for one day.
func (r *reader) day(ctx context.Context, span fleet.Span, p *fleet.Partial) (*day, error) {
	d := &day{span: span}
	reply, err := r.get(ctx, "/allocation", span, url.Values{"aggregate": {"namespace"}, "includeIdle": {"true"}, "accumulate": {"true"}})
	if err != nil {
		return nil, err
	}
	p.ServerTime = reply.ServerTime
	steps, err := opencostfile.Allocations(reply.Body)
	if err != nil {
		return nil, r.invalid("read the allocations", err)
	}
	for _, s := range steps {
		d.allocations(s)
	}
	for _, basis := range []string{opencostfile.BasisAllocation, opencostfile.BasisUsage} {
		reply, err := r.get(ctx, "/inferenceCost/total", span, url.Values{"costBasis": {basis}})
		var sets []map[string]opencostfile.Inference
		if err == nil {
			sets, err = opencostfile.Inferences(reply.Body)
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			d.blind = blind(err)
			break
		}
		for _, s := range sets {
			d.inferences(basis, s)
		}
	}
	return d, nil
}

func (r *reader) get(ctx context.Context, path string, span fleet.Span, query url.Values) (*httpx.Reply, error) {
	query.Set("window", span.From.Format(time.RFC3339)+","+span.To.Format(time.RFC3339))
	if f := r.spec.Options[OptionFilter]; f != "" && path == "/allocation" {
		query.Set("filter", f)
	}
	return r.client.Do(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
}

func (r *reader) invalid(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: r.spec.ID, Err: err,
		Next: "what was read before stands; check that the url is that of OpenCost, usually of port 9003"}
}

// blind says why the cost of models is not known.
func blind(err error) fleet.Safe {
	if k := fleet.KindOf(err); k == fleet.KindNotFound || k == fleet.KindUnsupported || k == fleet.KindServer {
		return fleet.Text("what models cost is not known: OpenCost tells it since 1.121, with INFERENCE_COST_ENABLED=true")
	}
	return fleet.Text("what models cost is not known: OpenCost gives no answer that can be read to /inferenceCost/total")
}
