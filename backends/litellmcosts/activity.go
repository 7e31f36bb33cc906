package litellmcosts

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// activity is one page of the daily activity. Who the users are is left where it is.
type activity struct {
	Results *[]struct {
		Date      bills.Word `json:"date"`
		Metrics   metrics    `json:"metrics"`
		Breakdown struct {
			Models    map[string]part            `json:"models"`
			Providers map[string]json.RawMessage `json:"providers"`
		} `json:"breakdown"`
	} `json:"results"`
	Metadata struct {
		Page  bills.Number `json:"page"`
		Pages bills.Number `json:"total_pages"`
		More  bool         `json:"has_more"`
	} `json:"metadata"`
	Error json.RawMessage `json:"error"`
}

// part is one model, with the keys that used it, by their hashes.
type part struct {
	Metrics metrics `json:"metrics"`
	Keys    map[string]struct {
		Metrics  metrics `json:"metrics"`
		Metadata struct {
			Alias bills.Word `json:"key_alias"`
			Team  bills.Word `json:"team_id"`
		} `json:"metadata"`
	} `json:"api_key_breakdown"`
}

// metrics are sums. Of prompts, what was read from or written to a cache is a part.
type metrics struct {
	Spend    bills.Number `json:"spend"`
	Prompt   bills.Number `json:"prompt_tokens"`
	Output   bills.Number `json:"completion_tokens"`
	Read     bills.Number `json:"cache_read_input_tokens"`
	Written  bills.Number `json:"cache_creation_input_tokens"`
	Requests bills.Number `json:"api_requests"`
}

// each does the same to every counter.
func (m metrics) each(o metrics, do func(a, b bills.Number) bills.Number) metrics {
	return metrics{do(m.Spend, o.Spend), do(m.Prompt, o.Prompt), do(m.Output, o.Output), do(m.Read, o.Read), do(m.Written, o.Written),
		do(m.Requests, o.Requests)}
}

// settled takes less than a thousandth of a cent for nothing: LiteLLM adds in binary fractions.
func (m metrics) settled() metrics {
	if m.Spend.OK && m.Spend.V.Abs().LessThan(decimal.New(1, -5)) {
		m.Spend.V = decimal.Zero
	}
	return m
}

func (m metrics) is(what func(n bills.Number) bool) bool {
	return slices.ContainsFunc([]bills.Number{m.Spend, m.Prompt, m.Output, m.Read, m.Written, m.Requests}, what)
}

func isNegative(n bills.Number) bool { return n.Odd || n.OK && n.V.IsNegative() }

func isSome(n bills.Number) bool { return n.Odd || n.OK && !n.V.IsZero() }

// providers tells whose a model is, of those that a day has.
type providers func(model string, all map[string]struct{}) fleet.ProviderID

// sums are those of one day over its pages.
type sums struct {
	all       metrics
	models    map[string]metrics
	keys      map[[2]string]*key // by model and hash
	providers map[string]struct{}
}

type key struct {
	metrics     metrics
	alias, team string
}

func newSums() *sums {
	return &sums{models: map[string]metrics{}, keys: map[[2]string]*key{}, providers: map[string]struct{}{}}
}

func (s *sums) add(a *activity, date string, source fleet.SourceID) error {
	for i := range *a.Results {
		r := &(*a.Results)[i]
		if string(r.Date) != date {
			continue
		}
		s.all = s.all.each(r.Metrics, bills.Number.Plus)
		for name := range r.Breakdown.Providers {
			s.providers[name] = struct{}{}
		}
		for model, p := range r.Breakdown.Models {
			s.models[model] = s.models[model].each(p.Metrics, bills.Number.Plus)
			for hash, k := range p.Keys {
				at := [2]string{model, hash}
				if s.keys[at] == nil {
					s.keys[at] = &key{alias: string(k.Metadata.Alias), team: string(k.Metadata.Team)}
				}
				s.keys[at].metrics = s.keys[at].metrics.each(k.Metrics, bills.Number.Plus)
			}
		}
	}
	if len(s.models)+len(s.keys) > bills.MaxLines {
		return bills.TooMany(source)
	}
	return nil
}

// lines part the whole into models and these into keys. What no part explains is a line of its own; parts that are more than
// their whole are left out.
func (s *sums) lines(day fleet.Span, provider providers, odd *bills.Odd) ([]fleet.BillLine, error) {
	if s.all.is(isNegative) {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the daily activity",
			Next: "a sum of a day is no number, or below zero; nothing of it was used"}
	}
	of := map[string][][2]string{}
	for at := range s.keys {
		of[at[0]] = append(of[at[0]], at)
	}
	var out []fleet.BillLine
	rest := s.all
	for _, model := range slices.Sorted(maps.Keys(s.models)) {
		rest = rest.each(s.models[model], bills.Number.Minus)
	}
	line := fleet.BillLine{Stream: fleet.StreamMetered, Span: day}
	if rest = rest.settled(); rest.is(isNegative) {
		odd.Say(fleet.Text("the models of a day are more than its whole: it is told without them"))
		return s.all.put(line, nil, odd), nil
	}
	for _, model := range slices.Sorted(maps.Keys(s.models)) {
		l := line
		l.Model, l.Provider = fleet.ModelName(model), provider(model, s.providers)
		left := s.models[model]
		hashes := of[model]
		for _, at := range hashes {
			left = left.each(s.keys[at].metrics, bills.Number.Minus)
		}
		if left = left.settled(); left.is(isNegative) {
			odd.Say(fleet.Text("the keys of a model are more than its whole: it is told without them"))
			left, hashes = s.models[model], nil
		}
		slices.SortFunc(hashes, func(a, b [2]string) int { return cmp.Compare(a[1], b[1]) })
		for _, at := range hashes {
			k, l := s.keys[at], l
			l.Key, l.Team, l.Item = bills.KeyID(bills.Word(at[1])), k.team, fleet.Label(k.alias)
			out = k.metrics.put(l, out, odd)
		}
		out = left.put(l, out, odd)
	}
	return rest.put(line, out, odd), nil
}

// put adds the lines of some sums: the money, and what is counted. Tokens that cost nothing have no price in the gateway.
func (m metrics) put(of fleet.BillLine, out []fleet.BillLine, odd *bills.Odd) []fleet.BillLine {
	if !m.is(isSome) {
		return out
	}
	money := of
	if money.Cost = bills.Money(m.Spend.Maybe, fleet.USD); !money.Cost.OK || money.Cost.V.Amount().IsZero() {
		money.Cost = fleet.None[fleet.Money]()
	}
	c := bills.Counted{Line: of, Lines: append(out, money), Odd: odd}
	c.Put(fleet.UseInput, m.Prompt.Minus(m.Read).Minus(m.Written))
	c.Put(fleet.UseCacheRead, m.Read)
	c.Put(fleet.UseCacheWrite5m, m.Written)
	c.Put(fleet.UseOutput, m.Output)
	c.Put(fleet.UseRequests, m.Requests)
	return c.Lines
}

// provider is whose a model is: what it begins with, where a provider of the day is called so, or the only one of the day.
func (r *reader) provider(model string, all map[string]struct{}) fleet.ProviderID {
	word, _, _ := strings.Cut(model, "/")
	if _, ok := all[word]; !ok {
		if word = ""; len(all) == 1 {
			for only := range all {
				word = only
			}
		}
	}
	if word == "" {
		return ""
	}
	return fleet.ProviderID(cmp.Or(r.providers[OptionProvider+word], word))
}
