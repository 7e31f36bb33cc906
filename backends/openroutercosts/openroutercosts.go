// Package openroutercosts reads what an account uses at OpenRouter and what it is charged: the activity of completed days, what
// credit is left, and the limit of the key that asks. Days and credit need a management key.
// It must not read the label of a key, which repeats a part of it.
package openroutercosts

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// every is how often the account is read: what was spent today is near live, days come once.
const every = 15 * time.Minute

// Connector returns the connector "openrouter-costs". A source's URL is https://openrouter.ai/api/v1.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "openrouter-costs", Title: "OpenRouter costs and usage", Interval: every, NewReader: newReader,
		Reads: "activity of the last 30 completed days by model and provider, credit that is left, limit of the key"}
}

type reader struct {
	clock  fleet.Clock
	client *bills.Client
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := bills.NewClient(spec, deps, "/api/v1", bills.Admin{}, httpx.Options{})
	if err != nil {
		return nil, err
	}
	return &reader{clock: deps.Clock, client: client}, nil
}

// Read asks what the key is first: an ordinary one only tells of itself.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	now, odd := r.clock.Now(), &bills.Odd{}
	k, server, err := r.key(ctx, odd)
	p := fleet.Partial{At: r.clock.Now()}
	if err != nil {
		return p, err
	}
	p.ServerTime = server
	if !k.Management {
		p.Bill = &fleet.BillReading{}
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn,
			Text: fleet.Text("this key only tells of itself: days and the account's credit need a management key, which calls no model")})
	} else {
		days, err := r.activity(ctx, now, odd)
		if err != nil {
			return p, err
		}
		book := bills.NewBook(now)
		book.Add(fleet.StreamBilled, days) // and what these days count
		book.Add(fleet.StreamReported, bills.Taken{Covers: days.Covers})
		p.Bill, p.Incomplete = book.Reading()
		p.Notices = append(p.Notices, r.credit(ctx, p.Bill, odd)...)
	}
	if l := k.limit(server.Or(now), now, odd); l.Max.OK || l.Spent.OK {
		p.Bill.Limits = []fleet.SpendLimit{l}
	}
	p.Notices = append(p.Notices, odd.Notices()...)
	return p, nil
}

// key is what it says of itself, in dollars.
type key struct {
	Limit      bills.Number `json:"limit"`
	Remaining  bills.Number `json:"limit_remaining"`
	Reset      bills.Word   `json:"limit_reset"`
	Month      bills.Number `json:"usage_monthly"`
	Management bool         `json:"is_management_key"`
}

func (r *reader) key(ctx context.Context, odd *bills.Odd) (key, fleet.Maybe[time.Time], error) {
	var page struct {
		Data  *key `json:"data"`
		Error *struct {
			Code bills.Number `json:"code"`
		} `json:"error"`
	}
	reply, err := r.client.Get(ctx, "/key", nil)
	if err == nil {
		err = reply.JSON(&page)
	}
	if err != nil {
		return key{}, fleet.None[time.Time](), err
	}
	if page.Data == nil {
		return key{}, fleet.None[time.Time](), bills.NoAnswer(r.client.Source, page.Error != nil)
	}
	for _, n := range []bills.Number{page.Data.Limit, page.Data.Remaining, page.Data.Month} {
		if n.Odd {
			odd.Say(fleet.Text("what it says of the key's money is no number of dollars: it is unknown"))
		}
	}
	return *page.Data, reply.ServerTime, nil
}

