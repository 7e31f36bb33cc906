package part

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"pitwall/fleet"
	"pitwall/themes"
)

func mono(ascii bool) *themes.Theme { return themes.New(themes.Options{ASCII: ascii}) }

func TestFitCutsByCells(t *testing.T) {
	cases := []struct {
		in   string
		n    int
		want string
	}{
		{"llama-70b", 9, "llama-70b"},
		{"llama-70b", 8, "llama-7~"},
		{"llama", 1, "~"},
		{"llama", 0, ""},
		{"\u6a21\u578b\u4e00", 6, "\u6a21\u578b\u4e00"},
		{"\u6a21\u578b\u4e00", 5, "\u6a21\u578b~"},
		{"\u6a21\u578b\u4e00", 4, "\u6a21~"},
		{"e\u0301t\u00e9", 3, "e\u0301t\u00e9"},
		{"\U0001F44D\U0001F3FDx", 4, "?x"},
	}
	for _, c := range cases {
		if got := Fit(fleet.Label(c.in), c.n); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestPadIsExact(t *testing.T) {
	if got := Pad(fleet.Text("41ms"), 7, Right); got != "   41ms" {
		t.Errorf("right: %q", got)
	}
	if got := Pad(fleet.Label("\u6a21\u578b"), 5, Left); got != "\u6a21\u578b " {
		t.Errorf("wide: %q", got)
	}
}

func FuzzFit(f *testing.F) {
	for _, s := range []string{"a\rEVIL", "\x1b[2J", "\u202e", "\u6a21\u578b", "e\u0301\u0301\u0301", "\u0903x",
		"\u0d4ea"} {
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = ((n % 300) + 300) % 300
		got := Fit(fleet.Label(s), n)
		if w := ansi.StringWidth(got); w > n {
			t.Fatalf("%q is %d cells wide, limit %d", got, w, n)
		}
		if w := ansi.StringWidth(" " + got + " "); w != ansi.StringWidth(got)+2 {
			t.Fatalf("%q joins with its neighbours", got)
		}
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r <= 0x9f {
				t.Fatalf("control character %U in %q", r, got)
			}
		}
	})
}

func FuzzCell(f *testing.F) {
	f.Add("name", "other", uint8(4), true)
	f.Add("\u6a21\u578b", "\u0301x", uint8(3), false)
	f.Fuzz(func(t *testing.T, left, right string, n uint8, ascii bool) {
		b := NewBlock(mono(ascii), 40, 1)
		b.Cell(themes.Crit, fleet.Label(left), int(n), Left).Cell(themes.Text, fleet.Label(right), 9, Right).End()
		if w := ansi.StringWidth(string(b.Line(0))); w != 40 {
			t.Fatalf("line %q is %d cells wide", b.Line(0), w)
		}
	})
}

func TestLinesAreExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.IntRange(1, 120).Draw(rt, "width")
		b := NewBlock(themes.New(themes.Options{Profile: themes.TrueColor}), width, 1)
		text := rapid.String()
		for range rapid.IntRange(0, 12).Draw(rt, "parts") {
			r := themes.Role(rapid.IntRange(0, 14).Draw(rt, "role"))
			n := rapid.IntRange(-3, 50).Draw(rt, "n")
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				b.Put(r, fleet.Label(text.Draw(rt, "s")))
			case 1:
				b.Cell(r, fleet.Label(text.Draw(rt, "s")), n, Right)
			case 2:
				b.Gap(n)
			case 3:
				b.Right(r, fleet.Label(text.Draw(rt, "s")))
			case 4:
				b.Spark(r, fleet.Trend{V: []float64{1, math.NaN(), 3}}, n, 1, 5)
			case 5:
				b.Bar(r, fleet.Some(fleet.Ratio(0.3)), n)
			case 6:
				b.Rule(fleet.Label(text.Draw(rt, "s")), fleet.Label(text.Draw(rt, "s")), fleet.Label(text.Draw(rt,
					"s")))
			}
		}
		b.End()
		for i := range b.Len() {
			if w := ansi.StringWidth(string(b.Line(i))); w != width {
				rt.Fatalf("line %d %q is %d cells wide, want %d", i, b.Line(i), w, width)
			}
		}
	})
}

