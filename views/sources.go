package views

import (
	"cmp"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Sources lists every connection with its age, its last error and its next try. With Open set, or where there is room,
// it says all that is known of the selected one.
func Sources(sc Scene, u SourcesState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, false, func(b *part.Block, rows int) {
		detail := u.Open
		if detail == "" {
			detail = fleet.SourceID(u.List.Selected)
		}
		source := sc.Snap.Source(detail)
		if source == nil || u.Open == "" && rows < 20 {
			sourcesPane(b, sc, u.List, rows-2)
			return
		}
		below := part.NewBlock(sc.Theme, b.Width(), sourceDetailLines)
		sourceDetail(below, sc, source)
		list := max(4, min(2+len(sc.Snap.Sources), rows-below.Len()-1))
		sourcesPane(b, sc, u.List, list-2)
		b.Fill(list + 1).Append(below)
	})
}

// SourcesOrder tells the order of the sources by pane, which is "sources".
func SourcesOrder(sc Scene, u SourcesState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	_, ids := sourceOrder(sc.Snap.Sources, u.List)
	return map[string][]string{"sources": ids}
}

// sourceState is the state of a connection in the words of the fleet.
func sourceState(s *fleet.SourceStatus) fleet.State {
	switch {
	case s.LastGood.IsZero() && s.Failing > 0:
		return fleet.StateDown
	case s.LastGood.IsZero():
		return fleet.StateUnknown
	case s.Stale:
		return fleet.StateStale
	case s.Failing > 0:
		return fleet.StateWarn
	default:
		return fleet.StateOK
	}
}

