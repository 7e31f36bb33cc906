package openaicosts

import (
	"context"
	"sync"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// kind is one endpoint of usage.
type kind struct {
	name    string // of its path
	by      []string
	minutes bool
	lines   func(*usage, *bills.Counted)
}

// kinds are what is read, the one of text first: without it nothing of usage is told.
func kinds() []kind {
	return []kind{
		{"completions", []string{"model", "project_id", "api_key_id", "batch", "service_tier"}, true, (*usage).completions},
		{"embeddings", []string{"model", "project_id", "api_key_id"}, false, (*usage).input},
		{"moderations", []string{"model", "project_id", "api_key_id"}, false, (*usage).input},
		{"images", []string{"model", "project_id", "api_key_id", "source", "size"}, false, (*usage).images},
		{"audio_speeches", []string{"model", "project_id", "api_key_id"}, false, (*usage).speeches},
		{"audio_transcriptions", []string{"model", "project_id", "api_key_id"}, false, (*usage).transcriptions},
		{"vector_stores", []string{"project_id"}, false, (*usage).stores},
		{"code_interpreter_sessions", []string{"project_id"}, false, (*usage).sessions},
		{"web_search_calls", []string{"model", "project_id", "api_key_id"}, false, (*usage).searches},
		{"file_search_calls", []string{"project_id", "api_key_id"}, false, (*usage).searches},
	}
}

// atOnce is how many endpoints are asked at a time.
const atOnce = 4

// usage reads all kinds in their grains. A kind that is not offered, or refused for good, is left out with a notice; one that
// fails for now leaves out all of usage, so that what was read of it before stands. whole tells whether that did not happen.
func (r *reader) usage(
	ctx context.Context, window fleet.Span, now time.Time, book *bills.Book, odd *bills.Odd,
) (whole bool, notices []fleet.Notice) {
	list := kinds()
	taken, errs := make([][]bills.Taken, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, k := range list {
		all.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			taken[i], errs[i] = r.kind(ctx, k, bills.Grains(window, now, k.minutes), odd)
		})
	}
	all.Wait()
	for i, err := range errs {
		if err == nil {
			continue
		}
		notices = append(notices, rented.Without(fleet.Concat(fleet.Text("usage of "), fleet.Quote(list[i].name)), err))
		if i == 0 || bills.IsPassing(err) {
			return false, notices
		}
	}
	for i, err := range errs {
		if err == nil {
			book.Add(fleet.StreamReported, taken[i]...)
		}
	}
	return true, notices
}

func (r *reader) kind(ctx context.Context, k kind, grains []bills.Grain, odd *bills.Odd) ([]bills.Taken, error) {
	var out []bills.Taken
	for _, g := range grains {
		q := query(g.Span.From, g.Name, r.groups(k.by...))
		taken, err := g.Take(ctx, func(ctx context.Context, cursor string, limit int) (bills.Page, error) {
			reply, err := r.client.Page(ctx, "/organization/usage/"+k.name, q, cursor, limit)
			if err != nil {
				return bills.Page{}, err
			}
			return bills.Decode(r.client.Source, reply, odd, func(u *usage, at fleet.Span) []fleet.BillLine {
				c := bills.Counted{Line: u.line(at), Odd: odd}
				k.lines(u, &c)
				return c.Lines
			})
		})
		if err != nil {
			return nil, err
		}
		out = append(out, taken)
	}
	return out, nil
}
