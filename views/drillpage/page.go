// Package drillpage writes the report of a drill as one HTML page that needs nothing beside itself.
package drillpage

import (
	"strconv"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/webpage"
)

// HTML writes a report. Answers of the quiz open without a script.
func HTML(r *drills.Report) string {
	s := r.Scenario
	return webpage.HTML(fleet.Textf("EXERCISE %s: %s", fleet.Label(s.ID), fleet.Label(s.Title)), func(m *webpage.Markup) {
		p := &page{m}
		p.note(fleet.Textf("EXERCISE. %s of 100 points, %s. Seed %s, begun %s.", drills.Points(r.Result.Total),
			fleet.Label(string(r.Result.Grade)), fleet.Label(strconv.FormatUint(r.Seed, 10)), fleet.Stamp(r.Begin)))
		for _, f := range r.Result.Flags {
			m.Say("p", fleet.Concat(fleet.Text("RED FLAG: "), fleet.Label(f)), class("flag"))
		}
		p.section("score", "EXERCISE: score", func() { p.score(r) })
		p.section("harm", "EXERCISE: harm, added up", func() { p.harm(r) })
		p.section("signals", "EXERCISE: signals and missed minutes", func() { p.signals(r) })
		p.section("timeline", "EXERCISE: timeline", func() { p.timeline(r) })
		p.section("injects", "EXERCISE: news", func() { p.injects(r) })
		p.section("changes", "EXERCISE: changes and their interlocks", func() { p.changes(r) })
		p.section("teaching", "EXERCISE: what it teaches", func() { p.teaching(s) })
		if head := r.Head(); head != "" {
			p.note(fleet.Textf("EXERCISE. The chain of this report ends with %s.", fleet.Label(head)))
		}
	})
}

type page struct{ m *webpage.Markup }

func class(name string) webpage.Attr { return webpage.Attr{Name: "class", Value: name} }

func (p *page) note(text fleet.Safe) { p.m.Say("p", text) }

func (p *page) section(id, title string, body func()) {
	p.m.Open("section", webpage.Attr{Name: "id", Value: id})
	p.m.Say("h2", fleet.Label(title))
	body()
	p.m.Close("section")
}

func (p *page) row(tag string, cells ...fleet.Safe) {
	p.m.Open("tr")
	for _, c := range cells {
		p.m.Say(tag, c)
	}
	p.m.Close("tr")
}

// table writes titles and n rows.
func (p *page) table(titles []fleet.Safe, n int, row func(i int) []fleet.Safe) {
	p.m.Open("div", class("wide"))
	p.m.Open("table")
	p.m.Open("thead")
	p.row("th", titles...)
	p.m.Close("thead")
	p.m.Open("tbody")
	for i := range n {
		p.row("td", row(i)...)
	}
	p.m.Close("tbody")
	p.m.Close("table")
	p.m.Close("div")
}

func titles(list ...string) (out []fleet.Safe) {
	for _, t := range list {
		out = append(out, fleet.Label(t))
	}
	return out
}

func (p *page) score(r *drills.Report) {
	list := r.Result.Parts
	n := len(list)
	if r.Result.Hints > 0 {
		n++
	}
	p.table(titles("Part", "Points", "Of", "How"), n, func(i int) []fleet.Safe {
		if i == len(list) {
			return []fleet.Safe{fleet.Text("hints"), drills.Points(-r.Result.Hints), {}, fleet.Text("help that was asked for")}
		}
		x := &list[i]
		return []fleet.Safe{fleet.Label(x.Name), drills.Points(x.Points), drills.Points(x.Of), x.How}
	})
}

