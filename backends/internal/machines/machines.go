// Package machines is what connectors of accounts of machines have in common: how an account is asked, names of GPUs, exact
// prices of an hour. It must not know any provider.
package machines

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Most is how many machines, or offers, of one account are read.
const Most = 20_000

// Asker asks one account over HTTP.
type Asker struct {
	Spec   fleet.SourceSpec
	Clock  fleet.Clock
	Prices map[string]fleet.Money // of an hour of a machine, by type, that the configuration says
	// Explain puts a refusal into the provider's words; nil leaves it as it is.
	Explain func(*httpx.Reply, error) error

	client *httpx.Client
}

// New opens an account at base, which has no path that calls do not share.
func New(spec fleet.SourceSpec, deps fleet.Deps, base string) (*Asker, error) {
	return Open(spec, httpx.For(spec, base, deps))
}

// Open opens an account whose requests carry their credential in a way of its own.
func Open(spec fleet.SourceSpec, opt httpx.Options) (*Asker, error) {
	prices, err := configured(spec)
	if err != nil {
		return nil, err
	}
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &Asker{Spec: spec, Clock: opt.Deps.Clock, Prices: prices, client: client}, nil
}

// Get reads one page of JSON.
func (a *Asker) Get(ctx context.Context, path string, page any) (*httpx.Reply, error) {
	return a.answer(page)(a.client.Do(ctx, http.MethodGet, path, nil))
}

// Query sends a question as JSON to an API that takes no other, and reads its answer.
func (a *Asker) Query(ctx context.Context, path string, question, page any) (*httpx.Reply, error) {
	return a.answer(page)(a.client.Do(ctx, http.MethodPost, path, question))
}

// Form sends a question as a form, and leaves it to the caller to read the answer.
func (a *Asker) Form(ctx context.Context, path string, question url.Values) (*httpx.Reply, error) {
	return a.explained(a.client.Ask(ctx, path, question))
}

func (a *Asker) answer(page any) func(*httpx.Reply, error) (*httpx.Reply, error) {
	return func(reply *httpx.Reply, err error) (*httpx.Reply, error) {
		if reply, err = a.explained(reply, err); err == nil {
			err = reply.JSON(page)
		}
		return reply, err
	}
}

func (a *Asker) explained(reply *httpx.Reply, err error) (*httpx.Reply, error) {
	if err != nil && a.Explain != nil {
		err = a.Explain(reply, err)
	}
	return reply, err
}

// Invalid is an answer that cannot be what was asked for.
func (a *Asker) Invalid(why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the machines", Source: a.Spec.ID, Next: why + "; nothing of it was used"}
}

// Data reads the list under "data" of an answer. of names what it lists.
func Data[T any](ctx context.Context, a *Asker, path, of string) ([]T, *httpx.Reply, error) {
	var page struct {
		Data  *[]T            `json:"data"`
		Error json.RawMessage `json:"error"`
	}
	reply, err := a.Get(ctx, path, &page)
	switch {
	case err != nil:
		return nil, nil, err
	case bills.IsError(page.Error): // an empty list beside an error would look like machines that are gone
		return nil, nil, a.Invalid("it answered 200 with an error inside")
	case page.Data == nil:
		return nil, nil, a.Invalid("the answer holds no list of " + of + "; check the url")
	}
	if err := a.Bounded(len(*page.Data)); err != nil {
		return nil, nil, err
	}
	return *page.Data, reply, nil
}

// Bounded refuses an account that lists more than any has.
func (a *Asker) Bounded(n int) error {
	if n > Most {
		return a.Invalid("the account lists more than 20000 machines or offers")
	}
	return nil
}

// Partial is a good read.
func (a *Asker) Partial(reply *httpx.Reply, c *fleet.ComputeReading, notices []fleet.Notice) fleet.Partial {
	Sort(c)
	return fleet.Partial{At: a.Clock.Now(), ServerTime: reply.ServerTime, Compute: c, Notices: notices}
}

// Without remarks a part of an account that could not be read; the rest of the answer stays.
func Without(what fleet.Safe, err error) []fleet.Notice {
	return []fleet.Notice{rented.Without(what, err)}
}

// Sort puts offers by GPU and price, the cheapest first, those without a price last.
func Sort(c *fleet.ComputeReading) {
	slices.SortStableFunc(c.Offers, func(a, b fleet.Offer) int {
		return cmp.Or(cmp.Compare(a.GPU, b.GPU), ComparePrices(a.PerGPU(), b.PerGPU()), cmp.Compare(a.Type.String(), b.Type.String()))
	})
	for i := range c.Machines {
		slices.SortStableFunc(c.Machines[i].Notices, func(a, b fleet.MachineNotice) int {
			return a.At.V.Compare(b.At.V) // an unknown time is soon
		})
	}
}

// ComparePrices orders prices of one currency, the unknown last.
func ComparePrices(a, b fleet.Maybe[fleet.Money]) int {
	switch {
	case a.OK && b.OK:
		return a.V.Amount().Cmp(b.V.Amount())
	case a.OK:
		return -1
	case b.OK:
		return 1
	default:
		return 0
	}
}

// Known drops texts that are empty or double: a machine is known by each of the others.
func Known(names ...string) []string {
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Count is a number of GPUs that makes sense.
func Count(n int) fleet.Maybe[int] {
	const mostOfOne = 1024
	if n < 0 || n > mostOfOne {
		return fleet.None[int]()
	}
	return fleet.Some(n)
}
