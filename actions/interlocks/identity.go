package interlocks

import (
	"slices"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// identity is IL-18: clients route by the served name, so a name that answers with another model is a change for all of
// them, even where it is wanted.
func identity(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	if !replaces(&p) {
		return pass(fleet.Text("it replaces no replica"))
	}
	return unlessOld(sameModel(p.Work), &p, specLife, actions.SeverityWarn, now)
}

func sameModel(w *actions.WorkPlan) actions.Check {
	now, to := &w.Was.Now, &w.To
	if to.IsZero() {
		return missing(actions.SeverityWarn, fleet.Text("what the new replicas serve is not known"))
	}
	names := fleet.Text("the served name")
	if len(now.Served) > 0 && len(to.Served) > 0 {
		if names = fleet.Join(common(now.Served, to.Served), fleet.Text(", ")); names.IsEmpty() {
			return verdict(actions.SeverityOVR, fleet.Text("served as "), fleet.Join(now.Served, fleet.Text(", ")), fleet.Text(" -> "),
				fleet.Join(to.Served, fleet.Text(", ")), fleet.Text(": whoever asks for the old name finds no model"))
		}
		if gone := without(now.Served, to.Served); len(gone) > 0 {
			return verdict(actions.SeverityOVR, fleet.Text("the name "), fleet.Join(gone, fleet.Text(", ")),
				fleet.Text(" is served no more: whoever asks for it finds no model"))
		}
	}
	if other := differences(now, to); len(other) > 0 {
		return verdict(actions.SeverityOVR, names, fleet.Text(" will answer with another model: "), fleet.Join(other, fleet.Text("; ")))
	}
	pinned := !now.Revision.IsEmpty() || !now.Manifest.IsEmpty()
	switch {
	case now.Weights.IsEmpty() && now.Manifest.IsEmpty():
		return missing(actions.SeverityWarn, fleet.Text("which weights it loads is not known, so they cannot be compared"))
	case !pinned:
		return missing(actions.SeverityWarn, names, fleet.Text(": both load "), now.Weights,
			fleet.Text(" without a revision or a digest: what that names today is not known"))
	}
	return pass(names, fleet.Text(" keeps "), now.Weights, fleet.Text(" "), now.Revision, short(now.Manifest))
}

// differences lists what two versions are known to have apart of what makes a model answer as it does.
func differences(a, b *fleet.Version) []fleet.Safe {
	var out []fleet.Safe
	for _, f := range []struct{ name, was, will fleet.Safe }{
		{fleet.Text("weights"), a.Weights, b.Weights}, {fleet.Text("revision"), a.Revision, b.Revision},
		{fleet.Text("quantisation"), a.Quant, b.Quant}, {fleet.Text("chat template"), a.Template, b.Template},
	} {
		if f.was != f.will {
			out = append(out, fleet.Concat(f.name, fleet.Text(" "), orNone(f.was), fleet.Text(" -> "), orNone(f.will)))
		}
	}
	if a.Manifest != b.Manifest && !a.Manifest.IsEmpty() && !b.Manifest.IsEmpty() {
		out = append(out, fleet.Concat(fleet.Text("digest"), short(a.Manifest), fleet.Text(" ->"), short(b.Manifest)))
	}
	return out
}

func orNone(s fleet.Safe) fleet.Safe {
	if s.IsEmpty() {
		return fleet.Text("(none given)")
	}
	return s
}

func common(a, b []fleet.Safe) []fleet.Safe {
	return slices.DeleteFunc(slices.Clone(a), func(s fleet.Safe) bool { return !slices.Contains(b, s) })
}

func without(a, b []fleet.Safe) []fleet.Safe {
	return slices.DeleteFunc(slices.Clone(a), func(s fleet.Safe) bool { return slices.Contains(b, s) })
}

// short is the start of a digest behind a space, enough to tell two apart by eye.
func short(digest fleet.Safe) fleet.Safe {
	const shown = len("sha256:") + 12
	text := digest.String()
	if text == "" {
		return digest
	}
	if len(text) > shown {
		text = text[:shown]
	}
	return fleet.Concat(fleet.Text(" "), fleet.Label(text))
}
