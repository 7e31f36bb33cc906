// Package litellmcosts reads what a LiteLLM proxy counts of spending by day, model, key and team, and the budgets that it keeps of
// keys and teams. It needs the key of a proxy admin or of an admin viewer and only reads.
// It must not keep a key or a part of one: LiteLLM's IDs of keys are hashes. What it counts is by its own prices: an estimate.
package litellmcosts

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/litellmapi"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// OptionProvider is what options begin with that say which provider of the configuration a word of LiteLLM means, such as
// "provider.azure".
const OptionProvider = "provider."

// every is how often it is asked: LiteLLM writes its sums in batches, and each question goes to its database.
const every = 5 * time.Minute

// maxBody is how long a page may be; one that is longer is asked for again in shorter ones.
const maxBody = 4 << 20

// Connector returns the connector "litellm-costs". A source's URL is the proxy's address.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "litellm-costs", Title: "LiteLLM spending and budgets", Interval: every, NewReader: newReader,
		Reads: "spending and tokens by day, model, key and team as the gateway counts them; budgets and limits of keys and teams"}
}

type reader struct {
	clock     fleet.Clock
	client    *bills.Client
	providers map[string]string // options

	mu   sync.Mutex
	read map[time.Time]bool // days that were read whole
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	client, err := bills.NewClient(spec, deps, "", bills.Admin{}, httpx.Options{Header: litellmapi.KeyHeader(deps), MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	return &reader{clock: deps.Clock, client: client, providers: spec.Options, read: map[time.Time]bool{}}, nil
}

// Read asks for teams first, which only a key that is told of everybody's spending may list.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, odd := r.clock.Now(), &bills.Odd{}
	p := fleet.Partial{At: now}
	limits, err := r.teams(ctx, odd)
	if err != nil {
		if fleet.KindOf(err) == fleet.KindAuth || rented.Stopped(err) {
			return p, narrow(err)
		}
		p.Notices = append(p.Notices, rented.Without(fleet.Text("budgets of teams, and whether this key is told of everybody's spending"), err))
	}
	book, server, err := r.days(ctx, now, odd)
	if err != nil {
		return p, err
	}
	keys, err := r.keys(ctx, odd)
	if err != nil {
		p.Notices = append(p.Notices, rented.Without(fleet.Text("budgets of keys"), err))
	}
	p.At, p.ServerTime = r.clock.Now(), server
	p.Bill, p.Incomplete = book.Reading()
	p.Bill.Limits = append(limits, keys...)
	p.Notices = append(p.Notices, odd.Notices()...)
	return p, nil
}

// narrow says of a refusal what a key that is valid lacks.
func narrow(err error) error {
	refused, ok := errors.AsType[*fleet.Error](err)
	if !ok || refused.Kind != fleet.KindAuth {
		return err
	}
	out := *refused
	out.Next = "the key of a proxy admin or of an admin viewer is told of everybody's spending; any other one only of its own"
	return &out
}

// days reads the days of the month that were not read yet, and late ones again, the newest first: where time runs out the
// others follow with the next read.
func (r *reader) days(ctx context.Context, now time.Time, odd *bills.Odd) (*bills.Book, fleet.Maybe[time.Time], error) {
	var window bills.Window
	var taken []bills.Taken
	var server fleet.Maybe[time.Time]
	span, late := window.Span(now), fleet.Day(now).From.AddDate(0, 0, -bills.LateDays)
	for day := fleet.Day(now); !day.From.Before(span.From); day = fleet.Day(day.From.Add(-1)) {
		if r.read[day.From] && day.From.Before(late) {
			continue
		}
		t, at, err := r.day(ctx, day, odd)
		switch {
		case err != nil && len(taken) == 0:
			return nil, server, err
		case err != nil && !bills.IsPassing(err): // of this day nothing is known
			t = bills.Taken{Cut: fleet.Concat(fleet.Quote(day.From.Format(time.DateOnly)), fleet.Text(" is not told: "), cause(err))}
			odd.Say(t.Cut)
		case err != nil:
			t = bills.Taken{Cut: fleet.Concat(fleet.Text("not all days were read: "), cause(err))}
		default:
			server = at
		}
		taken = append(taken, t)
		if r.read[day.From] = t.Cut.IsEmpty(); err != nil && bills.IsPassing(err) {
			break
		}
	}
	book := bills.NewBook(now)
	book.Add(fleet.StreamMetered, taken...)
	return book, server, nil
}

// day reads the pages of one UTC day, which are rows of it and not days: sums are only whole with the last page.
func (r *reader) day(ctx context.Context, day fleet.Span, odd *bills.Odd) (bills.Taken, fleet.Maybe[time.Time], error) {
	const most, rows, fewest = 64, 1000, 60
	date := day.From.Format(time.DateOnly)
	q := url.Values{"start_date": {date}, "end_date": {date}}
	for size := rows; ; size /= 4 {
		sums := newSums()
		q.Set("page_size", fleet.Int(size).String())
		for page := 1; page <= most; page++ {
			q.Set("page", fleet.Int(page).String())
			answer, reply, err := r.activity(ctx, q)
			if errors.Is(err, httpx.ErrTooLong) && size > fewest {
				break
			}
			if err != nil {
				return bills.Taken{}, fleet.None[time.Time](), err
			}
			if n := answer.Metadata.Page; n.OK && n.V.IntPart() != int64(page) {
				return cut(date), reply.ServerTime, nil
			}
			if err := sums.add(answer, date, r.client.Source); err != nil {
				return bills.Taken{}, reply.ServerTime, err
			}
			if answer.Metadata.More || answer.Metadata.Pages.OK && answer.Metadata.Pages.V.IntPart() > int64(page) {
				if page == most {
					return cut(date), reply.ServerTime, nil
				}
				continue
			}
			lines, err := sums.lines(day, r.provider, odd)
			if err != nil {
				return bills.Taken{}, reply.ServerTime, err
			}
			return bills.Taken{Covers: []fleet.Span{day}, Lines: lines}, reply.ServerTime, nil
		}
	}
}

// cause is why something failed, within a sentence.
func cause(err error) fleet.Safe { return fleet.Quote(fleet.Cause(err).String()) }

// cut is a day whose pages never end: nothing is known of it.
func cut(date string) bills.Taken {
	return bills.Taken{Cut: fleet.Concat(fleet.Text("the pages of "), fleet.Quote(date), fleet.Text(" do not end"))}
}

func (r *reader) activity(ctx context.Context, q url.Values) (*activity, *httpx.Reply, error) {
	reply, err := r.client.Get(ctx, "/user/daily/activity", q)
	if err != nil {
		return nil, nil, narrow(err)
	}
	var answer activity
	if err := reply.JSON(&answer); err != nil {
		return nil, nil, err
	}
	if failed := bills.IsError(answer.Error); failed || answer.Results == nil {
		return nil, nil, bills.NoAnswer(r.client.Source, failed)
	}
	return &answer, reply, nil
}
