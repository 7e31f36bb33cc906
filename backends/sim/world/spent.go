package world

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// KeyUse is what the gateways counted of one member for one key, from the usage of each answer. What a client or a
// deadline cut off has no usage, and is not in it.
type KeyUse struct {
	Requests, Failed float64
	Tokens
	Spend float64 // USD, by the gateway's own prices
}

// Plus adds another use.
func (u *KeyUse) Plus(o KeyUse) {
	u.Requests += o.Requests
	u.Failed += o.Failed
	u.Tokens.Plus(o.Tokens)
	u.Spend += o.Spend
}

// SetPrices gives a member the prices of its model, as LiteLLM has them for one token.
func (s *DeploymentSpec) SetPrices(r Rates) {
	perToken := func(d decimal.Decimal) float64 { return d.Shift(-6).InexactFloat64() }
	s.InCost, s.OutCost, s.ReadCost, s.WriteCost = perToken(r.Input), perToken(r.Output), perToken(r.CacheRead), perToken(r.CacheWrite)
}

// Priced is the use with what it costs by a member's prices.
func (s *DeploymentSpec) Priced(requests float64, t Tokens) KeyUse {
	return KeyUse{Requests: requests, Tokens: t, Spend: float64(t.Input)*s.InCost + float64(t.CacheRead)*cmp.Or(s.ReadCost, s.InCost) +
		float64(t.CacheWrite)*cmp.Or(s.WriteCost, s.InCost) + float64(t.Output)*s.OutCost}
}

// Spent is what all gateways counted in one UTC day of one member for one key.
type Spent struct {
	Day        time.Time
	Deployment *DeploymentSpec
	Key        *KeySpec // nil for the master key
	KeyUse
}

type spentKey struct {
	day        int64
	deployment *DeploymentSpec
	key        *KeySpec
}

// spendLog is the gateways' table of spending, which they share.
type spendLog struct {
	start   time.Time
	days    map[spentKey]*KeyUse
	holders map[HolderRef]float64 // by key and by team
}

func (l *spendLog) time(at float64) time.Time {
	return l.start.Add(time.Duration(at * float64(time.Second)))
}

func (l *spendLog) enter(at float64, d *DeploymentSpec, key *KeySpec, u KeyUse) {
	k := spentKey{l.time(at).Unix() / secondsADay, d, key}
	if l.days[k] == nil {
		l.days[k] = &KeyUse{}
	}
	l.days[k].Plus(u)
	if key != nil {
		l.holders[HolderRef{ID: key.Hash}] += u.Spend
		l.holders[HolderRef{Team: true, ID: key.Team}] += u.Spend
	}
}

const secondsADay = 24 * 3600

// Spent lists what the gateways counted, oldest first. It is for use inside At.
func (w *World) Spent() []Spent {
	list := make([]Spent, 0, len(w.db.spent.days))
	for k, u := range w.db.spent.days {
		list = append(list, Spent{time.Unix(k.day*secondsADay, 0).UTC(), k.deployment, k.key, *u})
	}
	slices.SortFunc(list, func(a, b Spent) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Deployment.ID, b.Deployment.ID), cmp.Compare(a.Key.alias(), b.Key.alias()))
	})
	return list
}

// use counts an answer for its key. Engines do not say what they had in their caches.
func (d *DeploymentStats) use(c *Call, t *attempt, at float64) {
	n := c.gateway.keys.number(c.key)
	for len(d.Used) <= n {
		d.Used = append(d.Used, KeyUse{})
	}
	tokens := t.tokens
	if t.provider == nil {
		tokens = Tokens{Input: int64(c.Prompt)}
	}
	tokens.Output = int64(t.output)
	u := c.gateway.Prices(d.Spec).Priced(1, tokens)
	d.Used[n].Plus(u)
	c.gateway.db.spent.enter(at, d.Spec, c.key, u)
	c.gateway.made(c.key, tokens, at)
}

// Prices is a member with the prices that the gateways have for it now. It is for use inside At.
func (g *Gateway) Prices(s *DeploymentSpec) *DeploymentSpec {
	factor, off := g.db.drift[s.Provider]
	if !off {
		return s
	}
	x := *s
	x.InCost, x.OutCost, x.ReadCost, x.WriteCost = factor*s.InCost, factor*s.OutCost, factor*s.ReadCost, factor*s.WriteCost
	return &x
}

// DatabaseLost says whether the gateways cannot reach their database. It is for use inside At.
func (g *Gateway) DatabaseLost() bool { return g.db.lost }

// Sum adds the keys up.
func (d *DeploymentStats) Sum() (sum KeyUse) {
	for _, u := range d.Used {
		sum.Plus(u)
	}
	return sum
}
