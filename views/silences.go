package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// SilenceID identifies a silence: the system that holds it, and its ID there.
func SilenceID(s fleet.SilenceOf) string { return string(s.Source) + "\x00" + s.ID }

// Silences lists the silences in force and those that are yet to begin, also those that hide no alert now: a matcher
// that is too wide hides the next alert. The selected one is told in full below.
func Silences(sc Scene, u SilencesState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, false, func(b *part.Block, rows int) {
		index, ids := silenceOrder(sc.Snap, u.List)
		below := newPage(sc, b.Width())
		if s := chosen(sc.Snap.Silences, index, ids, u.List.Selected); s != nil {
			silencePage(below, sc, s)
		}
		for _, r := range silenceRemarks(sc) {
			below.say(themes.Stale, r, 2, 2)
		}
		below.Cut(max(0, rows-6))
		silencesPane(b, sc, u.List, max(1, rows-below.Len()-2))
		b.Append(below.Block)
	})
}

// SilencesOrder tells the order of the silences by pane, which is "silences".
func SilencesOrder(sc Scene, u SilencesState) map[string][]string {
	if sc.Snap == nil {
		return map[string][]string{}
	}
	_, ids := silenceOrder(sc.Snap, u.List)
	return map[string][]string{"silences": ids}
}

// silenceOrder puts those in force first, then whichever ends next.
func silenceOrder(snap *fleet.Snapshot, t Table) ([]int, []string) {
	all := snap.Silences
	o := order{
		n: len(all), id: func(i int) string { return SilenceID(all[i]) }, filter: t.Filter, flip: t.Reverse,
		text: func(i int) string {
			s := &all[i]
			return strings.Join([]string{fleet.MatchersText(s.Matchers).String(), s.By, s.Comment, string(s.Source), s.ID}, " ")
		},
		less: func(i, j int) int {
			return cmp.Or(count(all[i].Pending)-count(all[j].Pending), all[i].Until.Compare(all[j].Until),
				strings.Compare(SilenceID(all[i]), SilenceID(all[j])))
		},
	}
	index := o.rows()
	return index, o.ids(index)
}

var silenceColumns = []part.Column{
	{Title: fleet.Text("STATE"), Width: 8},
	{Title: fleet.Text("ENDS IN"), Width: 7, Align: part.Right},
	{Title: fleet.Text("HIDES"), Width: 5, Align: part.Right},
	{Title: fleet.Text("MATCHES"), Width: 24, Most: 44},
	{Title: fleet.Text("BY"), Width: 10, Most: 20, Drop: 1},
	{Title: fleet.Text("COMMENT"), Width: 12, Most: 60, Drop: 2},
	{Title: fleet.Text("FROM"), Width: 14, Most: 24, Drop: 3, Least: normalWidth},
}

func silencesPane(b *part.Block, sc Scene, t Table, n int) {
	all := sc.Snap.Silences
	index, ids := silenceOrder(sc.Snap, t)
	from, to := window(ids, t, n)
	b.Rule(fleet.Concat(fleet.Text("SILENCES "), fleet.Int(len(all))), fleet.Join(nonEmpty(fleet.Text("next to end first"), filterNote(t)),
		fleet.Text("  ")), fleet.Concat(position(from, to, len(index)), fleet.Text("  esc back")))
	g := part.Layout(silenceColumns, b.Width(), t.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		s := &all[index[k]]
		c := g.Cells()
		state, role := silenceStanding(sc, s)
		c[0] = part.Cell{Text: state, Role: role}
		c[1] = part.Cell{Text: endsIn(s, sc.Now)}
		c[2] = part.Cell{Text: hidesText(s)}
		if s.Hides > 0 {
			c[2].Role = themes.Warn
		}
		c[3] = part.Cell{Text: fleet.MatchersText(s.Matchers)}
		c[4] = part.Cell{Text: fleet.Label(s.By), Role: themes.Dim}
		c[5] = part.Cell{Text: fleet.Label(s.Comment)}
		c[6] = part.Cell{Text: fleet.Label(string(s.Source)), Role: themes.Dim}
		g.Row(b, c, ids[k] == t.Selected)
	}
	if len(all) == 0 {
		b.Gap(2).Put(themes.Dim, noSilences(sc)).End()
	}
	noMatch(b, len(all), len(index))
}

