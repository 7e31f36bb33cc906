package views

import (
	"time"

	"pitwall/fleet"
	"pitwall/themes"
)

// fact is one line on what a source tells about.
type fact struct {
	name fleet.Safe
	text fleet.Safe
	role themes.Role
}

// subjectFacts says how the thing does that a source tells about.
func subjectFacts(s *fleet.Snapshot, id fleet.SourceID, sub fleet.Subject, now time.Time) []fact {
	switch {
	case sub.About == fleet.AboutProbe:
		return nil // its own words are all there is
	case sub.Provider != "" && sub.About == fleet.AboutStatus:
		if p := s.Provider(sub.Provider); p != nil {
			return statusFacts(p, id, now)
		}
	case sub.Provider != "":
		if p := s.Provider(sub.Provider); p != nil {
			return append(providerFacts(p, now), probeLines(s.ProbesOf(fleet.Subject{Provider: sub.Provider}))...)
		}
	case sub.Gateway != "":
		if g := s.Gateway(sub.Gateway); g != nil {
			return gatewayFacts(g, sub.GatewayReplica)
		}
	case sub.Replica != "":
		if p := s.Pool(sub.Pool); p != nil {
			return replicaFacts(p, sub.Replica, now)
		}
	case sub.Node != "":
		return nodeFacts(s, sub.Node)
	case sub.Account != "":
		return accountFacts(s, sub.Account, now)
	}
	return nil
}

// providerFacts are the key, the limits with what is left of them, the models and the money of an account, and what it
// publishes.
func providerFacts(p *fleet.Provider, now time.Time) []fact {
	key := fact{fleet.Text("key"), fleet.Text("not known to be valid"), themes.Stale}
	switch {
	case p.Authorised.OK && p.Authorised.V:
		key.text, key.role = fleet.Text("accepted"), themes.OK
	case p.Authorised.OK:
		key.text, key.role = fleet.Text("REFUSED: the account cannot be used"), themes.Crit
	}
	key.text = fleet.Concat(key.text, fleet.Text("   probe took "), fleet.Show(p.ProbeTime), fleet.Text(", "),
		ageText(p.ProbeAt, now), fleet.Text(" ago"))
	facts := []fact{key}
	for i := range p.Limits {
		facts = append(facts, fact{fleet.Text("limit"), limitText(&p.Limits[i], now), themes.Text})
	}
	if len(p.Limits) == 0 {
		facts = append(facts, fact{fleet.Text("limits"), fleet.Text("none configured and none in its answers"), themes.Dim})
	}
	facts = append(facts, fact{fleet.Text("models"), modelNames(p.Models), themes.Text})
	facts = append(facts, placeFacts(p)...)
	facts = append(facts, fact{fleet.Text("burn"), moneyRate(p.Burn, p.Burn.OK), themes.Text})
	for i := range p.Status {
		facts = append(facts, statusLine(&p.Status[i], now))
	}
	if len(p.Unpriced) > 0 {
		facts = append(facts, fact{fleet.Text("unpriced"), modelNames(p.Unpriced), themes.Warn})
	}
	return facts
}

// placeFacts are the models of the configuration that are not answered in one region alone.
func placeFacts(p *fleet.Provider) []fact {
	var facts []fact
	for i := range p.Spec.Models {
		name := p.Spec.Models[i].Name
		regions, told := p.Regions[name]
		if !told || len(regions) == 1 && regions[0] != fleet.Anywhere {
			continue
		}
		where := fleet.Text("nobody knows where")
		if len(regions) > 0 {
			parts := make([]fleet.Safe, len(regions))
			for k, r := range regions {
				parts[k] = fleet.Label(r)
			}
			where = fleet.Join(parts, fleet.Text(", "))
		}
		facts = append(facts, fact{fleet.Text("place"), fleet.Concat(fleet.Label(string(name)), fleet.Text(": "), where), themes.Text})
	}
	return facts
}

