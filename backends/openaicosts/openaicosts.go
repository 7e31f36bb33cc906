// Package openaicosts reads what an organisation uses at OpenAI and what it is charged: costs by day (billed), usage by day, hour
// and minute (reported), spend limits and alerts. It needs an admin key and only reads.
// It must not keep who is alerted, and never price usage: that is not its word.
package openaicosts

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
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
	spec   fleet.SourceSpec
	deps   fleet.Deps
	client *httpx.Client
	prefix string // of paths
	byKey  bool
	window bills.Window
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	by := spec.Options[OptionByKey]
	if by != "" && by != "yes" && by != "no" {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the bill", Source: spec.ID, Next: "write yes or no for " + OptionByKey}
	}
	base := strings.TrimSuffix(spec.URL, "/")
	client, err := httpx.New(httpx.For(spec, base, deps))
	if err != nil {
		return nil, err
	}
	r := &reader{spec: spec, deps: deps, client: client, byKey: by != "no"}
	if !rented.HasVersion(base) {
		r.prefix = "/v1"
	}
	return r, nil
}

// Read reads costs first: without these there is no bill. Usage or limits that are not told are a notice.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	now, odd := r.deps.Clock.Now(), &bills.Odd{}
	window := r.window.Span(now)
	costs, server, err := r.costs(ctx, window, odd)
	if err != nil {
		return fleet.Partial{At: r.deps.Clock.Now()}, err
	}
	book := bills.NewBook(now)
	book.Add(fleet.StreamBilled, costs)
	whole, notices := r.usage(ctx, window, now, book, odd)
	limits, more := r.limits(ctx, odd)
	p := fleet.Partial{At: r.deps.Clock.Now(), ServerTime: server}
	p.Bill, p.Incomplete = book.Reading()
	p.Bill.Limits = limits
	odd.Currencies(p.Bill.Lines)
	p.Notices = append(append(odd.Notices(), notices...), more...)
	if p.Incomplete.IsEmpty() && whole {
		r.window.Done(now)
	}
	return p, nil
}

// costs reads the days of a window.
func (r *reader) costs(ctx context.Context, window fleet.Span, odd *bills.Odd) (bills.Taken, fleet.Maybe[time.Time], error) {
	const most = 180
	var server fleet.Maybe[time.Time]
	q := query(window.From, "1d", r.groups("project_id", "line_item", "api_key_id"))
	taken, err := bills.Days(window, most).Take(ctx, func(ctx context.Context, cursor string, limit int) (bills.Page, error) {
		reply, err := r.page(ctx, "/organization/costs", q, cursor, limit)
		if err != nil {
			return bills.Page{}, err
		}
		server = reply.ServerTime
		return bills.Decode(r.spec.ID, reply, odd, func(c *cost, at fleet.Span) []fleet.BillLine { return []fleet.BillLine{c.line(at, odd)} })
	})
	return taken, server, err
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

func (r *reader) page(ctx context.Context, path string, q url.Values, cursor string, limit int) (*httpx.Reply, error) {
	q.Set("limit", strconv.Itoa(limit))
	if cursor != "" {
		q.Set("page", cursor)
	}
	return r.get(ctx, path+"?"+q.Encode())
}

func (r *reader) get(ctx context.Context, path string) (*httpx.Reply, error) {
	reply, err := r.client.Do(ctx, http.MethodGet, r.prefix+path, nil)
	if err != nil {
		return nil, admin.Explain(ctx, err, reply, r.spec.Auth, r.deps)
	}
	return reply, nil
}
