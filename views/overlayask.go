package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// askWidth is as wide as a question becomes.
const askWidth = 84

// askBox draws a question: what it is about, a field to type into, the choices, and why the last answer was not
// taken. Where the screen is low the lines on what it is about go first, then choices out of sight.
func askBox(a *AskState, sc Scene, sz Size) *part.Block {
	b := part.NewBlock(sc.Theme, min(sz.W-4, askWidth), sz.H-2)
	rows := sz.H - 4
	about, list, foot := newPage(sc, b.Inside()), newPage(sc, b.Inside()), newPage(sc, b.Inside())
	for _, l := range a.Lines {
		about.say(themes.Text, l, 1, 4)
	}
	if len(a.Lines) > 0 {
		about.End()
	}
	if a.Field != nil {
		askField(list, a)
	}
	begins := askChoices(list, a)
	if !a.Err.IsEmpty() {
		foot.End()
		foot.say(themes.Bad, a.Err, 1, 3)
	}
	foot.End()
	askKeys(foot.Block, len(a.Choices) > 0)
	room := max(1, rows-foot.Len()-about.Len())
	if least := min(list.Len(), 6); room < least {
		room = max(1, min(least, rows-foot.Len()))
		about.Cut(max(0, rows-foot.Len()-room))
	}
	seen := min(room, list.Len())
	from := 0
	if a.Chosen >= 0 && a.Chosen+1 < len(begins) {
		from = max(0, begins[a.Chosen+1]-seen)
	}
	whole := part.NewBlock(sc.Theme, b.Inside(), rows)
	whole.Append(about.Block).Lines(list.Block, from, from+seen).Append(foot.Block)
	where := fleet.Safe{}
	if seen < list.Len() {
		where = fleet.Concat(position(from, from+seen, list.Len()), fleet.Text(" lines"))
	}
	return b.Box(whole, lineNumbers(0, min(rows, whole.Len())), a.Title, fleet.Safe{}, where)
}

func askKeys(b *part.Block, choices bool) {
	b.Gap(1)
	if choices {
		b.Say(themes.Key, "j/k").Say(themes.Dim, " move   ").Say(themes.Key, "enter").Say(themes.Dim, " choose   ")
	} else {
		b.Say(themes.Key, "enter").Say(themes.Dim, " confirm   ")
	}
	b.Say(themes.Key, "esc").Say(themes.Dim, " cancel").End()
}

func askField(p *page, a *AskState) {
	label := a.Label
	if part.Width(label) > p.Width()/2 {
		p.say(themes.Text, label, 1, 3)
		label = fleet.Text(">")
	}
	p.Gap(1).Put(themes.Text, label).Gap(2)
	typing(p.Block, *a.Field, p.Room()-1)
	p.End()
	if len(a.Choices) > 0 {
		p.End()
	}
}

// askChoices draws the choices and returns the first line of each, and the line after the last one.
func askChoices(p *page, a *AskState) []int {
	const indent = 3
	begins := make([]int, 0, len(a.Choices)+1)
	for i, c := range a.Choices {
		begins = append(begins, p.Len())
		role := themes.Text
		if i == a.Chosen {
			role = themes.Selected
		}
		for k, l := range part.Wrap(c, p.Width()-indent, 3) {
			p.Gap(1)
			if i == a.Chosen && k == 0 {
				p.Glyph(themes.Accent, p.Theme().Glyphs.Cursor, 1)
			}
			p.To(indent).Put(role, l).End()
		}
	}
	return append(begins, p.Len())
}
