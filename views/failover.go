package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Failover lists what can be left, the worst first, with what goes there now, and the failovers that were made. With Of set it shows
// that failover; a failover that is being planned takes the whole screen.
func Failover(sc Scene, u FailoverState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, sz.H >= tallScreen, func(b *part.Block, rows int) {
		switch {
		case u.Flow != nil:
			failoverFlow(b, sc, u.Flow, rows)
		case u.Of != "":
			failoverPage(b, sc, u, rows)
		default:
			failoverLists(b, sc, u, rows)
		}
	})
}

// FailoverOrder tells the order of the tables of the failover screen by pane.
func FailoverOrder(sc Scene, u FailoverState) map[string][]string {
	out := map[string][]string{}
	if sc.Snap == nil {
		return out
	}
	if u.Of != "" {
		for _, c := range runChanges(findRun(sc, u.Of)) {
			out["parts"] = append(out["parts"], string(c.ID))
		}
		return out
	}
	_, out["origins"] = originOrder(originRows(sc.Snap), u.Origins)
	for i := range sc.Snap.Runbooks {
		out["runbooks"] = append(out["runbooks"], sc.Snap.Runbooks[i].Name)
	}
	for _, r := range actions.Failovers(sc.Book) {
		out["failovers"] = append(out["failovers"], r.ID)
	}
	return out
}

// originRow is a pool, provider or site to which something is sent.
type originRow struct {
	o        actions.Origin
	state    fleet.State
	why      fleet.Safe
	since    time.Time
	routes   int
	requests fleet.Maybe[fleet.Rate]
	inFlight fleet.Maybe[fleet.Count]
}

// originRows are all pools, providers and sites that a route sends something to.
func originRows(s *fleet.Snapshot) []originRow {
	var all []originRow
	for i := range s.Pools {
		p := &s.Pools[i]
		all = append(all, originRow{o: actions.Origin{Kind: actions.OriginPool, ID: string(p.Spec.ID)},
			state: p.State, why: p.Why, since: p.Since})
	}
	for i := range s.Providers {
		p := &s.Providers[i]
		all = append(all, originRow{o: actions.Origin{Kind: actions.OriginProvider, ID: string(p.Spec.ID)},
			state: p.State, why: p.Why, since: p.Since})
	}
	for i := range s.Sites {
		all = append(all, siteRow(s, s.Sites[i].ID))
	}
	var out []originRow
	for i := range all {
		r := &all[i]
		r.inFlight = r.o.InFlight(s)
		if r.carries(s); r.routes > 0 {
			out = append(out, *r)
		}
	}
	return out
}

// siteRow is a site, as bad as its worst pool.
func siteRow(s *fleet.Snapshot, id fleet.SiteID) originRow {
	r := originRow{o: actions.Origin{Kind: actions.OriginSite, ID: string(id)}, state: fleet.StateUnknown}
	pools, worst := 0, (*fleet.Pool)(nil)
	for i := range s.Pools {
		if p := &s.Pools[i]; p.Spec.Site == id {
			pools++
			if p.State == fleet.StateStandby {
				continue // without traffic on purpose
			}
			if worst == nil || p.State.Rank() > worst.State.Rank() {
				worst = p
			}
		}
	}
	if worst != nil {
		r.state, r.since = worst.State, worst.Since
		r.why = fleet.Textf("%s, the worst is %s", fleet.Many(pools, "pool"), fleet.Label(string(worst.Spec.ID)))
	}
	return r
}

// carries counts what routes send to an origin. One whose rate is not known makes the sum unknown.
func (r *originRow) carries(s *fleet.Snapshot) {
	sum, known := fleet.Rate(0), true
	for i := range s.Routes {
		n := 0
		for k := range s.Routes[i].Targets {
			t := &s.Routes[i].Targets[k]
			if !r.o.Holds(s, t) || t.Set.Or(0) <= 0 {
				continue
			}
			n++
			sum += t.Load.Requests.V
			known = known && t.Load.Requests.OK
		}
		r.routes += min(n, 1)
	}
	r.requests = fleet.Maybe[fleet.Rate]{V: sum, OK: known}
}

