package world

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Rates are what a provider charges for a million tokens of one model, in US dollars.
type Rates struct{ Input, CacheRead, CacheWrite, Output decimal.Decimal }

// CacheWay is how a provider keeps prompts.
type CacheWay int

// The ways of a cache. Automatic ones take whole blocks of long prompts and cost nothing to write; marked ones are written
// for a fee, by clients that ask for it.
const (
	CacheNone CacheWay = iota
	CacheAutomatic
	CacheMarked
)

// What a cache takes (OpenAI's and Anthropic's guides to prompt caching).
const (
	cacheLeast  = 1024 // tokens of a prompt
	cacheBlock  = 128  // tokens, of an automatic cache
	cacheMarked = 0.5  // of what is new in a conversation is marked to be kept
)

// Tokens are those of one request, or of many, in disjoint buckets.
type Tokens struct{ Input, CacheRead, CacheWrite, Output int64 }

// Cost is what tokens cost at given rates, exactly.
func (t Tokens) Cost(r Rates) decimal.Decimal {
	sum := decimal.NewFromInt(t.Input).Mul(r.Input).Add(decimal.NewFromInt(t.CacheRead).Mul(r.CacheRead))
	sum = sum.Add(decimal.NewFromInt(t.CacheWrite).Mul(r.CacheWrite)).Add(decimal.NewFromInt(t.Output).Mul(r.Output))
	return sum.Shift(-6)
}

// Prompt is all that was sent, from the cache or not.
func (t Tokens) Prompt() int64 { return t.Input + t.CacheRead + t.CacheWrite }

// Plus adds further tokens.
func (t *Tokens) Plus(o Tokens) {
	t.Input += o.Input
	t.CacheRead += o.CacheRead
	t.CacheWrite += o.CacheWrite
	t.Output += o.Output
}

// split deals a prompt out to the buckets of a cache; cacheable is the part of it that was sent before.
func (w CacheWay) split(prompt int, cacheable float64) Tokens {
	t := Tokens{Input: int64(prompt)}
	if prompt < cacheLeast || cacheable <= 0 {
		return t
	}
	switch w {
	case CacheNone:
	case CacheAutomatic:
		t.CacheRead = int64(cacheable*float64(prompt)) / cacheBlock * cacheBlock
	case CacheMarked:
		t.CacheRead = int64(cacheable * float64(prompt))
		t.CacheWrite = int64(cacheMarked * float64(int64(prompt)-t.CacheRead))
	}
	t.Input -= t.CacheRead + t.CacheWrite
	return t
}

// Account is for whom and for what a provider served.
type Account struct {
	Provider, Model string
	Key             string // alias of the gateways' virtual key; "" for what came past the gateways, or with their master key
	Tier            string // "" or TierBatch
	Past            bool   // past the gateways, with a key of the provider's own
}

// TierBatch is work that may wait, at half the price.
const TierBatch = "batch"

// Served is what a provider served of one account, and charges.
type Served struct {
	At time.Time // begin of the minute; of the hour, of what is older than a day
	Account
	Tokens
	Requests int64
}

// books hold what providers served, by minute: the truth that bills and usage reports are made of. Every attempt that a
// provider served is in them, whether or not a gateway or a client still wanted the answer.
type books struct {
	start time.Time
	rows  map[int64]map[Account]*Served // by minute since 1970
	hour  int64
}

func newBooks(start time.Time) books {
	return books{start: start, rows: map[int64]map[Account]*Served{}}
}

func (b *books) enter(at float64, a Account, t Tokens) {
	minute := b.start.Add(time.Duration(at*float64(time.Second))).Unix() / 60
	b.put(minute, a, t, 1)
	if hour := minute / 60; hour != b.hour {
		b.hour = hour
		b.fold((hour - 24) * 60)
	}
}

func (b *books) put(minute int64, a Account, t Tokens, requests int64) {
	of := b.rows[minute]
	if of == nil {
		of = map[Account]*Served{}
		b.rows[minute] = of
	}
	row := of[a]
	if row == nil {
		row = &Served{At: time.Unix(minute*60, 0).UTC(), Account: a}
		of[a] = row
	}
	row.Plus(t)
	row.Requests += requests
}

// fold turns what is older than a minute into hours, so that days do not add up.
func (b *books) fold(before int64) {
	for minute, of := range b.rows {
		if minute >= before || minute%60 == 0 {
			continue
		}
		delete(b.rows, minute)
		for a, row := range of {
			b.put(minute/60*60, a, row.Tokens, row.Requests)
		}
	}
}

// Served lists what providers served in a time, oldest first. It is for use inside At.
func (w *World) Served(from, to time.Time) []Served {
	var list []Served
	for minute, of := range w.books.rows {
		if at := time.Unix(minute*60, 0); at.Before(from) || !at.Before(to) {
			continue
		}
		for _, row := range of {
			list = append(list, *row)
		}
	}
	SortServed(list)
	return list
}

// SortServed puts rows into the order of their times and accounts.
func SortServed(list []Served) {
	slices.SortFunc(list, func(a, b Served) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Provider, b.Provider), strings.Compare(a.Model, b.Model),
			strings.Compare(a.Key, b.Key), strings.Compare(a.Tier, b.Tier), boolOrder(a.Past, b.Past))
	})
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Charge is what a provider charges for a row; nothing of a model whose rates are not declared.
func (p *ProviderSpec) Charge(s Served) decimal.Decimal {
	cost := s.Cost(p.Rates[s.Model])
	if s.Tier == TierBatch {
		return cost.Div(decimal.NewFromInt(2))
	}
	return cost
}

// account is whose an attempt is.
func (t *attempt) account() Account {
	a := Account{Provider: t.provider.Spec.Name, Model: t.call.model, Tier: t.call.tier, Past: t.deployment == nil}
	if t.deployment != nil {
		_, a.Model, _ = strings.Cut(t.deployment.row.Spec.Model, "/")
		a.Key = t.call.key.alias()
	}
	if a.Model == "" && len(t.provider.Spec.Models) > 0 {
		a.Model = t.provider.Spec.Models[0]
	}
	return a
}

// charge books an attempt with what was made of its answer.
func (p *Provider) charge(t *attempt, made int, at float64) {
	used := t.tokens
	used.Output = int64(made)
	p.books.enter(at, t.account(), used)
}

// cut ends an attempt whose caller has left. What was made by then is charged, the prompt with it; what the provider
// itself would have failed is not.
func (p *Provider) cut(t *attempt, now float64) {
	for _, f := range p.flights {
		if f.try == t && f.answers() {
			p.charge(t, p.progress(t, now), now)
		}
	}
	t.ended = true
	p.Errors++
	p.results = append(p.results, result{at: now, try: t, status: 408})
}
