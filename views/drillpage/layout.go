// Package drillpage lays the report of a drill out as a document, which package document writes as Markdown or as one HTML page. The word
// EXERCISE stands in each line of what was done, so that no part of it is taken for something real.
package drillpage

import (
	"strconv"
	"time"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/document"
)

// The two kinds of columns.
var left, right = document.Left, document.Right

// Layout makes the document of a report.
func Layout(r *drills.Report) document.Document {
	s := r.Scenario
	return document.Document{
		Title: fleet.Concat(fleet.Text("EXERCISE "), fleet.Label(s.ID), fleet.Text(": "), fleet.Label(s.Title)),
		Lead:  lead(r),
		Sections: []document.Section{score(r), harm(r), timeline(r), seen(r), changes(r), teaching(s),
			{ID: "again", Title: fleet.Text("To play it again"), Notes: []fleet.Safe{again(r)}}},
	}
}

func fact(name, text fleet.Safe) document.Fact { return document.Fact{Name: name, Text: text} }

func lead(r *drills.Report) []document.Fact {
	list := []document.Fact{
		fact(fleet.Text("result"), fleet.Textf("%s of 100 points, %s", drills.Points(r.Result.Total), fleet.Label(string(r.Result.Grade)))),
	}
	for _, f := range r.Result.Flags {
		list = append(list, fact(fleet.Text("RED FLAG"), fleet.Label(f)))
	}
	t := r.Result.Times
	return append(list,
		fact(fleet.Text("begun"), fleet.Stamp(r.Begin)),
		fact(fleet.Text("times"), fleet.Textf("noticed after %s, right theory after %s, first change after %s",
			since(t.Detect), since(t.Diagnose), since(t.Mitigate))),
		fact(fleet.Text("harm"), fleet.Textf("%s doing nothing, %s by the reference plan, %s by you", drills.Points(r.Harm.Nothing),
			drills.Points(r.Harm.Reference), drills.Points(r.Harm.Player))),
		fact(fleet.Text("cost"), fleet.Textf("%s doing nothing, %s by the reference plan, %s by you", dollars(r.Cost.Nothing),
			dollars(r.Cost.Reference), dollars(r.Cost.Player))),
		fact(fleet.Text("lesson"), fleet.Label(r.Scenario.Lesson)))
}

func since(d fleet.Maybe[time.Duration]) fleet.Safe {
	if !d.OK {
		return fleet.Text("never")
	}
	return clock(d.V)
}

// clock is a time of the drill: "4:10".
func clock(d time.Duration) fleet.Safe {
	s := int(d.Truncate(time.Second) / time.Second)
	return fleet.Label(strconv.Itoa(s/60) + ":" + strconv.Itoa(s%60/10) + strconv.Itoa(s%10))
}

func dollars(v float64) fleet.Safe {
	return fleet.Label("$" + strconv.FormatFloat(v, 'f', 2, 64))
}

func score(r *drills.Report) document.Section {
	x := document.Section{ID: "score", Title: fleet.Text("Score"), Columns: []document.Column{left(fleet.Text("part")),
		right(fleet.Text("points")), right(fleet.Text("of")), left(fleet.Text("how"))}}
	for _, p := range r.Result.Parts {
		x.Rows = append(x.Rows, []fleet.Safe{fleet.Label(p.Name), drills.Points(p.Points), drills.Points(p.Of), p.How})
	}
	if r.Result.Hints > 0 {
		x.Rows = append(x.Rows, []fleet.Safe{fleet.Text("hints"),
			drills.Points(-r.Result.Hints), fleet.Text("-"), fleet.Text("help that was asked for")})
	}
	return x
}

func harm(r *drills.Report) document.Section {
	minute := func(v float64) fleet.Safe { return fleet.Int(int(v)) }
	chart := &document.Lines{Title: fleet.Text("Harm so far"), Axis: fleet.Text("minute of the drill"), Label: minute, Value: drills.Points,
		Series: []document.Series{{Name: fleet.Text("doing nothing"), Class: "api", Ys: r.Curves.Nothing},
			{Name: fleet.Text("reference"), Class: "own", Ys: r.Curves.Reference}, {Name: fleet.Text("you"), Class: "both", Ys: r.Curves.Player}}}
	x := document.Section{ID: "harm", Title: fleet.Text("Harm, added up"), Charts: []document.Chart{chart},
		Notes: []fleet.Safe{fleet.Text("Requests without a good answer, three times on a route of tier 1, twice on tier 2. " +
			"All three runs have one seed.")},
		Columns: []document.Column{right(fleet.Text("minute")), right(fleet.Text("nothing")), right(fleet.Text("reference")),
			right(fleet.Text("you"))}}
	for i := range r.Curves.Player {
		chart.Xs = append(chart.Xs, float64(i+1))
		x.Rows = append(x.Rows, []fleet.Safe{fleet.Int(i + 1), drills.Points(r.Curves.Nothing[i]), drills.Points(r.Curves.Reference[i]),
			drills.Points(r.Curves.Player[i])})
	}
	return x
}

