package plain

import (
	"strconv"

	"pitwall/drills"
	"pitwall/fleet"
)

// DrillRehearsal is a scenario played three ways, with both scores.
func DrillRehearsal(x *drills.Rehearsal) string {
	r := &report{}
	s := x.Scenario
	r.line(fleet.Text("REHEARSAL of "), fleet.Label(s.ID), fleet.Text("  "), fleet.Label(s.Title), fleet.Textf("  seed %s",
		fleet.Int(int(x.Seed))))
	for _, way := range []struct {
		name string
		p    *drills.Played
	}{{"doing nothing", x.Nothing}, {"reference plan", x.Reference}, {"tempting action", x.Tempting}} {
		r.line(fleet.Textf("  %s  harm %s, %s of %s requests bad, $%s", fleet.Label(way.name), drills.Points(way.p.Course.Weighted()),
			fleet.Int(int(way.p.Course.Bad())), fleet.Int(int(way.p.Course.Requests())), drills.Points(way.p.Course.Cost)))
	}
	drillScore(r, "REFERENCE", &x.Good, &x.Reference.Log)
	drillScore(r, "TEMPTING", &x.Bad, &x.Tempting.Log)
	r.line(fleet.Text("  why it tempts and hurts: "), fleet.Label(s.Tempting.Why))
	lines(r, "FAULTS", x.Faults())
	return r.String()
}

func drillScore(r *report, title string, x *drills.Result, log *drills.Log) {
	r.line()
	r.line(fleet.Label(title), fleet.Textf("  %s of 100, %s", drills.Points(x.Total), fleet.Label(string(x.Grade))))
	for _, p := range x.Parts {
		r.line(fleet.Textf("  %s of %s  %s  ", drills.Points(p.Points), drills.Points(p.Of), fleet.Label(p.Name)), p.How)
	}
	for i := range log.Entries {
		e := &log.Entries[i]
		text := e.Text
		if e.Kind == drills.KindTheory {
			text = fleet.Label(e.ID)
		}
		r.line(fleet.Textf("  %s  %s  ", fleet.Age(e.At), fleet.Label(string(e.Kind))), text, changeEnd(e.Change))
	}
	for _, f := range x.Flags {
		r.line(fleet.Text("  RED FLAG: "), fleet.Label(f))
	}
}

func changeEnd(c *drills.Changed) fleet.Safe {
	if c == nil {
		return fleet.Safe{}
	}
	return fleet.Textf("  -> %s %s", fleet.Label(c.State), c.Why)
}

// Drill is the score of a drill with its arithmetic.
func Drill(x *drills.Report) string {
	r := &report{}
	r.line(fleet.Text("EXERCISE "), fleet.Label(x.Scenario.ID), fleet.Text("  "), fleet.Label(x.Scenario.Title), fleet.Textf("  seed %s",
		fleet.Label(strconv.FormatUint(x.Seed, 10))))
	drillScore(r, "SCORE", &x.Result, &x.Log)
	return r.String()
}