func originOrder(rows []originRow, t Table) ([]int, []string) {
	o := order{n: len(rows), id: func(i int) string { return originID(rows[i].o) }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string { return rows[i].o.Text().String() + " " + string(rows[i].state) },
		less: func(i, j int) int {
			a, b := &rows[i], &rows[j]
			switch t.Sort {
			case "name":
				return strings.Compare(a.o.ID, b.o.ID)
			case "req":
				return cmp.Compare(b.requests.V, a.requests.V)
			}
			return cmp.Or(b.state.Rank()-a.state.Rank(), strings.Compare(string(a.o.Kind), string(b.o.Kind)),
				cmp.Compare(b.requests.V, a.requests.V))
		}}
	index := o.rows()
	return index, o.ids(index)
}

var originColumns = []part.Column{
	{Key: "name", Title: fleet.Text("AWAY FROM"), Width: 14, Most: 30},
	{Title: fleet.Text("KIND"), Width: 8},
	{Key: "state", Title: fleet.Text("STATE"), Width: 8},
	{Title: fleet.Text("FOR"), Width: 5, Align: part.Right, Drop: 2},
	{Title: fleet.Text("ROUTES"), Width: 6, Align: part.Right},
	{Key: "req", Title: fleet.Text("REQ/S"), Width: 6, Align: part.Right},
	{Title: fleet.Text("IN FLIGHT"), Width: 9, Align: part.Right, Drop: 1},
	{Title: fleet.Text("WHY"), Width: 14, Most: 100},
}

var runColumns = []part.Column{
	{Title: fleet.Text("FAILOVER"), Width: 20, Most: 26},
	{Title: fleet.Text("AWAY FROM"), Width: 16, Most: 40},
	{Title: fleet.Text("STARTED"), Width: 9, Drop: 1},
	{Title: fleet.Text("MOVED"), Width: 5, Align: part.Right},
	{Title: fleet.Text("STANDS"), Width: 24, Most: 100},
}

// runRows is how many failovers the list shows at most, beside what can be left.
const runRows = 6

func failoverLists(b *part.Block, sc Scene, u FailoverState, rows int) {
	runs := actions.Failovers(sc.Book)
	below := max(1, min(len(runs), runRows, max(1, rows/3)))
	books := min(len(sc.Snap.Runbooks), runRows, rows/4)
	if books > 0 {
		books += 2 // rule and titles
	}
	rowsOf := originRows(sc.Snap)
	index, ids := originOrder(rowsOf, u.Origins)
	from, to := window(ids, u.Origins, max(1, rows-below-books-4))
	b.Rule(fleet.Concat(fleet.Text("FAILOVER: WHAT CAN BE LEFT "), fleet.Int(len(rowsOf))), fleet.Join(nonEmpty(fleet.Text("worst first"),
		filterNote(u.Origins)), fleet.Text("  ")), fleet.Concat(position(from, to, len(index)), fleet.Text("   F plan")))
	g := part.Layout(originColumns, b.Width(), u.Origins.Column)
	g.Sort = u.Origins.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		fillOrigin(b, &g, sc, &rowsOf[index[k]], u.pane() == "origins" && ids[k] == u.Origins.Selected)
	}
	if len(rowsOf) == 0 {
		b.Gap(2).Say(themes.Dim, "no route sends anything to a pool or provider that is known").End()
	}
	noMatch(b, len(rowsOf), len(index))
	b.Fill(max(0, rows-below-books-2))
	runsPane(b, sc, u, runs, below)
	if books > 0 {
		b.Fill(max(0, rows-books))
		runbooksPane(b, sc, u, books-2)
	}
}

func fillOrigin(b *part.Block, g *part.Grid, sc Scene, r *originRow, selected bool) {
	c := g.Cells()
	c[0] = part.Cell{Text: fleet.Label(r.o.ID)}
	c[1] = part.Cell{Text: fleet.Label(string(r.o.Kind)), Role: themes.Dim}
	c[2] = part.Cell{Text: r.state.Text(), Role: themes.OfState(r.state)}
	c[3] = part.Cell{Text: ageText(r.since, sc.Now), Role: themes.Dim}
	c[4] = part.Cell{Text: fleet.Int(r.routes)}
	c[5] = part.Cell{Text: fleet.Show(r.requests)}
	c[6] = part.Cell{Text: fleet.Show(r.inFlight)}
	c[7] = part.Cell{Text: r.why, Role: themes.Dim}
	g.Row(b, c, selected)
}

