package views

import (
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// Cells of the bar between the ends of what can be looked at.
const (
	narrowBar = 12
	wideBar   = 30
)

// timeBar is the bottom line of a look at the past: how long ago, where that lies in what was recorded, how fast it plays, and the
// way back.
func timeBar(b *part.Block, sc Scene) {
	p := sc.Banner.Past
	cells, clock := narrowBar, "15:04"
	if b.Width() >= normalWidth {
		cells, clock = wideBar, "15:04:05"
	}
	b.Gap(1)
	if p.Film {
		b.Say(themes.Stale, "RECORDING ").Put(themes.Stale, fleet.Label(sc.Now.UTC().Format("2006-01-02")))
	} else {
		b.Say(themes.Stale, "PAST ").Put(themes.Stale, ago(p.Now.Sub(sc.Now)))
	}
	b.Gap(2).Put(themes.Dim, fleet.Label(p.From.UTC().Format(clock))).Gap(1)
	at := barCell(p, sc.Now, cells)
	b.Say(themes.Dim, "[").Put(themes.Dim, dashes(at)).Say(themes.Stale, "|").Put(themes.Dim, dashes(cells-1-at)).Say(themes.Dim, "]")
	b.Gap(1).Put(themes.Dim, fleet.Label(p.To.UTC().Format(clock)))
	if p.Speed > 0 {
		b.Gap(2).Put(themes.Stale, fleet.Concat(fleet.Text("x"), fleet.Label(strconv.FormatFloat(p.Speed, 'g', 4, 64))))
	}
	hints := []KeyHint{{fleet.Text("< >"), fleet.Text("10s")}, {fleet.Text("{ }"), fleet.Text("5m")},
		{fleet.Text("( )"), fleet.Text("events")}, {fleet.Text("p"), fleet.Text("now")}}
	if p.Film {
		hints[3].Word = fleet.Text("play")
	}
	if b.Width() < normalWidth {
		hints = []KeyHint{hints[0], hints[3]}
	}
	for _, k := range hints {
		if 2+part.Width(k.Key)+1+part.Width(k.Word) > b.Room() {
			break
		}
		b.Gap(2).Put(themes.Key, k.Key).Gap(1).Put(themes.Dim, k.Word)
	}
	b.End()
}

// ago is exact to the second, since steps are of ten.
func ago(d time.Duration) fleet.Safe {
	if d < 0 {
		d = 0
	}
	return fleet.Concat(fleet.Label(d.Truncate(time.Second).String()), fleet.Text(" ago"))
}

func barCell(p *PastSpan, now time.Time, cells int) int {
	whole := p.To.Sub(p.From)
	if whole <= 0 {
		return 0
	}
	return min(max(int(float64(cells-1)*float64(now.Sub(p.From))/float64(whole)+0.5), 0), cells-1)
}

func dashes(n int) fleet.Safe { return fleet.Label(strings.Repeat("-", n)) }
