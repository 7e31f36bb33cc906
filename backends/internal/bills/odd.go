package bills

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"pitwall/fleet"
)

// mostNotes is how many kinds of oddities are told of.
const mostNotes = 8

// Odd counts what was not taken as it stands, for one notice of each kind. It may be used by several calls at once.
type Odd struct {
	mu    sync.Mutex
	notes []fleet.Safe
	times []int
}

// Say counts an oddity.
func (o *Odd) Say(what fleet.Safe) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.notes, what); i >= 0 {
		o.times[i]++
	} else if len(o.notes) < mostNotes {
		o.notes, o.times = append(o.notes, what), append(o.times, 1)
	}
}

// Notices are warnings of what was counted.
func (o *Odd) Notices() []fleet.Notice {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []fleet.Notice
	for i, text := range o.notes {
		if n := o.times[i]; n > 1 {
			text = fleet.Concat(text, fleet.Text(" ("), fleet.Int(n), fleet.Text(" times)"))
		}
		out = append(out, fleet.Notice{Level: fleet.LevelWarn, Text: text})
	}
	return out
}

// Currencies says that a bill has several: they are not added.
func (o *Odd) Currencies(lines []fleet.BillLine) {
	seen := map[string]bool{}
	for i := range lines {
		if c := lines[i].Cost; c.OK {
			seen[c.V.Currency()] = true
		}
	}
	if len(seen) > 1 {
		o.Say(fleet.Concat(fleet.Text("amounts are in several currencies, which are not added: "),
			fleet.Quote(strings.Join(slices.Sorted(maps.Keys(seen)), ", "))))
	}
}
