package plain

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// changeLines tells what became of changes and of the right to write.
func changeLines(was, is actions.Book) []string {
	var out []string
	for i := range is.Changes {
		c := &is.Changes[i]
		old := was.Change(c.ID)
		if old == nil && c.State.Closed() {
			continue // history
		}
		if old != nil && old.State == c.State && old.Step == c.Step && old.Why == c.Why && old.Guard.Alive == c.Guard.Alive {
			continue
		}
		out = append(out, changeLine(c))
	}
	if was.Access.Write != is.Access.Write {
		word := fleet.Text("Writing is off")
		if is.Access.Write {
			word = fleet.Text("Writing is on")
		}
		out = append(out, sentence(word, is.Access.Why))
	}
	for i := range is.Locks {
		l := &is.Locks[i]
		if old := was.LockOn(l.Route); !l.Mine && (old == nil || old.Holder != l.Holder) {
			out = append(out, sentence(fleet.Concat(fleet.Text("Route "), fleet.Label(string(l.Route)),
				fleet.Text(" is held by "), l.Holder.Text()), l.Err))
		}
	}
	return out
}

func changeLine(c *actions.Change) string {
	p := &c.Plan
	what := fleet.Concat(fleet.Text("from "), p.Before.Text(p.Order), fleet.Text(" to "), p.After.Text(p.Order))
	if p.Intent.Kind == actions.KindResync {
		what = fleet.Concat(fleet.Text("of gateway replica "), fleet.Label(string(p.Intent.Replica)))
	}
	if p.Errand() {
		what = p.ErrandText()
	}
	guard := c.Whereabouts()
	if !c.State.Closed() && c.Guard.Alive.OK && !c.Guard.Alive.V {
		guard = fleet.Join(kept(fleet.Text("Nobody guards it, resume or undo it"), guard), fleet.Text("; "))
	}
	return sentence(fleet.Concat(fleet.Text("Change "), fleet.Int(c.Seq)),
		fleet.Concat(fleet.Label(string(p.Intent.Kind)), fleet.Text(" of "), fleet.Label(p.ObjectKind()), fleet.Text(" "),
			fleet.Label(p.Object()),
			fleet.Text(" "), what),
		fleet.Concat(fleet.Text("State "), fleet.Label(string(c.State))),
		fleet.Textf("Step %s of %s", fleet.Int(c.Step), fleet.Int(len(p.Steps))), c.Why, guard)
}
