package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// The smallest size that screens are drawn at.
const (
	minWidth  = 60
	minHeight = 16
)

// The widths from which screens show more (tui-craft size classes).
const (
	normalWidth = 100
	wideWidth   = 160
)

// frame draws a whole screen: header, body and bottom line. With strip the header has a second line with the
// golden signals. Draw gets an empty block of its own and how many rows there are; what it draws is cut or
// filled to them.
func frame(sc Scene, sz Size, strip bool, draw func(b *part.Block, rows int)) string {
	if sz.W < minWidth || sz.H < minHeight {
		return tooSmall(sc, sz)
	}
	b := part.NewBlock(sc.Theme, sz.W, sz.H)
	header(b, sc)
	if strip && sc.Snap != nil {
		signals(b, sc)
	}
	rows := sz.H - b.Len() - 1
	body := part.NewBlock(sc.Theme, sz.W, rows)
	if sc.Snap == nil || answered(sc.Snap) == 0 && len(sc.Snap.Sources) > 0 {
		connecting(body, sc, rows)
	} else {
		draw(body, rows)
	}
	b.Append(body.Cut(rows).Fill(rows))
	footer(b, sc)
	return b.String()
}

// tooSmall is one line that still says how many alerts there are.
func tooSmall(sc Scene, sz Size) string {
	if sz.W <= 0 || sz.H <= 0 {
		return ""
	}
	b := part.NewBlock(sc.Theme, sz.W, sz.H)
	alerts := 0
	if sc.Snap != nil {
		alerts = loud(sc.Snap.Alerts)
	}
	b.Put(themes.Text, fleet.Textf("need %sx%s, have %sx%s", fleet.Int(minWidth), fleet.Int(minHeight),
		fleet.Int(sz.W), fleet.Int(sz.H)))
	b.Put(themes.Text, fleet.Textf("  alerts %s", fleet.Int(alerts))).End()
	return b.Fill(sz.H).String()
}

// connecting stands for the body until the first source has answered: which ones are waited for, and what they said.
func connecting(b *part.Block, sc Scene, rows int) {
	b.End()
	b.Gap(1).Say(themes.Title, "connecting").Gap(2)
	b.Say(themes.Text, "no source has answered yet; nothing is known,").End()
	b.Gap(13).Say(themes.Text, "so nothing is shown").End().End()
	if sc.Snap == nil {
		return
	}
	said := refusals(sc.Snap, b.Width())
	sourcesPane(b, sc, Table{}, rows-b.Len()-2-len(said))
	for _, l := range said {
		b.Gap(2).Put(themes.Stale, l).End()
	}
}

// refusals are what the first few sources that failed said, whole, each text once: nothing else is known yet, and the
// table has little room for it.
func refusals(s *fleet.Snapshot, width int) []fleet.Safe {
	const texts, most = 3, 3
	var lines []fleet.Safe
	seen := map[fleet.Safe]bool{}
	for i := range s.Sources {
		src := &s.Sources[i]
		if src.Err.IsEmpty() || seen[src.Cause] || len(seen) == texts {
			continue
		}
		seen[src.Cause] = true
		why := src.Cause
		if why.IsEmpty() {
			why = src.Err
		}
		lines = append(lines, part.Wrap(fleet.Concat(fleet.Label(string(src.ID)), fleet.Text(": "), why), width-4, most)...)
	}
	if len(lines) > 0 {
		lines = append([]fleet.Safe{{}}, lines...)
	}
	return lines
}

func answered(s *fleet.Snapshot) int {
	n := 0
	for i := range s.Sources {
		if !s.Sources[i].LastGood.IsZero() {
			n++
		}
	}
	return n
}
