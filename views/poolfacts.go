package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// factLines is how many lines poolFacts takes under its rule.
const factLines = 4

// poolFacts says what a pool is, why it is in its state, what it costs and what it has proven to carry.
func poolFacts(b *part.Block, sc Scene, p *fleet.Pool) {
	b.Rule(fleet.Concat(fleet.Text("POOL "), fleet.Label(string(p.Spec.ID))), fleet.Label(string(p.Spec.Model)),
		fleet.Concat(fleet.Text("site "), fleet.Label(string(p.Spec.Site)), fleet.Text("  "), fleet.Label(p.Spec.Engine)))
	b.Gap(2).Put(themes.OfState(p.State), stateText(p.State, p.Load.At, sc.Now))
	if !p.Since.IsZero() {
		b.Gap(1).Put(themes.Dim, fleet.Concat(fleet.Text("for "), fleet.Age(sc.Now.Sub(p.Since))))
	}
	b.Gap(2).Put(themes.Text, poolWhy(sc.Snap, p)).End()
	b.Gap(2)
	shape(b, p)
	b.End().Gap(2)
	money(b, p)
	b.End().Gap(2)
	rating(b, sc, p)
	b.End()
}

// shape says how large a pool is.
func shape(b *part.Block, p *fleet.Pool) {
	b.Say(themes.Dim, "ready ").Put(themes.Text, fleet.Textf("%s/%s", fleet.Int(p.Ready), fleet.Int(p.Desired)))
	b.Gap(2).Put(themes.Text, gpuNote(p)).Gap(2).Say(themes.Dim, "power ").Put(themes.Text, fleet.Show(p.Power))
	b.Gap(2).Say(themes.Dim, "KV ").Put(themes.Text, fleet.Show(p.KVTokens)).Say(themes.Dim, " tokens")
	b.Gap(2).Say(themes.Dim, "prefix hits ").Put(themes.Text, unit(whole(p.Load.PrefixHit), "%", p.Load.PrefixHit.OK))
}

// money says what a pool burns and what its tokens cost at today's load.
func money(b *part.Block, p *fleet.Pool) {
	if !p.Burn.OK {
		b.Say(themes.Warn, "unpriced: ").Put(themes.Text, fleet.Label(p.Spec.GPU)).Say(themes.Dim, " has no price per hour")
		return
	}
	b.Say(themes.Dim, "burn ").Put(themes.Text, moneyRate(p.Burn, false))
	b.Gap(2).Say(themes.Dim, "allocated ")
	if p.PerMTok.OK {
		b.Say(themes.Text, "$")
	}
	b.Put(themes.Text, fleet.Show(p.PerMTok)).Say(themes.Dim, "/1M tokens")
	b.Gap(2).Say(themes.Dim, "GPU-hour ")
	if p.Spec.GPUHour.OK {
		b.Say(themes.Text, "$")
	}
	if h := p.Spec.GPUHour; h.OK {
		b.Put(themes.Text, fleet.Float(float64(h.V), 2))
	} else {
		b.Put(themes.Text, fleet.Text(fleet.Unknown))
	}
}

// rating compares the load with what the pool sustained within its objective, and says how fast errors eat the budget.
func rating(b *part.Block, sc Scene, p *fleet.Pool) {
	if r := p.Rating; r.OK {
		b.Say(themes.Dim, "rating ").Put(themes.Text, r.V.Decode.Text()).Say(themes.Dim, " tok/s out ")
		b.Put(themes.Text, r.V.Prefill.Text()).Say(themes.Dim, " in (").Put(themes.Dim, fleet.Label(r.V.Kind))
		if !r.V.From.IsZero() {
			b.Gap(1).Put(themes.Dim, fleet.Age(sc.Now.Sub(r.V.From)))
		}
		b.Say(themes.Dim, ")")
		if r.V.Decode > 0 && p.Load.OutRate.OK {
			use := fleet.Ratio(p.Load.OutRate.V / r.V.Decode)
			b.Gap(2).Say(themes.Dim, "now ").Put(themes.Text, use.Whole()).Say(themes.Text, "%").Say(themes.Dim, " of it")
		}
	} else {
		b.Say(themes.Warn, "no rating: ").Say(themes.Dim, "what it can carry is unknown")
	}
	if r := p.BurnRate; r.M5.OK && r.H1.OK {
		b.Gap(2).Say(themes.Dim, "error budget burns ").Put(themes.Text, fleet.Float(r.M5.V, 1))
		b.Say(themes.Dim, "x in 5m, ").Put(themes.Text, fleet.Float(r.H1.V, 1)).Say(themes.Dim, "x in 1h")
	}
}
