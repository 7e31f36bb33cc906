package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Events lists the changes of the journal over what happened in the fleet. With Change set it tells that change from
// its plan to its end; where there is room the selected one is told beside the lists.
func Events(sc Scene, u EventsState, sz Size) string {
	sc = withLook(sc)
	return bookFrame(sc, sz, func(b *part.Block, rows int) {
		if u.Change != "" {
			changePage(b, sc, u, rows)
			return
		}
		if b.Width() >= wideWidth {
			wideEvents(b, sc, u, rows)
			return
		}
		if left := eventTables(b, sc, u, rows, true); left >= digestLeast {
			changeDigest(b.End(), sc, u, left-1)
		}
	})
}

// EventsOrder tells the order of the tables of the events screen by pane: "journal" by the ID of the change, "events"
// by EventID.
func EventsOrder(sc Scene, u EventsState) map[string][]string {
	out := map[string][]string{}
	_, out["journal"] = journalOrder(sc.Book.Changes, u.Journal)
	_, out["events"] = eventOrder(eventsOf(sc), u.Events)
	return out
}

// EventsEnd is the greatest Scroll that shows more of the open change: with it the last line is in view. It is 0
// without an open change, or where all of it fits.
func EventsEnd(sc Scene, u EventsState, sz Size) int {
	c := sc.Book.Change(u.Change)
	if u.Change == "" || c == nil || sz.W < minWidth || sz.H < minHeight {
		return 0
	}
	const around = 3 // the header, the rule of the page and the bottom line
	return max(0, changeSheet(withLook(sc), c, sz.W).Len()-(sz.H-around))
}

// digestLeast is from how many free rows the selected change is told under the lists.
const digestLeast = 8

func (u EventsState) pane() string {
	if u.Pane == "" {
		return "journal"
	}
	return u.Pane
}

// bookFrame is frame for what is known without any source: whoever has to resume or undo a change must find it while
// nothing else answers.
func bookFrame(sc Scene, sz Size, draw func(b *part.Block, rows int)) string {
	if sz.W < minWidth || sz.H < minHeight {
		return tooSmall(sc, sz)
	}
	b := part.NewBlock(sc.Theme, sz.W, sz.H)
	header(b, sc)
	rows := sz.H - b.Len() - 1
	body := part.NewBlock(sc.Theme, sz.W, rows)
	draw(body, rows)
	b.Append(body.Cut(rows).Fill(rows))
	footer(b, sc)
	return b.String()
}

func eventsOf(sc Scene) []fleet.Event {
	if sc.Snap == nil {
		return nil
	}
	return sc.Snap.Events
}

// eventTables draws the journal over the events into rows and returns how many are left. With whole all that a row
// has no room for is said under its table.
func eventTables(b *part.Block, sc Scene, u EventsState, rows int, whole bool) int {
	onEvents := u.pane() == "events"
	changes := share{least: 3, want: max(1, len(sc.Book.Changes)), weight: 2}
	events := share{least: 3, want: max(1, len(eventsOf(sc))), weight: 1}
	if onEvents {
		changes.weight, events.weight = 1, 2
	}
	var why, what evidence
	if whole {
		why = journalEvidence(sc, u.Journal)
	}
	if onEvents {
		what = eventEvidence(sc, u.Events, b.Width())
	}
	left := divide(rows-5-why.lines(b.Width())-what.lines(b.Width()), []*share{&changes, &events})
	journalPane(b, sc, u.Journal, !onEvents, changes.got)
	why.draw(b)
	b.End()
	eventsPane(b, sc, u.Events, onEvents, events.got)
	what.draw(b)
	return left
}

// wideEvents has the lists on the left and the selected change on the right.
func wideEvents(b *part.Block, sc Scene, u EventsState, rows int) {
	const gap = 2
	width := b.Width() * 11 / 20
	left := part.NewBlock(sc.Theme, width, rows)
	right := part.NewBlock(sc.Theme, b.Width()-width-gap, rows)
	eventTables(left, sc, u, rows, false)
	changeDigest(right, sc, u, rows)
	b.Beside(left.Cut(rows).Fill(rows), right.Cut(rows).Fill(rows), gap)
}

// changeDigest tells the selected change, else the first, in rows rows; what does not fit is on its page.
func changeDigest(b *part.Block, sc Scene, u EventsState, rows int) {
	index, ids := journalOrder(sc.Book.Changes, u.Journal)
	c := chosen(sc.Book.Changes, index, ids, u.Journal.Selected)
	if c == nil {
		b.Rule(fleet.Text("CHANGE"), fleet.Safe{}, fleet.Text("none")).Gap(2)
		b.Say(themes.Dim, "nothing to tell yet").End()
		return
	}
	page := changeSheet(sc, c, b.Width())
	right := fleet.Text("enter")
	if page.Len() > rows-1 {
		right = fleet.Concat(position(0, rows-1, page.Len()), fleet.Text(" lines  enter all"))
	}
	b.Rule(changeTitle(c), fleet.Safe{}, right)
	b.Lines(page.Block, 0, rows-1)
}

// changePage tells one change over the whole screen, from line u.Scroll on.
func changePage(b *part.Block, sc Scene, u EventsState, rows int) {
	c := sc.Book.Change(u.Change)
	if c == nil {
		b.Rule(fleet.Concat(fleet.Text("CHANGE "), fleet.Label(string(u.Change))), fleet.Safe{}, fleet.Text("esc back"))
		b.Gap(2).Say(themes.Warn, "is not in the journal any more").End()
		return
	}
	page := changeSheet(sc, c, b.Width())
	from := max(0, min(u.Scroll, page.Len()-(rows-1)))
	right := fleet.Text("esc back")
	if page.Len() > rows-1 {
		right = fleet.Concat(position(from, from+rows-1, page.Len()), fleet.Text(" lines  j/k scrolls  esc back"))
	}
	b.Rule(changeTitle(c), fleet.Safe{}, right)
	b.Lines(page.Block, from, from+rows-1)
}
