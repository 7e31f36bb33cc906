package world

import "math/rand/v2"

// KeySpec declares a virtual key of the gateways and the team that it belongs to.
type KeySpec struct {
	Alias, Hash     string
	Team, TeamAlias string
	User            string
	Shares          map[string]float64 // of the requests of each route
	Budget          float64            // US dollars a month; 0 for none
}

func (k *KeySpec) alias() string {
	if k == nil {
		return ""
	}
	return k.Alias
}

// keyring deals requests out to keys. It has dice of its own, so that keys change nothing else.
type keyring struct {
	specs []KeySpec
	rng   *rand.Rand
	surge map[string]float64 // factor on the demand of a key, by alias
}

// pick chooses whose a request of a route is; nil where the route has no key of its own.
func (k *keyring) pick(route string) *KeySpec {
	sum := 0.0
	for i := range k.specs {
		sum += k.specs[i].Shares[route]
	}
	if sum == 0 {
		return nil
	}
	x := k.rng.Float64() * sum
	for i := range k.specs {
		if share := k.specs[i].Shares[route]; share > 0 {
			if x -= share; x < 0 {
				return &k.specs[i]
			}
		}
	}
	return nil
}

// number is where a key's counters lie; 0 is the master key's.
func (k *keyring) number(key *KeySpec) int {
	for i := range k.specs {
		if &k.specs[i] == key {
			return i + 1
		}
	}
	return 0
}

// Surge multiplies the demand that comes with a key, as a program in a loop does; 1 ends it. It is for use inside At.
func (w *World) Surge(alias string, factor float64) bool {
	for i := range w.keys.specs {
		if w.keys.specs[i].Alias == alias {
			if w.keys.surge == nil {
				w.keys.surge = map[string]float64{}
			}
			w.keys.surge[alias] = factor
			return true
		}
	}
	return false
}

// repeats is how many further requests a key's own request brings while it surges.
func (k *keyring) repeats(key *KeySpec) int {
	factor := k.surge[key.alias()]
	if factor <= 1 {
		return 0
	}
	n := int(factor - 1)
	if k.rng.Float64() < factor-1-float64(n) {
		n++
	}
	return n
}

// Bypass declares requests that clients send past the gateways, with a key of the provider's own.
type Bypass struct {
	Rate           float64 // requests per second
	Model          string
	Prompt, Output Lengths
	Batch          float64 // part of them that may wait, at half the price
}

// bypass is such traffic as it runs.
type bypass struct {
	spec *Bypass
	rng  *rand.Rand
	next float64
}

// tick sends what is due before end. The account's quotas feel it; its errors and speed do not matter to anybody here.
func (b *bypass) tick(p *Provider, from, end float64) {
	if b.spec == nil || b.spec.Rate <= 0 {
		return
	}
	if b.next == 0 {
		b.next = from + b.rng.ExpFloat64()/b.spec.Rate
	}
	for ; b.next < end; b.next += b.rng.ExpFloat64() / b.spec.Rate {
		prompt, output := int(b.spec.Prompt.sample(b.rng)), int(b.spec.Output.sample(b.rng))
		a := Account{Provider: p.Spec.Name, Model: b.spec.Model, Past: true}
		if b.rng.Float64() < b.spec.Batch {
			a.Tier = TierBatch
		}
		want := float64(prompt + output)
		if p.down || a.Tier == "" && (p.rpm.left(b.next) < 1 || p.tpm.left(b.next) < want) {
			continue
		}
		if a.Tier == "" { // a batch has limits of its own
			p.rpm.use(b.next, 1)
			p.tpm.use(b.next, want)
		}
		used := p.Spec.Cache.split(prompt, 0)
		used.Output = int64(output)
		p.books.enter(b.next, a, used)
	}
}
