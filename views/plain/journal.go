package plain

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Journal lists the changes of the book, open ones first, and who holds which route, for "pitwall journal".
func Journal(b actions.Book, now time.Time) string {
	r := &report{}
	r.line(fleet.Text("CHANGES "), fleet.Int(len(b.Changes)), fleet.Text("  open "), fleet.Int(len(b.Open())))
	rows := make([][]fleet.Safe, 0, len(b.Changes))
	for i := range b.Changes {
		c := &b.Changes[i]
		p := &c.Plan
		what := fleet.Concat(p.Before.Text(p.Order), fleet.Text(" -> "), p.After.Text(p.Order))
		if p.Intent.Kind == actions.KindResync {
			what = fleet.Label(string(p.Intent.Replica))
		}
		if p.Errand() {
			what = p.ErrandText()
		}
		at := c.Started
		if at.IsZero() {
			at = p.Created
		}
		rows = append(rows, []fleet.Safe{fleet.Int(c.Seq), fleet.Stamp(at), since(at, now), p.Intent.Actor.Text(),
			fleet.Label(string(p.Intent.Kind)), fleet.Label(p.Object()), what,
			fleet.Textf("%s/%s", fleet.Int(c.Step), fleet.Int(len(p.Steps))), fleet.Label(string(c.State)), or(undone(c)),
			fleet.Label(string(c.ID)), or(openWhy(c))})
	}
	r.table([]column{right(fleet.Text("SEQ")), left(fleet.Text("WHEN")), right(fleet.Text("AGE")), left(fleet.Text("BY")),
		left(fleet.Text("KIND")), left(fleet.Text("OBJECT")), left(fleet.Text("WHAT")), right(fleet.Text("STEP")),
		left(fleet.Text("STATE")), left(fleet.Text("UNDONE BY")), left(fleet.Text("ID")), left(fleet.Text("WHY"))}, rows)
	r.line()
	r.line(fleet.Text("LOCKS "), fleet.Int(len(b.Locks)))
	locks(r, b, now)
	for _, remark := range kept(b.LockScope, b.LockWarn) {
		r.line(fleet.Text("  lock: "), remark)
	}
	return r.String()
}

func undone(c *actions.Change) fleet.Safe { return fleet.Label(string(c.Undone)) }

// openWhy is why a change is in its state, after a warning when nobody guards it.
func openWhy(c *actions.Change) fleet.Safe {
	if !c.State.Closed() && !c.Guard.Mine && c.Guard.Alive.OK && !c.Guard.Alive.V {
		return fleet.Join(kept(fleet.Text("NOBODY GUARDS IT: resume or undo it"), c.Whereabouts(), c.Why), fleet.Text("; "))
	}
	return fleet.Join(kept(c.Whereabouts(), c.Why), fleet.Text("; "))
}

func locks(r *report, b actions.Book, now time.Time) {
	rows := make([][]fleet.Safe, 0, len(b.Locks))
	for i := range b.Locks {
		l := &b.Locks[i]
		left := fleet.Text(fleet.Unknown)
		if !l.Expires.IsZero() {
			left = fleet.Age(l.Expires.Sub(now))
		}
		rows = append(rows, []fleet.Safe{fleet.Label(string(l.Route)), l.Holder.Text(), or(fleet.Label(l.Holder.Host)),
			fleet.Int(l.PID), or(fleet.Label(string(l.Change))), left, or(l.Err)})
	}
	r.table([]column{left(fleet.Text("OBJECT")), left(fleet.Text("HELD BY")), left(fleet.Text("HOST")),
		right(fleet.Text("PID")),
		left(fleet.Text("CHANGE")), right(fleet.Text("EXPIRES")), left(fleet.Text("ERROR"))}, rows)
}