// noSilences tells an empty list of systems that were read from one of no system.
func noSilences(sc Scene) fleet.Safe {
	if slices.ContainsFunc(sc.Snap.Sources, func(s fleet.SourceStatus) bool { return s.Silences }) {
		return fleet.Text("no silence is in force and none is to begin; M on an alert plans one")
	}
	return fleet.Text("not known: no Alertmanager was read, which would hold them")
}

// silenceStanding says whether a silence holds, as far as its system was heard.
func silenceStanding(sc Scene, s *fleet.SilenceOf) (fleet.Safe, themes.Role) {
	switch src := sc.Snap.Source(s.Source); {
	case src == nil || src.Stale:
		return fleet.StateStale.Text(), themes.Stale
	case s.Pending:
		return fleet.Text("PENDING"), themes.Dim
	case !s.Until.After(sc.Now):
		return fleet.Text("ENDED"), themes.Dim
	default:
		return fleet.Text("ACTIVE"), themes.Text
	}
}

func endsIn(s *fleet.SilenceOf, now time.Time) fleet.Safe {
	left := s.Until.Sub(now)
	if left <= 0 {
		return fleet.Text("now")
	}
	return fleet.Age(left)
}

// hidesText is how many alerts a silence hides; what one that has not begun will hide is not known.
func hidesText(s *fleet.SilenceOf) fleet.Safe {
	if s.Pending {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Int(s.Hides)
}

// silencePage tells one silence in full.
func silencePage(p *page, sc Scene, s *fleet.SilenceOf) {
	p.Rule(fleet.Concat(fleet.Text("SILENCE "), fleet.Label(s.ID)), fleet.Label(string(s.Source)), fleet.Text("Z ends it"))
	p.tell(fleet.Text("matches"), themes.Text, fleet.MatchersText(s.Matchers), 4)
	p.tell(fleet.Text("time"), themes.Text, silenceTime(s, sc.Now), 2)
	p.tell(fleet.Text("by"), themes.Text, orUnknown(fleet.Label(s.By)), 1)
	p.tell(fleet.Text("comment"), themes.Text, orUnknown(fleet.Label(s.Comment)), 3)
	p.tell(fleet.Text("hides"), themes.Text, silenceHides(sc, s), 3)
}

func silenceTime(s *fleet.SilenceOf, now time.Time) fleet.Safe {
	begins := fleet.Text("since ")
	if s.Pending {
		begins = fleet.Text("begins ")
	}
	text := fleet.Concat(begins, fleet.Stamp(s.From), fleet.Text(", ends "), fleet.Stamp(s.Until))
	if left := s.Until.Sub(now); left > 0 {
		text = fleet.Concat(text, fleet.Text(", in "), fleet.Age(left))
	}
	return text
}

// silenceHides says which of the alerts that are shown a silence matches, the worst first.
func silenceHides(sc Scene, s *fleet.SilenceOf) fleet.Safe {
	text := fleet.Concat(fleet.Many(s.Hides, "alert"), fleet.Text(" now"))
	if s.Pending {
		text = fleet.Text("none yet")
	}
	match, err := fleet.CompileMatchers(s.Matchers)
	if err != nil {
		return fleet.Concat(text, fleet.Text("; which is not known: "), fleet.Sentence(err))
	}
	var names []fleet.Safe
	for i := range sc.Snap.Alerts {
		if a := &sc.Snap.Alerts[i]; a.From(s.Source) && match(a.Labels) {
			names = append(names, fleet.Join([]fleet.Safe{a.Level.Text(), a.Object, a.Text}, fleet.Text(" ")))
		}
	}
	if len(names) == 0 {
		return text
	}
	word := fleet.Text(": ")
	if s.Pending {
		word = fleet.Concat(fleet.Text("; it matches "), fleet.Int(len(names)), fleet.Text(" of now: "))
	}
	return fleet.Concat(text, word, fleet.Join(names, fleet.Text("; ")))
}

// silenceRemarks name the systems whose word on silences is old.
func silenceRemarks(sc Scene) []fleet.Safe {
	var out []fleet.Safe
	for i := range sc.Snap.Sources {
		if s := &sc.Snap.Sources[i]; s.Silences && s.Stale {
			out = append(out, fleet.Concat(fleet.Label(string(s.ID)), fleet.Text(" was last read "), ageText(s.LastGood, sc.Now),
				fleet.Text(" ago: what began or ended since is not known")))
		}
	}
	return out
}
