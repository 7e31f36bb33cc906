package productionstack

import (
	"context"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Editable implements fleet.RouteEditor.
func (w *writer) Editable(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return w.change(ctx, "edit", r, fleet.Safe{}, func(f *file) (string, error) {
		_, err := w.pointed(f, r, e)
		return f.text, err
	})
}

// EditStands implements fleet.RouteEditor.
func (w *writer) EditStands(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) []fleet.ReplicaStanding {
	out := make([]fleet.ReplicaStanding, len(w.nodes))
	for i, a := range w.ask(ctx) {
		out[i] = fleet.ReplicaStanding{Replica: w.nodes[i].id, Err: a.err}
		switch {
		case a.err != nil:
		case a.held == nil:
			out[i].Err = unsupported(w.op("edit", r.ID), w.nodes[i].api.source, unlisted)
		default:
			now := a.held.leads(e.Alias)
			if out[i].At = standing(e, now); out[i].At == fleet.StandsForeign {
				out[i].Holds = fleet.Textf("%s leads to %s", fleet.Label(string(e.Alias)), fleet.Label(chain(now)))
			}
		}
	}
	return out
}

// Edit implements fleet.RouteEditor.
func (w *writer) Edit(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	what := fleet.Textf("the alias %s", fleet.Label(string(e.Alias)))
	return w.change(ctx, "edit", r, what, func(f *file) (string, error) { return w.pointed(f, r, e) })
}

// pointed gives the text with the edit made.
func (w *writer) pointed(f *file, r fleet.RouteSpec, e fleet.RouteEdit) (string, error) {
	if why := f.config.refuses(e); why != "" {
		return "", w.refuse(fleet.KindUnsupported, "edit", r.ID, why)
	}
	now := f.config.leads(e.Alias)
	switch standing(e, now) {
	case fleet.StandsAfter:
		return f.text, nil
	case fleet.StandsBefore:
	default:
		return "", w.refuse(fleet.KindConflict, "edit", r.ID, "in the file it leads to "+chain(now)+", neither to "+chain(e.Before)+
			" as planned on nor to "+chain(e.After)+" as wanted: someone else changed it")
	}
	text, err := f.point(string(e.Alias), e.After)
	if err != nil {
		return "", w.refuse(fleet.KindUnsupported, "edit", r.ID, err.Error())
	}
	return text, nil
}

// refuses says why an edit cannot be made; "" where it can.
func (c *config) refuses(e fleet.RouteEdit) string {
	called := fleet.Quote(string(e.Alias)).String()
	switch {
	case e.Kind == fleet.EditBlock:
		return "this router blocks nothing: set the target's weight to 0, which takes it off the list"
	case e.Kind != fleet.EditAlias:
		return "this router has no fallbacks: put a gateway that has them in front of it"
	case e.Alias == "" || strings.ContainsAny(string(e.Alias), ",:"):
		return "the name of an alias may hold no comma and no colon here, and must not be empty"
	case slices.Contains(c.models(), string(e.Alias)):
		return called + " is a model with back ends of its own, and an alias of its name would hide them"
	case len(e.After) > 1:
		return "an alias leads to one model"
	case len(e.After) == 0:
		return ""
	}
	to := string(e.After[0])
	switch {
	case strings.ContainsAny(to, ",:"):
		return "the name of the model " + fleet.Quote(to).String() + " holds a comma or a colon, at which the router would part it"
	case !slices.Contains(c.models(), to):
		return "the model " + fleet.Quote(to).String() + " has no back end in the list (an alias is looked up once)"
	}
	return ""
}

// leads is where an alias leads.
func (c *config) leads(alias fleet.RouteID) []fleet.RouteID {
	if to := c.aliases[string(alias)]; to != "" {
		return []fleet.RouteID{fleet.RouteID(to)}
	}
	return nil
}

func standing(e fleet.RouteEdit, now []fleet.RouteID) fleet.Standing {
	switch {
	case slices.Equal(now, e.After):
		return fleet.StandsAfter
	case slices.Equal(now, e.Before):
		return fleet.StandsBefore
	}
	return fleet.StandsForeign
}

// chain draws where an alias leads.
func chain(to []fleet.RouteID) string {
	if len(to) == 0 {
		return "nothing"
	}
	return fleet.Quote(string(to[0])).String()
}
