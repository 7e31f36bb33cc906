package sim

import (
	"math"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// The credentials of the providers' organisations, which bills and reports of usage want.
const (
	OpenAIAdminName    = "PITWALL_DEMO_OPENAI_ADMIN_KEY"
	AnthropicAdminName = "PITWALL_DEMO_ANTHROPIC_ADMIN_KEY"
)

// They open nothing but the simulation.
const (
	adminKey       = "sk-admin-pitwall-demo-not-a-secret"
	claudeAdminKey = "sk-ant-admin01-pitwall-demo-not-a-secret"
)

// admins gives the organisations' keys, by provider.
func (f *Fleet) admins() map[string]string {
	keys := map[string]string{}
	for i := range f.world.Spec.Providers {
		name := f.world.Spec.Providers[i].Name
		keys[name] = adminKey
		if f.styles()[name] == "anthropic" {
			keys[name] = claudeAdminKey
		}
	}
	return keys
}

// billsEvery is how often the demo reads bills. Real configurations read them every five to ten minutes.
const billsEvery = 5 * time.Minute

// billSources name the bills of the demo's providers, and what the gateways counted.
func (f *Fleet) billSources() []fleet.SourceSpec {
	of := func(id, kind, url, secret string, provider fleet.ProviderID) fleet.SourceSpec {
		s := source(id, kind, url, billsEvery, fleet.Subject{Provider: provider, About: fleet.AboutBill}, fleet.SecretRef{Env: secret}, nil)
		s.Timeout = 30 * time.Second
		return s
	}
	gateway := f.world.Spec.Gateways[0]
	return []fleet.SourceSpec{
		of("bill-openai", "openai-costs", f.URL(providerOpenAI)+"/v1", OpenAIAdminName, providerOpenAI),
		of("bill-anthropic", "anthropic-costs", f.URL(providerAnthropic), AnthropicAdminName, providerAnthropic),
		of("bill-gateway", "litellm-costs", f.URL(gateway), KeyName, ""),
	}
}

// list are the price lists of the simulated providers, in US dollars for a million tokens: input, from the cache, into it, output.
var list = map[string][4]string{
	"gpt-4o":            {"2.50", "1.25", "2.50", "10.00"},
	"gpt-4o-mini":       {"0.15", "0.075", "0.15", "0.60"},
	"claude-sonnet-4-5": {"3.00", "0.30", "3.75", "15.00"},
}

// snapshots are the dated names by which bills call models.
var snapshots = map[string]string{"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
	"claude-sonnet-4-5": "claude-sonnet-4-5-20250929"}

func rates(models ...string) map[string]world.Rates {
	out := map[string]world.Rates{}
	for _, m := range models {
		p := list[m]
		out[m] = world.Rates{Input: dollars(p[0]), CacheRead: dollars(p[1]), CacheWrite: dollars(p[2]), Output: dollars(p[3])}
	}
	return out
}

func dollars(s string) decimal.Decimal {
	d, err := decimal.NewFromString(s)
	if err != nil {
		panic("sim: a price is no number: " + s)
	}
	return d
}

// ratesOf are those of a configured price; what it does not say costs what input does.
func ratesOf(p fleet.Price) world.Rates {
	return world.Rates{Input: p.Input.Amount(), CacheRead: p.CachedIn.Or(p.Input).Amount(), CacheWrite: p.CacheWrite.Or(p.Input).Amount(),
		Output: p.Output.Amount()}
}

// keys are the virtual keys of the gateways, of three teams.
func keys() []world.KeySpec {
	key := func(alias, hash, team, name string, budget float64, shares map[string]float64) world.KeySpec {
		return world.KeySpec{Alias: alias, Hash: hash, Team: team, TeamAlias: name, User: name + "-svc", Budget: budget, Shares: shares}
	}
	return []world.KeySpec{
		key("search-prod", "6f1c4b0de2a94c57b8a8f1d03c2e5a7791b6d4e80f3a2c1d5e6f708192a3b4c5", "team-search", "search", 60_000,
			map[string]float64{routeChat: .6}),
		key("support-bot", "a3d97e5b1c8f42609e7d3b2a1f0c4e5d6b7a8901c2d3e4f5061728394a5b6c7d", "team-support", "support", 30_000,
			map[string]float64{routeChat: .4}),
		key("code-assist", "0b9e8d7c6a5f4e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b", "team-platform", "platform", 25_000,
			map[string]float64{routeCode: 1}),
		key("nightly-eval", "c5d4e3f2a1b09f8e7d6c5b4a39281706e5d4c3b2a1908f7e6d5c4b3a29180716", "team-platform", "platform", 0,
			map[string]float64{routeBatch: 1}),
	}
}

// notebooks are people who send requests past the gateways, some of them in batches.
func (o Options) notebooks() world.Bypass {
	rate := o.Bypass
	if rate == 0 {
		rate = usualBypass
	}
	return world.Bypass{Rate: max(rate, 0), Model: "gpt-4o", Prompt: world.Lengths{Median: 2500, Sigma: .8, Max: 16000},
		Output: world.Lengths{Median: 400, Sigma: .6, Max: 2048}, Batch: .3}
}

// usualBypass is less than a tenth of the tokens that the gateways send to the provider: found, and no alarm.
const usualBypass = 0.2 // requests per second

// billing remembers what went before the world began, once somebody asks.
func (f *Fleet) billing() func() wire.Past {
	return sync.OnceValue(func() wire.Past { return f.pastMoney(f.world.Spec) })
}

// pastMoney is what the fortnight of History was charged, and what the gateways counted of it.
func (f *Fleet) pastMoney(s *world.Spec) wire.Past {
	served := map[world.Account]map[time.Time]*world.Served{}
	put := func(at time.Time, a world.Account, n int64, t world.Tokens) {
		at = at.Truncate(time.Hour)
		if served[a] == nil {
			served[a] = map[time.Time]*world.Served{}
		}
		row := served[a][at]
		if row == nil {
			row = &world.Served{At: at, Account: a}
			served[a][at] = row
		}
		row.Tokens.Plus(t)
		row.Requests += n
	}
	spent := map[spentOn]*world.KeyUse{}
	for p := range f.History() {
		if p.Route == "" {
			continue
		}
		at := p.At.Add(-HistoryStep).UTC() // its begin
		d := deploymentOf(s, string(p.Route), string(p.Target))
		if d == nil || !at.Before(s.Start) {
			continue
		}
		for i := range s.Keys {
			part := shareOf(s.Keys, i, string(p.Route))
			if part == 0 {
				continue
			}
			n, t := meanTokens(s, d, part, p)
			on := spentOn{at.Truncate(24 * time.Hour), d, i}
			if spent[on] == nil {
				spent[on] = &world.KeyUse{}
			}
			spent[on].Plus(d.Priced(float64(n), t))
			if model, ok := rentedModel(d); ok {
				put(at, world.Account{Provider: d.Provider, Model: model, Key: s.Keys[i].Alias}, n, t)
			}
		}
	}
	f.pastBypass(s, put)
	var out wire.Past
	for _, rows := range served {
		for _, row := range rows {
			out.Served = append(out.Served, *row)
		}
	}
	world.SortServed(out.Served)
	for on, u := range spent {
		out.Spent = append(out.Spent, world.Spent{Day: on.day, Deployment: on.deployment, Key: &s.Keys[on.key], KeyUse: *u})
	}
	return out
}

type spentOn struct {
	day        time.Time
	deployment *world.DeploymentSpec
	key        int
}

func deploymentOf(s *world.Spec, route, target string) *world.DeploymentSpec {
	for i := range s.Deployments {
		if d := &s.Deployments[i]; d.Route == route && string(targetSpec(d).ID) == target {
			return d
		}
	}
	return nil
}

// shareOf is a key's part of a route's requests.
func shareOf(keys []world.KeySpec, i int, route string) float64 {
	sum := 0.0
	for _, k := range keys {
		sum += k.Shares[route]
	}
	if sum == 0 {
		return 0
	}
	return keys[i].Shares[route] / sum
}

func rentedModel(d *world.DeploymentSpec) (string, bool) {
	if d.Provider == "" {
		return "", false
	}
	return d.Model[len(d.Provider)+1:], true
}

// meanTokens deals the tokens of a point out to buckets, in the shares that the route's prompts have in the mean.
func meanTokens(s *world.Spec, d *world.DeploymentSpec, part float64, p HistoryPoint) (int64, world.Tokens) {
	n := int64(math.Round(p.Requests * part))
	in := p.InTokens * part
	t := world.Tokens{Input: int64(in), Output: int64(p.OutTokens * part)}
	if d.Provider == "" {
		return n, t
	}
	for i := range s.Routes {
		if s.Routes[i].Name != d.Route {
			continue
		}
		t.CacheRead = int64(in * s.Routes[i].CacheHit * .8) // short prompts are not kept
		for j := range s.Providers {
			if s.Providers[j].Name == d.Provider && s.Providers[j].Cache == world.CacheMarked {
				t.CacheWrite = int64(in * .2)
			}
		}
	}
	t.Input -= t.CacheRead + t.CacheWrite
	return n, t
}

// pastBypass is what notebooks sent, in the mean, at all hours.
func (f *Fleet) pastBypass(s *world.Spec, put func(time.Time, world.Account, int64, world.Tokens)) {
	for i := range s.Providers {
		b := &s.Providers[i].Bypass
		if b.Rate <= 0 {
			continue
		}
		n := b.Rate * time.Hour.Seconds()
		for at := s.Start.Add(-HistoryDays * 24 * time.Hour).Truncate(time.Hour); at.Before(s.Start.Truncate(time.Hour)); at = at.Add(time.Hour) {
			for tier, part := range map[string]float64{"": 1 - b.Batch, world.TierBatch: b.Batch} {
				put(at, world.Account{Provider: s.Providers[i].Name, Model: b.Model, Past: true, Tier: tier}, int64(n*part),
					world.Tokens{Input: int64(n * part * b.Prompt.Mean()), Output: int64(n * part * b.Output.Mean())})
			}
		}
	}
}

// Charged is what the providers charge for a time since the world began, exactly: what bills are made of.
func (f *Fleet) Charged(from, to time.Time) (sum decimal.Decimal) {
	f.world.At(f.options.Clock.Now(), func() {
		for _, s := range f.world.Served(from, to) {
			for i := range f.world.Spec.Providers {
				if p := &f.world.Spec.Providers[i]; p.Name == s.Provider {
					sum = sum.Add(p.Charge(s))
				}
			}
		}
	})
	return sum
}