// limitText draws a quota: "tpm 1.18M of 2.00M left (59%), 8s ago".
func limitText(l *fleet.Limit, now time.Time) fleet.Safe {
	number := func(m fleet.Maybe[float64]) fleet.Safe {
		if !m.OK {
			return fleet.Text(fleet.Unknown)
		}
		if !l.Kind.IsRate() { // dollars
			return fleet.Concat(fleet.Text("$"), fleet.Float(m.V, 2))
		}
		return fleet.Count(m.V).Text()
	}
	text := fleet.Concat(fleet.Label(string(l.Kind)), fleet.Text(" "), number(l.Remaining), fleet.Text(" of "),
		number(l.Max), fleet.Text(" left"))
	if l.Remaining.OK && l.Max.OK && l.Max.V > 0 {
		text = fleet.Concat(text, fleet.Text(" ("), fleet.Ratio(l.Remaining.V/l.Max.V).Whole(), fleet.Text("%)"))
	}
	if l.At.IsZero() {
		return fleet.Concat(text, fleet.Text(", configured"))
	}
	return fleet.Concat(text, fleet.Text(", "), fleet.Age(now.Sub(l.At)), fleet.Text(" ago"))
}

func modelNames(models []fleet.ModelName) fleet.Safe {
	const most = 20
	names := make([]fleet.Safe, 0, most)
	for _, m := range models[:min(most, len(models))] {
		names = append(names, fleet.Label(string(m)))
	}
	if len(models) > most {
		names = append(names, fleet.Concat(fleet.Text("and "), fleet.Int(len(models)-most), fleet.Text(" more")))
	}
	return orUnknown(fleet.Join(names, fleet.Text(", ")))
}

// gatewayFacts are the mode with its evidence, whether it can be changed, and how its replica does.
func gatewayFacts(g *fleet.Gateway, id fleet.GatewayReplicaID) []fact {
	writes := fact{fleet.Text("writes"), fleet.Text("not known"), themes.Stale}
	switch {
	case g.Writable.OK && g.Writable.V:
		writes.text, writes.role = fleet.Text("possible"), themes.OK
	case g.Writable.OK:
		writes.text, writes.role = fleet.Text("not possible"), themes.Warn
	}
	writes.text = because(writes.text, g.WritableWhy)
	for i := range g.Replicas {
		if r := &g.Replicas[i]; r.ID == id {
			return []fact{
				{fleet.Text("replica"), because(r.State.Text(), r.Why), themes.OfState(r.State)},
				{fleet.Text("mode"), because(fleet.Label(string(r.Mode)), r.ModeWhy), themes.Text},
				{fleet.Text("strategy"), orUnknown(r.Strategy), themes.Text},
				writes,
			}
		}
	}
	return []fact{{fleet.Text("gateway"), because(g.State.Text(), g.Why), themes.OfState(g.State)}, writes}
}

func replicaFacts(p *fleet.Pool, id fleet.ReplicaID, now time.Time) []fact {
	for i := range p.Replicas {
		if r := &p.Replicas[i]; r.ID == id {
			c := progressCell(&r.Progress, now)
			return []fact{
				{fleet.Text("replica"), because(r.State.Text(), r.Why), themes.OfState(r.State)},
				{fleet.Text("progress"), fleet.Concat(c.Lead, c.Text), c.Role},
			}
		}
	}
	return nil
}

func nodeFacts(s *fleet.Snapshot, id fleet.NodeID) []fact {
	for i := range s.Pools {
		for j := range s.Pools[i].Nodes {
			if n := &s.Pools[i].Nodes[j]; n.ID == id {
				gpus := fleet.Concat(fleet.Int(len(n.GPUs)), fleet.Text(" of pool "), fleet.Label(string(s.Pools[i].Spec.ID)))
				return []fact{
					{fleet.Text("node"), because(n.State.Text(), n.Why), themes.OfState(n.State)},
					{fleet.Text("GPUs"), gpus, themes.Text},
				}
			}
		}
	}
	return nil
}

// because joins a word with its evidence.
func because(word, why fleet.Safe) fleet.Safe {
	if why.IsEmpty() {
		return orUnknown(word)
	}
	return fleet.Concat(orUnknown(word), fleet.Text(": "), why)
}