// limit is that of the key. One without a limit still tells what it spent this month.
func (k *key) limit(server, now time.Time, odd *bills.Odd) fleet.SpendLimit {
	l := fleet.SpendLimit{Of: fleet.Text("the key that asks"), Hard: k.Limit.OK, Max: bills.Money(k.Limit.Maybe, fleet.USD)}
	switch {
	case !k.Limit.OK:
		l.Spent, k.Reset = bills.Money(k.Month.Maybe, fleet.USD), "monthly"
	case k.Limit.V.IsNegative(), k.Remaining.OK && k.Remaining.V.GreaterThan(k.Limit.V):
		odd.Say(fleet.Text("the limit of the key and what is left of it do not fit: both are unknown"))
		return fleet.SpendLimit{}
	case k.Remaining.OK:
		spent := k.Remaining.Maybe
		spent.V = k.Limit.V.Sub(spent.V)
		l.Spent = bills.Money(spent, fleet.USD)
	}
	l.Per = map[bills.Word]time.Duration{"daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour, "monthly": 30 * 24 * time.Hour}[k.Reset]
	l.Reset = rented.ResetAt(string(k.Reset), server, now)
	return l
}

// credit adds what is left of what was bought.
func (r *reader) credit(ctx context.Context, b *fleet.BillReading, odd *bills.Odd) []fleet.Notice {
	var page struct {
		Data struct {
			Bought bills.Number `json:"total_credits"`
			Used   bills.Number `json:"total_usage"`
		} `json:"data"`
	}
	reply, err := r.client.Get(ctx, "/credits", nil)
	if err == nil {
		err = reply.JSON(&page)
	}
	if err != nil {
		return []fleet.Notice{rented.Without(fleet.Text("the credit that is left"), err)}
	}
	left := page.Data.Bought.Maybe
	if !left.OK || !page.Data.Used.OK {
		odd.Say(fleet.Text("what it says of the account's credit is no number of dollars: it is unknown"))
		return nil
	}
	left.V = left.V.Sub(page.Data.Used.V)
	b.Balance = bills.Money(left, fleet.USD)
	return nil
}

// row is one model at one endpoint in one day.
type row struct {
	Date      bills.Word   `json:"date"`
	Model     bills.Word   `json:"model"`
	Provider  bills.Word   `json:"provider_name"`
	Workspace bills.Word   `json:"workspace_id"`
	Usage     bills.Number `json:"usage"`
	Own       bills.Number `json:"byok_usage_inference"` // charged by others, to a key of one's own there
	Requests  bills.Number `json:"requests"`
	Prompt    bills.Number `json:"prompt_tokens"`
	Output    bills.Number `json:"completion_tokens"`
}

// activity are the 30 days before today. A day among them without a row was without use.
func (r *reader) activity(ctx context.Context, now time.Time, odd *bills.Odd) (bills.Taken, error) {
	var page struct {
		Data  *[]row          `json:"data"`
		Error json.RawMessage `json:"error"`
	}
	reply, err := r.client.Get(ctx, "/activity", url.Values{"group_by": {"workspace"}})
	if err == nil {
		err = reply.JSON(&page)
	}
	switch {
	case err != nil:
		return bills.Taken{}, err
	case page.Data == nil || bills.IsError(page.Error): // an empty list beside an error is no time without use
		return bills.Taken{}, bills.NoAnswer(r.client.Source, bills.IsError(page.Error))
	case len(*page.Data) > bills.MaxLines:
		return bills.Taken{}, bills.TooMany(r.client.Source)
	}
	const days = 30
	today := fleet.Day(now).From
	t := bills.Taken{Covers: []fleet.Span{{From: today.AddDate(0, 0, -days), To: today}}}
	for i := range *page.Data {
		x := &(*page.Data)[i]
		date, _, _ := strings.Cut(strings.Replace(string(x.Date), "T", " ", 1), " ")
		at, err := time.Parse(time.DateOnly, date)
		if err != nil || !t.Covers[0].Has(at) {
			odd.Say(fleet.Text("a row is of no completed day of the last 30, and was left out"))
			continue
		}
		t.Lines = append(t.Lines, x.lines(fleet.Day(at), odd)...)
	}
	return t, nil
}

// lines are what a row charges, what it counts, and what it knows of charges of others. Of prompts it does not part what was
// cached.
func (x *row) lines(at fleet.Span, odd *bills.Odd) []fleet.BillLine {
	of := fleet.BillLine{Stream: fleet.StreamBilled, Span: at, Model: fleet.ModelName(x.Model), Item: fleet.Label(string(x.Provider)),
		Project: string(x.Workspace)}
	charged := of
	if charged.Cost = bills.Money(x.Usage.Maybe, fleet.USD); !charged.Cost.OK {
		odd.Say(fleet.Text("the use of a row is no number of dollars: what it costs is unknown"))
	}
	bills.Sign(&charged)
	of.Stream = fleet.StreamReported
	c := bills.Counted{Line: of, Lines: []fleet.BillLine{charged}, Odd: odd}
	c.Put(fleet.UseOutput, x.Output)
	c.Put(fleet.UseRequests, x.Requests)
	c.Line.Unit = fleet.Text("prompt tokens, cached ones among them")
	c.Put(fleet.UseUnknown, x.Prompt)
	if own := bills.Money(x.Own.Maybe, fleet.USD); own.OK && own.V.Amount().IsPositive() {
		of.List, of.Item = own, fleet.Concat(of.Item, fleet.Text(" by a key of one's own there"))
		c.Lines = append(c.Lines, of)
	}
	return c.Lines
}