func runsPane(b *part.Block, sc Scene, u FailoverState, runs []actions.FailoverRun, n int) {
	ids := make([]string, len(runs))
	open := 0
	for i := range runs {
		ids[i] = runs[i].ID
		open += count(!runs[i].Over())
	}
	from, to := window(ids, u.Runs, n)
	b.Rule(fleet.Concat(fleet.Text("FAILOVERS "), fleet.Int(len(runs))), fleet.Textf("%s not over", fleet.Int(open)),
		position(from, to, len(runs)))
	g := part.Layout(runColumns, b.Width(), u.Runs.Column)
	if len(runs) == 0 {
		b.Gap(2).Say(themes.Dim, "none was made yet").End()
		return
	}
	g.Head(b)
	for k := from; k < to; k++ {
		r := &runs[k]
		st := r.Stand(sc.Snap, sc.Now)
		c := g.Cells()
		c[0] = part.Cell{Text: fleet.Label(r.ID)}
		c[1] = part.Cell{Text: r.Origin.Text()}
		c[2] = part.Cell{Text: fleet.ClockTime(r.Started), Role: themes.Dim}
		c[3] = part.Cell{Text: fleet.Textf("%s/%s", fleet.Int(st.Moved.Done), fleet.Int(st.Moved.Of))}
		text, role := runStanding(r, &st)
		c[4] = part.Cell{Text: text, Role: role}
		g.Row(b, c, u.pane() == "failovers" && ids[k] == u.Runs.Selected)
	}
}

// runStanding is how a failover stands, in one line.
func runStanding(r *actions.FailoverRun, st *actions.Standing) (fleet.Safe, themes.Role) {
	open := r.Open()
	held := slices.ContainsFunc(open, func(c *actions.Change) bool {
		return c.State == actions.StateHeld || c.State == actions.StateUnknown || c.State == actions.StateRollingBack
	})
	switch {
	case st.Over && len(r.Returns) > 0:
		return fleet.Text("over: the load is back"), themes.OK
	case st.Over:
		return fleet.Text("over: nothing of it stands"), themes.Dim
	case held:
		return fleet.Text("a change of it needs a look"), themes.Warn
	case len(open) > 0:
		return fleet.Concat(fleet.Many(len(open), "change"), fleet.Text(" under way")), themes.Accent
	}
	for _, n := range st.Next {
		if n.Ready {
			return fleet.Concat(fleet.Text("F: "), stageWord(n.Stage), fleet.Text("; "), n.Why), themes.Accent
		}
	}
	if len(st.Unstarted) > 0 {
		return fleet.Concat(fleet.Many(len(st.Unstarted), "route"), fleet.Text(" did not start")), themes.Warn
	}
	if len(st.Next) > 0 {
		return st.Next[0].Why, themes.Dim
	}
	return fleet.Text("stands"), themes.Dim
}

func stageWord(s actions.FailoverStage) fleet.Safe {
	switch s {
	case actions.StageSettle:
		return fleet.Text("second stage")
	case actions.StageReturn:
		return fleet.Text("return to primary")
	case actions.StageWarm:
		return fleet.Text("warm-up")
	default:
		return fleet.Text("leave")
	}
}

// findRun is the failover with this ID, nil when the journal does not have it any more.
func findRun(sc Scene, id string) *actions.FailoverRun {
	runs := actions.Failovers(sc.Book)
	at := slices.IndexFunc(runs, func(r actions.FailoverRun) bool { return r.ID == id })
	if at < 0 {
		return nil
	}
	return &runs[at]
}

// runChanges are the changes of a failover, stage by stage.
func runChanges(r *actions.FailoverRun) []actions.Change {
	if r == nil {
		return nil
	}
	return slices.Concat(r.Leaves, r.Warms, r.Settles, r.Returns)
}