func timeline(r *drills.Report) document.Section {
	x := document.Section{ID: "timeline", Title: fleet.Text("Timeline"), Columns: []document.Column{left(fleet.Text("when")),
		left(fleet.Text("what")), left(fleet.Text("text")), left(fleet.Text("what came of it"))}}
	injects := r.Scenario.Injects
	news := func(until time.Duration) {
		for len(injects) > 0 && injects[0].At <= until {
			in := injects[0]
			injects = injects[1:]
			what := fleet.Label(string(in.Channel))
			if in.Misleading {
				what = fleet.Concat(what, fleet.Text(", misleading"))
			}
			x.Rows = append(x.Rows, []fleet.Safe{when(in.At), what, fleet.Label(in.Text), fleet.Concat(fleet.Text("expected: "),
				fleet.Label(in.Expected))})
		}
	}
	for i := range r.Log.Entries {
		e := &r.Log.Entries[i]
		news(e.At)
		came := fleet.Text("-")
		if e.Change != nil {
			came = fleet.Concat(fleet.Label(e.Change.State), fleet.Text(" "), e.Change.Why)
		}
		x.Rows = append(x.Rows, []fleet.Safe{when(e.At), fleet.Label(string(e.Kind)), e.Text, came})
		if len(e.Screen) > 0 {
			x.Folds = append(x.Folds, document.Fold{Title: fleet.Concat(fleet.Text("on screen at "), clock(e.At), fleet.Text(": "),
				fleet.Label(string(e.Kind)), fleet.Text(" "), e.Text), Lines: e.Screen})
		}
	}
	news(r.Log.Ended)
	return x
}

func when(d time.Duration) fleet.Safe { return fleet.Concat(fleet.Text("EXERCISE "), clock(d)) }

func seen(r *drills.Report) document.Section {
	x := document.Section{ID: "signals", Title: fleet.Text("Signals and how long nothing was done"), Columns: []document.Column{
		left(fleet.Text("when")), left(fleet.Text("from")), left(fleet.Text("signal")),
		right(fleet.Text("until the next act"))}}
	for _, s := range r.Signals {
		missed := fleet.Text("nothing was done")
		if s.Missed.OK {
			missed = clock(s.Missed.V)
		}
		x.Rows = append(x.Rows, []fleet.Safe{when(s.At), s.From, s.Text, missed})
	}
	return x
}

func changes(r *drills.Report) document.Section {
	x := document.Section{ID: "changes", Title: fleet.Text("Changes and interlocks"), Columns: []document.Column{left(fleet.Text("when")),
		left(fleet.Text("change")), left(fleet.Text("interlocks that objected")), left(fleet.Text("overridden")),
		left(fleet.Text("read back")), left(fleet.Text("end"))}}
	for i := range r.Log.Entries {
		e := &r.Log.Entries[i]
		switch {
		case e.Kind == drills.KindRefused:
			x.Rows = append(x.Rows, []fleet.Safe{when(e.At), fleet.Text("refused"), e.Text,
				fleet.Text("-"), fleet.Text("-"), fleet.Text("nothing was sent")})
		case e.Change != nil:
			x.Rows = append(x.Rows, changeRow(e))
		}
	}
	return x
}

func changeRow(e *drills.Entry) []fleet.Safe {
	c := e.Change
	read := fleet.Text("no")
	if c.Verified {
		read = fleet.Text("every replica")
	}
	var over []fleet.Safe
	for _, o := range c.Overrides {
		over = append(over, fleet.Label(o))
	}
	return []fleet.Safe{when(e.At), e.Text, dash(fleet.Join(c.Objected, fleet.Text("; "))), dash(fleet.Join(over, fleet.Text(", "))), read,
		fleet.Label(c.State)}
}

func dash(t fleet.Safe) fleet.Safe {
	if t.IsEmpty() {
		return fleet.Text("-")
	}
	return t
}

func teaching(s *drills.Scenario) document.Section {
	x := document.Section{ID: "teaching", Title: fleet.Text("What it teaches"), Notes: []fleet.Safe{fleet.Label(s.Teaching.Before)}}
	for _, line := range s.Teaching.After {
		x.Notes = append(x.Notes, fleet.Label(line))
	}
	x.Notes = append(x.Notes, fleet.Concat(fleet.Text("What tempts: "), fleet.Label(s.Tempting.Why)))
	for _, line := range s.Sources {
		x.Notes = append(x.Notes, fleet.Concat(fleet.Text("Source: "), fleet.Label(line)))
	}
	for _, q := range s.Teaching.Quiz {
		x.Folds = append(x.Folds, document.Fold{Title: fleet.Label(q.Ask), Lines: []fleet.Safe{fleet.Label(q.Answer)}})
	}
	return x
}

func again(r *drills.Report) fleet.Safe {
	return fleet.Concat(fleet.Text("pitwall drill start "), fleet.Label(r.Scenario.ID), fleet.Text(" --seed "),
		fleet.Label(strconv.FormatUint(r.Seed, 10)))
}
