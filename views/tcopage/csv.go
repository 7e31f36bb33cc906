package tcopage

import (
	"encoding/csv"
	"strconv"
	"strings"

	"pitwall/economics/tco"
	"pitwall/fleet"
)

// CSV writes the figures of an answer in one long table, so that a spreadsheet can pivot it: section, name, number, unit, and what
// there is to say. Dollars are to the cent.
func CSV(a *tco.Answer) (string, error) {
	t := &long{}
	t.add("section", "name", "month", "value", "unit", "note")
	t.say("answer", "verdict", string(a.Verdict), string(a.Compares))
	t.dollars("answer", "saving", 0, a.Saving)
	t.maybe("break-even", "today", a.Now.BreakEven.Stays)
	t.maybe("break-even", "whole horizon", a.Over.Stays)
	for _, side := range []struct {
		name string
		of   *tco.Side
	}{{"API", &a.APITotal}, {"self-host", &a.OwnTotal}} {
		for _, l := range side.of.Lines {
			t.dollars("cost "+side.name, l.Name.String(), 0, l.Dollars)
		}
		t.dollars("cost "+side.name, "total", 0, side.of.Total)
	}
	for i := range a.Curve {
		m := &a.Curve[i]
		t.add("month", "volume", strconv.Itoa(m.N), figure(m.MTokDay), string(tco.MTokDay), "")
		t.add("month", "instances", strconv.Itoa(m.N), figure(m.Instances), "number", "")
		t.dollars("month", "API", m.N, m.API)
		t.dollars("month", "self-host", m.N, m.Own)
	}
	for i := range a.Swings {
		x := &a.Swings[i]
		t.add("sensitivity", string(x.Key)+" at "+x.Low.String(), "", cents(x.AtLow), "$", turns(x))
		t.add("sensitivity", string(x.Key)+" at "+x.High.String(), "", cents(x.AtHigh), "$", turns(x))
	}
	for i := range a.Hybrid.Splits {
		x := &a.Hybrid.Splits[i]
		note := ""
		if !x.Allowed {
			note = "not allowed"
		}
		t.add("split", percent(x.Share).String()+" on own GPUs", "", cents(x.Cost()), "$", note)
	}
	for i := range a.Like {
		x := &a.Like[i]
		t.add("like with like", x.API.String(), "", cents(x.APITotal), "$", string(x.Compares)+"; "+string(x.Verdict))
	}
	for i := range a.Reasons {
		r := &a.Reasons[i]
		t.say("reason for "+string(r.For), r.Title.String(), string(r.Stand), r.Datum.String())
	}
	for i := range a.Inputs {
		x := &a.Inputs[i]
		t.add("input", string(x.Key), "", x.Text.String(), string(x.Unit), string(x.Origin)+": "+from(x).String())
	}
	return t.String()
}

// long collects rows. A cell that a spreadsheet would take for a formula is text.
type long struct{ rows [][]string }

func (t *long) add(cells ...string) {
	for i, c := range cells {
		if _, err := strconv.ParseFloat(c, 64); err != nil && c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			c = "'" + c
		}
		cells[i] = fleet.Label(c).String()
	}
	t.rows = append(t.rows, cells)
}

func (t *long) say(section, name, value, note string) { t.add(section, name, "", value, "", note) }

func (t *long) dollars(section, name string, month int, v float64) {
	at := ""
	if month > 0 {
		at = strconv.Itoa(month)
	}
	t.add(section, name, at, cents(v), "$", "")
}

func (t *long) maybe(section, name string, m fleet.Maybe[float64]) {
	if !m.OK {
		t.add(section, name, "", "", string(tco.MTokDay), "never")
		return
	}
	t.add(section, name, "", figure(m.V), string(tco.MTokDay), "")
}

// String gives all rows as CSV.
func (t *long) String() (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	err := w.WriteAll(t.rows)
	return b.String(), err
}

func turns(x *tco.Swing) string {
	if x.Flips {
		return "turns the verdict at an end"
	}
	return ""
}

func cents(v float64) string  { return strconv.FormatFloat(v, 'f', 2, 64) }
func figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