func (p *page) harm(r *drills.Report) {
	c := &webpage.Lines{Title: fleet.Text("Harm, added up"), Axis: fleet.Text("minute of the drill"), Value: drills.Points,
		Label: func(x float64) fleet.Safe { return fleet.Int(int(x)) }, Series: []webpage.Series{
			{Name: fleet.Text("nothing"), Class: "api", Ys: r.Curves.Nothing}, {Name: fleet.Text("reference"), Class: "own", Ys: r.Curves.Reference},
			{Name: fleet.Text("you"), Class: "both", Ys: r.Curves.Player}}}
	for i := range r.Curves.Player {
		c.Xs = append(c.Xs, float64(i+1))
	}
	p.m.Open("figure")
	c.SVG(p.m)
	p.m.Close("figure")
	p.table(titles("Minute", "Nothing", "Reference", "You"), len(c.Xs), func(i int) []fleet.Safe {
		return []fleet.Safe{fleet.Int(i + 1), drills.Points(r.Curves.Nothing[i]), drills.Points(r.Curves.Reference[i]),
			drills.Points(r.Curves.Player[i])}
	})
}

func (p *page) signals(r *drills.Report) {
	p.note(fleet.Text(drills.SignalNote))
	p.table(titles("Seen from", "Signal", "Answered", "Missed minutes"), len(r.Signals), func(i int) []fleet.Safe {
		x := &r.Signals[i]
		return []fleet.Safe{drills.Clock(x.At), x.What(), x.Answer(), x.MissedMinutes()}
	})
}

func (p *page) timeline(r *drills.Report) {
	for i := range r.Log.Entries {
		e := &r.Log.Entries[i]
		text := e.Text
		if t := r.Scenario.Theory(e.ID); e.Kind == drills.KindTheory && t != nil && text.IsEmpty() {
			text = fleet.Label(t.Text)
		}
		p.m.Say("h3", fleet.Textf("EXERCISE %s %s: %s", drills.Clock(e.At), fleet.Label(string(e.Kind)), text))
		if len(e.Screen) > 0 {
			p.m.Say("pre", fleet.Join(e.Screen, fleet.Text("\n")), webpage.Attr{Name: "aria-label", Value: "what was on screen"})
		}
	}
}

func (p *page) injects(r *drills.Report) {
	list := r.Scenario.Injects
	p.table(titles("At", "By", "News", "Should lead to", "Misleads"), len(list), func(i int) []fleet.Safe {
		x := &list[i]
		misleads := fleet.Text("no")
		if x.Misleading {
			misleads = fleet.Text("yes")
		}
		return []fleet.Safe{drills.Clock(x.At), fleet.Label(string(x.Channel)), fleet.Label(x.Text), fleet.Label(x.Expected), misleads}
	})
}

func (p *page) changes(r *drills.Report) {
	var list []*drills.Entry
	for i := range r.Log.Entries {
		if e := &r.Log.Entries[i]; e.Change != nil || e.Kind == drills.KindRefused {
			list = append(list, e)
		}
	}
	p.table(titles("At", "Change", "State", "Read back", "Interlocks", "Overrides"), len(list), func(i int) []fleet.Safe {
		e := list[i]
		if e.Change == nil {
			return []fleet.Safe{drills.Clock(e.At), e.Text, fleet.Text("refused"), {}, {}, {}}
		}
		back := fleet.Text("yes")
		if !e.Change.Verified {
			back = fleet.Text("no")
		}
		return []fleet.Safe{drills.Clock(e.At), e.Text, fleet.Concat(fleet.Label(e.Change.State), fleet.Text(" "), e.Change.Why), back,
			e.Change.Interlocks(), fleet.Join(titles(e.Change.Overrides...), fleet.Text(", "))}
	})
}

func (p *page) teaching(s *drills.Scenario) {
	p.note(fleet.Label(s.Lesson))
	p.note(fleet.Label(s.Teaching.Before))
	p.m.Open("ul")
	for _, line := range s.Teaching.After {
		p.m.Say("li", fleet.Label(line))
	}
	p.m.Say("li", fleet.Concat(fleet.Text("What tempts: "), fleet.Label(s.Tempting.Why)))
	for _, line := range s.Sources {
		p.m.Say("li", fleet.Concat(fleet.Text("Source: "), fleet.Label(line)))
	}
	p.m.Close("ul")
	for _, q := range s.Teaching.Quiz {
		p.m.Open("details")
		p.m.Say("summary", fleet.Label(q.Ask))
		p.note(fleet.Label(q.Answer))
		p.m.Close("details")
	}
}
