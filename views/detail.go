package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// DetailKind is what of an object is shown in full.
type DetailKind string

// The kinds of details.
const (
	DetailLogs     DetailKind = "logs"
	DetailDescribe DetailKind = "describe"
	DetailRaw      DetailKind = "raw"
)

// DetailState is the full-screen text about one object, as far as it has come: pure data that the tui moves.
type DetailState struct {
	Kind     DetailKind
	Object   fleet.ObjectRef
	Previous bool              // the log of the container before its last restart
	Of       []fleet.Container // that the pod has, once known
	Lines    []fleet.Safe      // oldest first
	Dropped  int               // older lines that are no longer kept
	Top      int               // index of the first visible line, while Follow is off
	Column   int               // cells scrolled to the right, while Wrap is off
	Wrap     bool
	Follow   bool   // the end stays in view
	Find     Filter // what is searched for
	At       int    // index of the match that n and N go on from, -1 for none
	Busy     fleet.Safe
	Err      fleet.Safe // why there is nothing, or nothing more
	Ended    bool       // nothing more comes
}

// detailAround is how many lines of the screen are not text: the header, the rule, the line of state, the bottom line.
const detailAround = 4

// gutter is the room before each line for the marks of the search.
const gutter = 2

// Detail draws the full text about one object: whatever the fleet does meanwhile, as long as its cluster answers.
func Detail(sc Scene, u DetailState, sz Size) string {
	sc = withLook(sc)
	return bookFrame(sc, sz, func(b *part.Block, rows int) {
		from, to := DetailWindow(u, sz)
		where := position(from, to, len(u.Lines))
		title := part.Short(detailTitle(u), b.Width()-part.Width(where)-12)
		b.Rule(title, fleet.Label(string(u.Object.Cluster)), where)
		end := rows - 1
		if len(u.Lines) == 0 {
			detailEmpty(b, u)
		}
		for i := from; i < to && b.Len() < end; i++ {
			detailLine(b, u, i, end)
		}
		b.Cut(end).Fill(end)
		detailStanding(b, u, len(u.Lines)-to)
	})
}

// detailEmpty says in place of the text why there is none yet.
func detailEmpty(b *part.Block, u DetailState) {
	role, text := themes.Dim, u.Busy
	switch {
	case !u.Err.IsEmpty():
		role, text = themes.Bad, u.Err
	case u.Ended && text.IsEmpty():
		text = fleet.Text("there is nothing in it")
	}
	b.End()
	for _, l := range part.Wrap(text, b.Width()-2*gutter, 6) {
		b.Gap(gutter).Put(role, l).End()
	}
}

// DetailWindow tells which lines are visible, [from, to), at a size. The last one may be cut at the bottom.
func DetailWindow(u DetailState, sz Size) (from, to int) {
	rows, width, n := sz.H-detailAround, sz.W-gutter, len(u.Lines)
	if rows <= 0 || n == 0 {
		return 0, 0
	}
	last := endWindow(u, rows, width)
	if u.Follow {
		return last, n
	}
	from = max(0, min(u.Top, last))
	used := 0
	for to = from; to < n && used < rows; to++ {
		used += detailRows(u, to, width)
	}
	return from, to
}

// DetailEnd is the Top from which the last line is in view.
func DetailEnd(u DetailState, sz Size) int {
	if rows := sz.H - detailAround; rows > 0 {
		return endWindow(u, rows, sz.W-gutter)
	}
	return 0
}

// endWindow is the first line of the last page.
func endWindow(u DetailState, rows, width int) int {
	used, from := 0, len(u.Lines)
	for from > 0 {
		used += detailRows(u, from-1, width)
		if used > rows && from < len(u.Lines) {
			break
		}
		from--
		if used >= rows {
			break
		}
	}
	return from
}

// detailRows is how many rows a line takes.
func detailRows(u DetailState, i, width int) int {
	if !u.Wrap {
		return 1
	}
	w := part.Width(u.Lines[i])
	if w <= width {
		return 1
	}
	return len(part.Chunks(u.Lines[i], width))
}

// detailLine draws one line with the mark of the search, over as many rows as it needs.
func detailLine(b *part.Block, u DetailState, i, end int) {
	text := u.Lines[i]
	role := themes.Text
	current, match := i == u.At, u.Find.Match != nil && u.Find.Match(text.String())
	if match {
		role = themes.Accent
	}
	rows := []fleet.Safe{part.From(text, u.Column)}
	if u.Wrap {
		rows = part.Chunks(text, b.Width()-gutter)
	}
	for k, t := range rows {
		if b.Len() >= end {
			return
		}
		switch {
		case current && k == 0:
			b.Base(themes.Selected).Glyph(themes.Accent, b.Theme().Glyphs.Cursor, 1).Gap(gutter - 1)
		case match && k == 0:
			b.Say(themes.Accent, "/").Gap(gutter - 1)
		default:
			b.Gap(gutter)
		}
		if current {
			b.Base(themes.Selected)
			role = themes.Text
		}
		b.Put(role, t).End()
	}
}

