package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// publishedLife is how old what a provider publishes may be: three polls of the slowest that is sensible.
const publishedLife = 15 * time.Minute

// providerIncident is IL-27: whether a rented receiver's provider publishes an incident that concerns it.
func providerIncident(p actions.Plan, s *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return eachReceiver(p, s, func(_ *fleet.Route, t *fleet.Target) actions.Check {
		if t.Spec.Provider == "" {
			return pass(fleet.Text("self-hosted: nobody publishes incidents of it"))
		}
		provider := s.Provider(t.Spec.Provider)
		if provider == nil {
			return missing(actions.SeverityWarn, fleet.Text("its provider was not read"))
		}
		if len(provider.Spec.Feeds) == 0 {
			return pass(fleet.Text("no status feed of it is configured: not asked"))
		}
		var out actions.Check
		for _, id := range provider.Spec.Feeds {
			out = worse(out, feedSays(feedOf(provider, id), t.Spec.Model, now))
		}
		return out
	})
}

func feedOf(p *fleet.Provider, id fleet.SourceID) *fleet.StatusFeed {
	for i := range p.Status {
		if p.Status[i].Source == id {
			return &p.Status[i]
		}
	}
	return nil
}

// feedSays judges one feed. An incident that was open when it was last read stays open: silence ends none. What is not read
// is unknown, which is neither well nor ill.
func feedSays(f *fleet.StatusFeed, model fleet.ModelName, now time.Time) actions.Check {
	if f == nil || f.Reading == nil || f.At.IsZero() {
		why := fleet.Text("not read yet")
		if f != nil {
			why = f.Unknown()
		}
		return missing(actions.SeverityWarn, fleet.Text("its status feed: "), why)
	}
	out := pass(fleet.Text("its status feed lists nothing open"), age(now, f.At))
	for _, i := range f.Reading.Open() {
		out = worse(out, incidentSays(i, model, f.At, now))
	}
	for _, c := range f.Reading.Hurt() {
		out = worse(out, verdict(actions.SeverityOVR, fleet.Quote(c.Name), fleet.Text(" is published as "), fleet.Quote(c.Said),
			age(now, f.At)))
	}
	for _, name := range f.Reading.Missing {
		out = worse(out, missing(actions.SeverityWarn, fleet.Text("its status page no longer lists "), fleet.Quote(name)))
	}
	switch old := now.Sub(f.At); {
	case !f.Unknown().IsEmpty():
		out = worse(out, missing(actions.SeverityWarn, fleet.Text("its status feed is unknown: "), f.Unknown(), age(now, f.At)))
	case old > publishedLife:
		out = worse(out, missing(actions.SeverityWarn, fleet.Text("its status feed was read "), fleet.Age(old), fleet.Text(" ago > 15m")))
	}
	return out
}

// incidentSays tells what concerns the model for sure from what may.
func incidentSays(i *fleet.Incident, model fleet.ModelName, at, now time.Time) actions.Check {
	words := fleet.Concat(fleet.Text("open incident "), fleet.Quote(i.Title), fleet.Text(" ("), fleet.Quote(i.Said),
		fleet.Text(")"), age(now, at))
	switch {
	case i.Vague:
		return verdict(actions.SeverityWarn, words, fleet.Text("; it does not say what it concerns"))
	case !i.Of(model):
		return verdict(actions.SeverityWarn, words, fleet.Text("; it names other models"))
	}
	c := verdict(actions.SeverityOVR, words)
	c.Fix = fleet.Text("own figures decide; a status page is late both ways")
	return c
}
