// Package openaicosts reads what an organisation uses at OpenAI and what it is charged: costs by day (billed), usage by day, hour
// and minute (reported), spend limits and alerts. It needs an admin key and only reads.
// It must not keep who is alerted, and never price usage: that is not its word.
package openaicosts

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// OptionByKey "no" leaves the keys out of all groups, where there are so many that answers grow too large.
const OptionByKey = "by_key"

// every is how often a bill is read: usage is minutes late, and a read is some fifteen calls.
const every = 10 * time.Minute

// Connector returns the connector "openai-costs". A source's URL is https://api.openai.com/v1.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "openai-costs", Title: "OpenAI costs and usage", Interval: every, NewReader: newReader,
		Reads: "costs by day and line item, usage of tokens, images, audio and tools by hour, spend limits and alerts of an organisation"}
}

var admin = bills.Admin{Prefix: "sk-admin-", Right: "api.usage.read", Maker: "an owner of the organisation makes an admin key"}

type reader struct {
	clock  fleet.Clock
	client *bills.Client
	byKey  bool
	window bills.Window

	mu   sync.Mutex
	kept kept
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	byKey, err := bills.YesOrNo(spec, OptionByKey, true)
	if err != nil {
		return nil, err
	}
	client, err := bills.NewClient(spec, deps, "/v1", admin, httpx.Options{})
	if err != nil {
		return nil, err
	}
	return &reader{clock: deps.Clock, client: client, byKey: byKey}, nil
}

// Read reads costs first: without these there is no bill. Usage or limits that are not told are a notice.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	now, odd := r.clock.Now(), &bills.Odd{}
	window := r.window.Span(now)
	costs, server, err := r.costs(ctx, window, odd)
	if err != nil {
		return fleet.Partial{At: r.clock.Now()}, err
	}
	book := bills.NewBook(now)
	book.Add(fleet.StreamBilled, costs)
	whole, notices := r.usage(ctx, window, now, book, odd)
	limits, more := r.limits(ctx, odd)
	p := fleet.Partial{At: r.clock.Now(), ServerTime: server}
	p.Bill, p.Incomplete = book.Reading()
	projects, others := r.projects(ctx, now, costs.Lines, odd)
	p.Bill.Limits = append(limits, projects...)
	odd.Currencies(p.Bill.Lines)
	p.Notices = slices.Concat(odd.Notices(), notices, more, others)
	if p.Incomplete.IsEmpty() && whole {
		r.window.Done(now)
	}
	return p, nil
}

// costs reads the days of a window.
func (r *reader) costs(ctx context.Context, window fleet.Span, odd *bills.Odd) (bills.Taken, fleet.Maybe[time.Time], error) {
	const most = 180
	return bills.Charges(ctx, r.client, "/organization/costs", query(window.From, "1d", r.groups("project_id", "line_item", "api_key_id")),
		bills.Days(window, most), odd, func(c *cost, at fleet.Span) fleet.BillLine { return c.line(at, odd) })
}

// groups leaves out the keys where that is wanted.
func (r *reader) groups(by ...string) []string {
	var out []string
	for _, g := range by {
		if g != "api_key_id" || r.byKey {
			out = append(out, g)
		}
	}
	return out
}

func query(from time.Time, width string, by []string) url.Values {
	return url.Values{"start_time": {strconv.FormatInt(from.Unix(), 10)}, "bucket_width": {width}, "group_by[]": by}
}
