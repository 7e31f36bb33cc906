package backends

import (
	"cmp"
	"slices"
	"time"

	"pitwall/fleet"
)

// A key or team runs away when it spends several times what it spent in its last hour, and more than pocket money. It has
// come back when it is near its old rate. Teams and keys are judged apart: a team may run away by many keys.
const (
	runawayOver  = 1.5 // times the old rate
	runawayWatch = 10 * time.Minute
	keyHour      = 60 // minutes that a rate is held against
	keyRecent    = 2  // minutes that are left out of them: a jump must not hide itself
	keysShown    = 200
	keysFollowed = 5000
)

// keyRef is a key or a team at a gateway.
type keyRef struct {
	gateway  fleet.GatewayID
	team, id string // id is "" for a team
}

// keyWatch is what one key, or one team, spent by its gateway's own prices.
type keyWatch struct {
	alias, teamName string
	minutes         [keyHour + keyRecent + 1]float64 // spend by minute since 1970, modulo their number
	newest          int64
	spent           float64 // since watching began
	recent          counter // of spent
	seen            time.Time
	since           time.Time        // when it ran away; zero when it has not
	base            fleet.USDPerHour // what it spent before
}

// keySpend follows all keys of all gateways.
type keySpend struct {
	rule     fleet.RunawayRule
	counters map[fleet.SourceID]map[string]*counter
	watches  map[keyRef]*keyWatch
	from     map[fleet.GatewayID]time.Time // when watching began
}

func newKeySpend(rule fleet.RunawayRule) keySpend {
	return keySpend{rule: rule.WithDefaults(),
		counters: map[fleet.SourceID]map[string]*counter{}, watches: map[keyRef]*keyWatch{}, from: map[fleet.GatewayID]time.Time{}}
}

// take adds what one gateway replica counted by key.
func (k *keySpend) take(s *sourceState, at time.Time, g *fleet.GatewayReading) {
	gateway := s.spec.Subject.Gateway
	if len(g.Keys) == 0 {
		return
	}
	if _, watched := k.from[gateway]; !watched {
		k.from[gateway] = at
	}
	counters, again := k.counters[s.spec.ID]
	if !again {
		counters = map[string]*counter{}
		k.counters[s.spec.ID] = counters
	}
	for i := range g.Keys {
		r := &g.Keys[i]
		c := counters[r.ID] // also of a key that the last page left out
		if c == nil {
			if len(counters) >= keysFollowed {
				continue
			}
			c = &counter{absent: again} // on a page that was read before, a series begins with its first answer
			counters[r.ID] = c
		}
		total := c.total
		c.add(at, r.Spend, g.Metrics)
		spent := c.total - total
		k.spend(keyRef{gateway, r.Team, r.ID}, r, at, spent)
		if r.Team != "" {
			k.spend(keyRef{gateway: gateway, team: r.Team}, r, at, spent)
		}
	}
}

func (k *keySpend) spend(ref keyRef, r *fleet.KeyReading, at time.Time, spent float64) {
	w := k.watches[ref]
	if w == nil {
		if len(k.watches) >= keysFollowed {
			return
		}
		w = &keyWatch{newest: at.Unix() / 60}
		k.watches[ref] = w
	}
	w.seen, w.teamName = at, r.TeamName
	if ref.id != "" {
		w.alias = r.Alias
	}
	w.turn(at)
	w.minutes[w.newest%int64(len(w.minutes))] += spent
	w.spent += spent
	w.recent.add(at, fleet.Some(w.spent), true)
}

// turn empties the minutes that have come since the last one.
func (w *keyWatch) turn(at time.Time) {
	minute := at.Unix() / 60
	for n := 0; w.newest < minute && n < len(w.minutes); n++ {
		w.newest++
		w.minutes[w.newest%int64(len(w.minutes))] = 0
	}
	w.newest = max(w.newest, minute)
}