func TestRule(t *testing.T) {
	b := NewBlock(mono(true), 50, 1)
	b.Rule(fleet.Text("POOLS 6"), fleet.Text("worst first"), fleet.Text("1-6 of 6"))
	want := "-- POOLS 6  worst first -------------- 1-6 of 6 --"
	if got := ansi.Strip(b.String()); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSparkShowsGapsAndLevels(t *testing.T) {
	b := NewBlock(mono(true), 6, 1)
	b.Spark(themes.Text, fleet.Trend{V: []float64{0, 1, math.NaN(), 4, 8}}, 6, 0, 0).End()
	if got := b.String(); got != " .. =#" {
		t.Errorf("got %q", got)
	}
}

func TestBesideAndCut(t *testing.T) {
	th := mono(true)
	l, r := NewBlock(th, 3, 1), NewBlock(th, 2, 1)
	l.Say(themes.Text, "a").End()
	r.Say(themes.Text, "b").End()
	r.Say(themes.Text, "c").End()
	b := NewBlock(th, 6, 2)
	b.Beside(l, r, 1)
	if got := b.String(); got != "a   b \n    c " {
		t.Errorf("got %q", got)
	}
	b.Cut(1)
	if got := b.String(); got != "a   b " {
		t.Errorf("after cut %q", got)
	}
}

func TestLayoutDropsByPriority(t *testing.T) {
	columns := []Column{
		{Title: fleet.Text("NAME"), Width: 10},
		{Title: fleet.Text("15m"), Width: 6, Drop: 9},
		{Title: fleet.Text("ITL"), Width: 6, Drop: 5},
		{Title: fleet.Text("STATE"), Width: 8},
	}
	got := ""
	for _, i := range func() []int { g := Layout(columns, 30, 0); return g.Index }() {
		got += string(rune('0' + i))
	}
	if got != "023" {
		t.Errorf("columns %s, want 023", got)
	}
}

func TestChartMarksLimitAndSeries(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	c := Chart{
		Series: []Series{{Letter: fleet.Text("b"), Trend: fleet.Trend{Step: time.Minute, End: now, V: []float64{1, 2,
			3, 4, 5}}}},
		From: now.Add(-5 * time.Minute), To: now,
		Limit: fleet.Some(2.0), Label: func(v float64) fleet.Safe { return fleet.Float(v, 1) },
	}
	for _, ascii := range []bool{true, false} {
		b := NewBlock(mono(ascii), 50, 10)
		c.Draw(b, 10)
		out := ansi.Strip(b.String())
		if b.Len() != 10 || !strings.Contains(out, "b") || !strings.Contains(out, "2.0") {
			t.Errorf("ascii %v: %d lines\n%s", ascii, b.Len(), out)
		}
	}
}

func TestWrap(t *testing.T) {
	got := Wrap(fleet.Text("asked too often; last values stay, next try in 41s"), 20, 3)
	want := []string{"asked too often;", "last values stay,", "next try in 41s"}
	for i, w := range want {
		if i >= len(got) || got[i].String() != w {
			t.Fatalf("line %d: got %v, want %q", i, got, w)
		}
	}
	if got := Wrap(fleet.Text("one two three four"), 7, 2); got[1].String() != "three ~" {
		t.Errorf("cut: %q", got[1])
	}
}

func TestSteadyValueIsALevelLine(t *testing.T) {
	b := NewBlock(mono(true), 4, 1)
	b.Spark(themes.Text, fleet.Trend{V: []float64{100, 100, 100, 100}}, 4, 0, 0).End()
	if got := b.String(); got != "====" {
		t.Errorf("got %q", got)
	}
}

func TestYoungHistoryStandsAtTheRight(t *testing.T) {
	b := NewBlock(mono(true), 6, 1)
	b.Spark(themes.Text, fleet.Trend{V: []float64{9, 9, 9, 9}}, 6, 0, 12).End()
	if got := b.String(); got != "    ==" {
		t.Errorf("got %q", got)
	}
}
