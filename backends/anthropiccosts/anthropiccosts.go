// Package anthropiccosts reads what an organisation uses at Anthropic's API and what it is charged: the cost report by day
// (billed) and the usage report of messages by day, hour and minute (reported). It needs an admin key and only reads.
// It must not ask more often than once a minute, which is what Anthropic bears for long.
package anthropiccosts

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// OptionByKey "no" leaves the keys out of the groups of usage, where there are so many that answers grow too large.
const OptionByKey = "by_key"

const (
	every = 5 * time.Minute // what is newer is hardly there
	least = time.Minute     // between two reads
)

// Connector returns the connector "anthropic-costs". A source's URL is https://api.anthropic.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "anthropic-costs", Title: "Anthropic costs and usage", Interval: every, NewReader: newReader,
		Reads: "costs by day and description, tokens and web searches of messages by hour and minute of an organisation"}
}

var admin = bills.Admin{Prefix: "sk-ant-admin", Right: "to read usage and costs",
	Maker: "a member with the admin role makes an admin key; accounts without an organisation have none"}

type reader struct {
	clock  fleet.Clock
	client *bills.Client
	byKey  bool
	window bills.Window

	mu   sync.Mutex
	last fleet.Partial // of the last good read
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	byKey, err := bills.YesOrNo(spec, OptionByKey, true)
	if err != nil {
		return nil, err
	}
	client, err := bills.NewClient(spec, deps, "/v1", admin, httpx.Options{Header: "x-api-key",
		Extra: http.Header{"Anthropic-Version": {"2023-06-01"}}})
	if err != nil {
		return nil, err
	}
	return &reader{clock: deps.Clock, client: client, byKey: byKey}, nil
}

// Read reads costs first: without these there is no bill. Within a minute of a good read it gives that one again.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, odd := r.clock.Now(), &bills.Odd{}
	if r.last.Bill != nil && now.Sub(r.last.At) < least {
		return r.last, nil
	}
	window := r.window.Span(now)
	costs, server, err := r.costs(ctx, window, odd)
	if err != nil {
		return fleet.Partial{At: r.clock.Now()}, err
	}
	book := bills.NewBook(now)
	book.Add(fleet.StreamBilled, costs)
	usage, err := r.usage(ctx, bills.Grains(window, now, true), odd)
	p := fleet.Partial{ServerTime: server}
	if err != nil {
		p.Notices = append(p.Notices, rented.Without(fleet.Text("usage of messages"), err))
	} else {
		book.Add(fleet.StreamReported, usage...)
	}
	p.Bill, p.Incomplete = book.Reading()
	odd.Currencies(p.Bill.Lines)
	p.Notices = append(append(p.Notices, odd.Notices()...), priority(p.Bill.Lines)...)
	if p.Incomplete.IsEmpty() && (err == nil || !bills.IsPassing(err)) {
		r.window.Done(now)
	}
	p.At = r.clock.Now()
	r.last = p
	return p, nil
}

// priority says that use of Priority Tier was seen: its price is a commitment, which no cost report holds.
func priority(lines []fleet.BillLine) []fleet.Notice {
	for i := range lines {
		if l := &lines[i]; l.Stream == fleet.StreamReported && l.Tier == "priority" {
			return []fleet.Notice{{Level: fleet.LevelInfo,
				Text: fleet.Text("some use is of Priority Tier, whose price is a commitment: the cost report never holds it")}}
		}
	}
	return nil
}

func query(from time.Time, width string, by ...string) url.Values {
	return url.Values{"starting_at": {from.Format(time.RFC3339)}, "bucket_width": {width}, "group_by[]": by}
}

func (r *reader) costs(ctx context.Context, window fleet.Span, odd *bills.Odd) (bills.Taken, fleet.Maybe[time.Time], error) {
	const most = 31
	return bills.Charges(ctx, r.client, "/organizations/cost_report", query(window.From, "1d", "workspace_id", "description"),
		bills.Days(window, most), odd, func(c *cost, at fleet.Span) fleet.BillLine { return c.line(at, odd) })
}

func (r *reader) usage(ctx context.Context, grains []bills.Grain, odd *bills.Odd) ([]bills.Taken, error) {
	by := []string{"model", "workspace_id", "service_tier", "context_window", "inference_geo"}
	if r.byKey {
		by = append(by, "api_key_id")
	}
	var out []bills.Taken
	for _, g := range grains {
		q := query(g.Span.From, g.Name, by...)
		taken, err := g.Take(ctx, func(ctx context.Context, cursor string, limit int) (bills.Page, error) {
			reply, err := r.client.Page(ctx, "/organizations/usage_report/messages", q, cursor, limit)
			if err != nil {
				return bills.Page{}, err
			}
			return bills.Decode(r.client.Source, reply, odd, func(m *messages, at fleet.Span) []fleet.BillLine { return m.lines(at, odd) })
		})
		if err != nil {
			return nil, err
		}
		out = append(out, taken)
	}
	return out, nil
}