func sourceOrder(all []fleet.SourceStatus, t Table) ([]int, []string) {
	o := order{
		n: len(all), id: func(i int) string { return string(all[i].ID) }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string {
			return strings.Join([]string{string(all[i].ID), all[i].Kind, all[i].URL.String(), string(sourceState(&all[i]))}, " ")
		},
		less: func(i, j int) int {
			switch t.Sort {
			case "", "state":
				return cmp.Compare(trouble(sourceState(&all[j])), trouble(sourceState(&all[i])))
			case "kind":
				return strings.Compare(all[i].Kind, all[j].Kind)
			case "age":
				return all[i].LastGood.Compare(all[j].LastGood)
			default:
				return strings.Compare(string(all[i].ID), string(all[j].ID))
			}
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

var sourceColumns = []part.Column{
	{Key: "name", Title: fleet.Text("SOURCE"), Width: 14, Most: 30},
	{Key: "kind", Title: fleet.Text("KIND"), Width: 8, Most: 10, Drop: 4},
	{Key: "state", Title: fleet.Text("STATE"), Width: 8},
	{Key: "age", Title: fleet.Text("AGE"), Width: 4, Align: part.Right},
	{Title: fleet.Text("EVERY"), Width: 5, Align: part.Right, Drop: 3},
	{Title: fleet.Text("TOOK"), Width: 5, Align: part.Right, Drop: 2},
	{Title: fleet.Text("NEXT"), Width: 5, Align: part.Right, Drop: 1},
	{Title: fleet.Text("SKEW"), Width: 6, Align: part.Right, Drop: 6, Least: normalWidth},
	{Title: fleet.Text("VERSION"), Width: 9, Most: 12, Drop: 5, Least: normalWidth},
	{Title: fleet.Text("SUBJECT"), Width: 14, Most: 24, Drop: 7, Least: normalWidth},
	{Title: fleet.Text("ADDRESS"), Width: 34, Drop: 8, Least: wideWidth},
	{Title: fleet.Text("REMARK"), Width: 22, Most: 120},
}

func sourcesPane(b *part.Block, sc Scene, t Table, n int) {
	all := sc.Snap.Sources
	index, ids := sourceOrder(all, t)
	from, to := window(ids, t, n)
	note := fleet.Textf("%s answer", fleet.Int(fresh(sc.Snap)))
	note = fleet.Join(nonEmpty(note, filterNote(t)), fleet.Text("  "))
	b.Rule(fleet.Concat(fleet.Text("SOURCES "), fleet.Int(len(all))), note, position(from, to, len(index)))
	g := part.Layout(sourceColumns, b.Width(), t.Column)
	g.Sort = t.Sort
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		fillSource(c, &all[index[k]], sc.Now)
		g.Row(b, c, ids[k] == t.Selected)
	}
	noMatch(b, len(all), len(index))
}

func fillSource(c []part.Cell, s *fleet.SourceStatus, now time.Time) {
	state := sourceState(s)
	c[0] = part.Cell{Text: fleet.Label(string(s.ID))}
	c[1] = part.Cell{Text: fleet.Label(s.Kind), Role: themes.Dim}
	c[2] = part.Cell{Text: state.Text(), Role: themes.OfState(state)}
	c[3] = part.Cell{Text: ageText(s.LastGood, now), Role: themes.OfState(state)}
	if state == fleet.StateOK {
		c[3].Role = themes.Text
	}
	c[4] = part.Cell{Text: fleet.Age(s.Interval), Role: themes.Dim}
	c[5] = part.Cell{Text: tookText(s.Took)}
	c[6] = part.Cell{Text: nextTry(s, now)}
	c[7] = skewCell(s)
	c[8] = part.Cell{Text: s.Version, Role: themes.Dim}
	c[9] = part.Cell{Text: subjectText(s.Subject), Role: themes.Dim}
	c[10] = part.Cell{Text: s.URL, Role: themes.Dim}
	c[11] = part.Cell{Text: s.Cause, Role: themes.OfState(state)}
	if s.Cause.IsEmpty() {
		c[11].Text = s.Err
	}
	if s.Err.IsEmpty() {
		c[11] = part.Cell{Text: remarks(s), Role: themes.Warn}
	}
}

// remarks are what is wrong with a source that answers.
func remarks(s *fleet.SourceStatus) fleet.Safe {
	var all []fleet.Safe
	if skew := skewCell(s); skew.Role == themes.Warn {
		all = append(all, fleet.Concat(fleet.Text("clock "), skew.Text))
	}
	if !s.Partial.IsEmpty() {
		all = append(all, s.Partial)
	}
	if s.Insecure {
		all = append(all, fleet.Text("TLS not verified"))
	}
	if cost := s.Probe.Money(); !cost.IsEmpty() {
		all = append(all, cost)
	}
	return fleet.Join(all, fleet.Text(", "))
}

func tookText(d time.Duration) fleet.Safe {
	if d <= 0 {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Seconds(d.Seconds()).Text()
}

// nextTry is how long until the next read: "41s", "now".
func nextTry(s *fleet.SourceStatus, now time.Time) fleet.Safe {
	left := s.NextTry.Sub(now)
	switch {
	case s.NextTry.IsZero():
		return fleet.Text(fleet.Unknown)
	case left < time.Second:
		return fleet.Text("now")
	default:
		return fleet.Age(left)
	}
}

// tooSkewed is the difference of clocks from which ages and expiries cannot be trusted.
const tooSkewed = 30 * time.Second

func skewCell(s *fleet.SourceStatus) part.Cell {
	if !s.Skew.OK {
		return part.Cell{Text: fleet.Text(fleet.Unknown), Role: themes.Dim}
	}
	sign := fleet.Text("+")
	d := s.Skew.V
	if d < 0 {
		sign, d = fleet.Text("-"), -d
	}
	role := themes.Dim
	if d > tooSkewed {
		role = themes.Warn
	}
	if d < time.Second {
		return part.Cell{Text: fleet.Text("0s"), Role: role}
	}
	return part.Cell{Text: fleet.Concat(sign, fleet.Age(d)), Role: role}
}

// subjectText says what a source tells about, from the large to the small.
func subjectText(s fleet.Subject) fleet.Safe {
	parts := make([]fleet.Safe, 0, 3)
	for _, id := range []string{string(s.Pool), string(s.Replica), string(s.Node), string(s.Gateway),
		string(s.GatewayReplica), string(s.Provider), string(s.Cluster), string(s.Model), string(s.Route), string(s.Account)} {
		if id != "" {
			parts = append(parts, fleet.Label(id))
		}
	}
	switch s.About {
	case fleet.AboutStatus:
		parts = append(parts, fleet.Text("status page"))
	case fleet.AboutProbe:
		parts = append(parts, fleet.Text("live probe"))
	default:
	}
	return fleet.Join(parts, fleet.Text(" "))
}