// rates are what is spent now, over the last minute, and over the hour before that. The hour is unknown while less than
// ten minutes of it were watched.
func (w *keyWatch) rates(from, now time.Time) (rate, hour fleet.Maybe[fleet.USDPerHour]) {
	if delta, since, ok := w.recent.increase(rateWindow); ok {
		rate = fleet.Some(fleet.USDPerHour(delta / w.recent.newest().Sub(since).Hours()))
	}
	w.turn(now)
	old := 0.0
	for i := int64(keyRecent); i < int64(len(w.minutes)); i++ {
		old += w.minutes[(w.newest-i+int64(len(w.minutes)))%int64(len(w.minutes))]
	}
	into := float64(now.Unix()%60) / 60
	if minutes := min(now.Sub(from).Minutes()-1-into, keyHour+1); minutes >= runawayWatch.Minutes() {
		hour = fleet.Some(fleet.USDPerHour(old / minutes * 60))
	}
	return rate, hour
}

// judge says whether it runs away.
func (w *keyWatch) judge(rule fleet.RunawayRule, rate, hour fleet.Maybe[fleet.USDPerHour], now time.Time) {
	switch {
	case !rate.OK:
	case !w.since.IsZero():
		if rate.V < rule.Floor/2 || float64(rate.V) < runawayOver*float64(w.base) {
			w.since = time.Time{}
		}
	case hour.OK && rate.V >= rule.Floor && float64(rate.V) >= rule.Times*float64(hour.V):
		w.since, w.base = now, hour.V
	}
}

// list gives all keys and teams, those that run away first, then the dearest.
func (k *keySpend) list(now time.Time) []fleet.KeyBurn {
	list := make([]fleet.KeyBurn, 0, len(k.watches))
	for ref, w := range k.watches {
		if now.Sub(w.seen) > goneAfter {
			delete(k.watches, ref)
			continue
		}
		rate, hour := w.rates(k.from[ref.gateway], now)
		if now.Sub(w.seen) > 2*time.Minute {
			rate = fleet.None[fleet.USDPerHour]() // its gateway is not read
		}
		w.judge(k.rule, rate, hour, now)
		b := fleet.KeyBurn{Gateway: ref.gateway, Key: ref.id, Alias: w.alias, Team: ref.team, TeamName: w.teamName, Rate: rate, Hour: hour,
			Runaway: w.since}
		if !w.since.IsZero() {
			b.Hour = fleet.Some(w.base)
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b fleet.KeyBurn) int {
		return cmp.Or(cmp.Compare(alarm(&b), alarm(&a)), cmp.Compare(b.Rate.V, a.Rate.V), cmp.Compare(a.Gateway, b.Gateway),
			cmp.Compare(a.Team, b.Team), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(len(list), keysShown)]
}

func alarm(b *fleet.KeyBurn) int {
	if b.Runaway.IsZero() {
		return 0
	}
	return 1
}

// keyAlerts says who runs away. A team is told only where none of its keys explains it.
func keyAlerts(keys []fleet.KeyBurn) []fleet.Alert {
	var list []fleet.Alert
	explained := map[string]bool{}
	for i := range keys {
		if b := &keys[i]; b.Key != "" && !b.Runaway.IsZero() {
			explained[string(b.Gateway)+"\x00"+b.Team] = true
		}
	}
	for i := range keys {
		b := &keys[i]
		if b.Runaway.IsZero() || b.Key == "" && explained[string(b.Gateway)+"\x00"+b.Team] {
			continue
		}
		of := b.Of()
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: b.Name(), Key: &of, Runbook: fleet.Text("runaway-spend"),
			Text: fleet.Textf("spends $%s an hour by %s's prices, $%s in its last hour", b.Rate.V.Text(), fleet.Label(string(b.Gateway)),
				b.Hour.V.Text()),
			Detail: fleet.Concat(fleet.Text("team "), fleet.Label(cmp.Or(b.TeamName, b.Team, "none")))})
	}
	return list
}