func detailTitle(u DetailState) fleet.Safe {
	word := fleet.Text("LOG of ")
	switch u.Kind {
	case DetailDescribe:
		word = fleet.Text("DESCRIBE ")
	case DetailRaw:
		word = fleet.Text("RAW ")
	case DetailLogs:
		if u.Previous {
			word = fleet.Text("LOG BEFORE THE LAST RESTART of ")
		}
	}
	if u.Kind == DetailLogs && u.Object.Container != "" { // before the pod, whose name may be cut
		word = fleet.Concat(word, fleet.Label(u.Object.Container), fleet.Text(" in "))
	}
	return fleet.Concat(word, RefText(u.Object))
}

// Container is the container whose log is shown, with its number; nil where that is not known.
func (u *DetailState) Container() (*fleet.Container, int) {
	for i := range u.Of {
		if u.Of[i].Name == u.Object.Container {
			return &u.Of[i], i
		}
	}
	return nil, 0
}

// containerText says which of the pod's containers a log is of: "2 of 3 serving, running".
func containerText(u DetailState) fleet.Safe {
	c, at := u.Container()
	if c == nil || u.Kind != DetailLogs {
		return fleet.Safe{}
	}
	text := fleet.Join(nonEmpty(c.Role, c.State), fleet.Text(", "))
	if len(u.Of) > 1 {
		text = fleet.Concat(fleet.Textf("%s of %s ", fleet.Int(at+1), fleet.Int(len(u.Of))), text)
	}
	switch {
	case c.Restarts == 1:
		text = fleet.Concat(text, fleet.Text(", 1 restart"))
	case c.Restarts > 1:
		text = fleet.Concat(text, fleet.Textf(", %s", fleet.Many(c.Restarts, "restart")))
	}
	return text
}

// howFar says whether more of a text comes, or what failed. below is how many lines are out of view.
func howFar(u DetailState, below int) (themes.Role, fleet.Safe) {
	log := u.Kind == DetailLogs
	switch {
	case len(u.Lines) == 0 && !u.Err.IsEmpty():
		return themes.Dim, fleet.Text("r tries again, esc leaves")
	case len(u.Lines) == 0 && !u.Busy.IsEmpty():
		return themes.Dim, fleet.Text("esc stops waiting")
	case !u.Err.IsEmpty():
		return themes.Bad, u.Err
	case !u.Busy.IsEmpty():
		return themes.Stale, u.Busy
	case log && !u.Ended && u.Follow:
		return themes.OK, fleet.Text("FOLLOWING: new lines come into view")
	case log && !u.Ended:
		return themes.Stale, fleet.Text("NOT FOLLOWING: new lines come below; f follows")
	}
	var parts []fleet.Safe
	if log {
		parts = append(parts, fleet.Text("the log has ended"))
	}
	if below > 0 {
		parts = append(parts, fleet.Concat(fleet.Many(below, "more line"), fleet.Text(" below")))
	}
	if len(parts) == 0 {
		parts = append(parts, fleet.Text("end"))
	}
	return themes.Dim, fleet.Join(parts, fleet.Text(", "))
}

// detailStanding is the line under the text: of which container it is, whether more comes, and what is missing of it.
func detailStanding(b *part.Block, u DetailState, below int) {
	b.Gap(1)
	role, text := howFar(u, below)
	of := containerText(u)
	if !u.Err.IsEmpty() && len(u.Lines) > 0 {
		of = fleet.Safe{} // what failed needs the line
	}
	if u.Dropped > 0 {
		lost := fleet.Concat(fleet.Many(u.Dropped, "older line"), fleet.Verb(u.Dropped, " is not kept", " are not kept"))
		b.Put(themes.Stale, lost).Gap(2)
	}
	if !of.IsEmpty() {
		b.Put(themes.Text, of).Gap(2)
	}
	b.Put(role, text)
	if u.Find.Match != nil {
		b.Gap(2).Put(themes.Accent, fleet.Concat(fleet.Text("search /"), u.Find.Text))
	}
	if u.Wrap {
		b.Right(themes.Dim, fleet.Text("wrapped"))
	}
	b.End()
}
