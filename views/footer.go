package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// pausedFor is how old the standing picture is.
func pausedFor(sc Scene) fleet.Safe {
	if sc.Snap == nil {
		return fleet.Text(fleet.Unknown)
	}
	return fleet.Age(sc.Now.Sub(sc.Snap.At))
}

// footer is the bottom line: the answer to the last key or command, else the keys that do something here,
// as many as fit.
func footer(b *part.Block, sc Scene) {
	if m := sc.Banner.Message; !m.IsEmpty() {
		role := themes.Accent
		if sc.Banner.Bad {
			role = themes.Bad
		}
		b.Gap(1).Put(role, m).End()
		return
	}
	if sc.Banner.Past != nil {
		timeBar(b, sc)
		return
	}
	between := 2
	if b.Width() >= normalWidth {
		between = 3
	}
	if sc.Banner.Paused {
		b.Gap(1).Say(themes.Stale, "PAUSED ").Put(themes.Stale, pausedFor(sc)).Gap(between - 1)
	}
	note := part.Width(sc.Banner.Note)
	if note > 0 {
		note += between
	}
	for i, k := range sc.Keys {
		need := 1 + part.Width(k.Key) + 1 + part.Width(k.Word)
		if i > 0 {
			need += between - 1
		}
		if need+note > b.Room() {
			break
		}
		if i > 0 {
			b.Gap(between - 1)
		}
		b.Gap(1).Put(themes.Key, k.Key).Gap(1).Put(themes.Dim, k.Word)
	}
	if note > 0 {
		b.Right(themes.Stale, sc.Banner.Note)
	}
	b.End()
}
