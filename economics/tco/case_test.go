package tco

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestEveryInputIsSound(t *testing.T) {
	seen := map[Key]bool{}
	for i := range table {
		in := &table[i]
		if in.Key == "" || seen[in.Key] || in.Label.IsEmpty() || in.Basis.IsEmpty() || in.Group == "" || in.Unit == "" {
			t.Errorf("input %d is not whole or is twice there: %+v", i, in)
		}
		seen[in.Key] = true
		low, high := in.ends(in.Default, false)
		for _, v := range []float64{in.Default, low, high} {
			if err := in.check(v); err != nil {
				t.Errorf("%v", err)
			}
		}
		if v, err := in.Parse(in.Text(in.Default).String()); err != nil || v != in.Default {
			t.Errorf("%s: %q is read back as %v, %v", in.Key, in.Text(in.Default), v, err)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d inputs", len(seen))
	}
}

// Every input moves the answer where it is in play, and none but it.
func TestEveryInputMovesTheAnswer(t *testing.T) {
	for i := range table {
		in := &table[i]
		c := New("all in play", nil)
		set(t, &c, map[Key]float64{"volume": 700, "growth": 30, "cached_share": 30, "batch_share": 20, "quality_gap": 5, "lost_hour": 1000,
			"fixed_month": 1000, "eval_cost": 500, "autoscale": 1})
		c.values[prefill].V, c.values[decode].V = 0, 0
		switch {
		case index(i) == reservedHour || index(i) == term:
			set(t, &c, map[Key]float64{"gpu_source": Reserved})
		case index(i) == spotHour || index(i) == spotExtra:
			set(t, &c, map[Key]float64{"gpu_source": Spot})
		case in.Group == GroupOwned:
			set(t, &c, map[Key]float64{"gpu_source": Owned})
		case index(i) == prefill || index(i) == decode:
			c.values[i].V = 5000
		}
		p := c.point()
		before, moved := newPlan(&p).saving(36), false
		low, high := in.ends(c.values[i].V, false)
		for _, v := range []float64{low, high, c.values[i].V*2 + 1, in.Min} {
			if q := p; in.check(v) == nil {
				q.set(index(i), v)
				moved = moved || newPlan(&q).saving(36) != before
			}
		}
		if !moved {
			t.Errorf("%s changes nothing", in.Key)
		}
	}
}

func TestWhatIsTypedIsReadOrRefusedWithTheBounds(t *testing.T) {
	c := New("typed", nil)
	for text, want := range map[string]float64{"50%": 50, " 33.5 ": 33.5, "0": 0} {
		if err := c.Set("input_share", text, Edited, fleet.Text("test")); err != nil || c.values[inputShare].V != want {
			t.Errorf("%q: %v, %v", text, c.values[inputShare].V, err)
		}
	}
	if err := c.Set("capex", "$1,250,000", Edited, fleet.Text("test")); err != nil || c.values[capex].V != 1_250_000 {
		t.Errorf("capex: %v, %v", c.values[capex].V, err)
	}
	if err := c.Set("gpu_source", "Owned", Edited, fleet.Text("test")); err != nil || c.values[source].V != Owned {
		t.Errorf("gpu_source: %v, %v", c.values[source].V, err)
	}
	before := c
	for key, x := range map[Key]struct{ text, say string }{
		"growth":     {"-200", "growth -200 is out of bounds: -90 to 1000 %/year"},
		"spares":     {"1.5", "spares 1.5 must be a whole number"},
		"volume":     {"many", "volume many is no number of M tokens/day"},
		"gpu_source": {"stolen", "none of on-demand, reserved, spot, owned"},
		"peak":       {"NaN", "out of bounds"},
		"\x1b[2J":    {"1", `there is no input ^[[2J`},
	} {
		err := c.Set(key, x.text, Edited, fleet.Text("test"))
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(fleet.Sentence(err).String(), x.say) {
			t.Errorf("%q=%q: %v, want %q", key, x.text, err, x.say)
		}
	}
	if err := c.Set("volume", strings.Repeat("9\x00", 100_000), Edited, fleet.Text("test")); err == nil || len(err.Error()) > 500 || !fleet.IsClean(err.Error()) {
		t.Errorf("a hostile number gives a sentence of %d bytes", len(err.Error()))
	}
	if c.values != before.values {
		t.Error("a refused input changed the case")
	}
}

func TestAnOfferOfTheTableSetsTheHour(t *testing.T) {
	c := New("rented", nil)
	if err := c.Rent("lambda/gpu_8x_h100_sxm5"); err != nil {
		t.Fatal(err)
	}
	v, _ := c.Value("gpu_hour")
	if v.V != 3.99 || v.Origin != PriceTable || !strings.Contains(v.From.String(), "of 2026") {
		t.Errorf("%+v", v)
	}
	if err := c.Rent("lambda/nothing"); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("an offer that there is not: %v", err)
	}
}

func TestValuesKeepTheirOrigin(t *testing.T) {
	c := New("origins", prices(t))
	if !c.Reprice(fleet.Safe{}) {
		t.Fatal("GPT-4o has no price")
	}
	v, ok := c.Value("price_out")
	if !ok || v.V != 10 || v.Origin != PriceTable || v.AsOf.IsZero() {
		t.Errorf("price_out: %+v", v)
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	if err := c.Put("volume", 5, Measured, fleet.Text("route chat"), at); err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Entries() {
		if e.Key == "volume" && (e.Value != 5 || e.Origin != Measured || !e.AsOf.Equal(at)) {
			t.Errorf("volume: %+v", e)
		}
		if e.Key == "people" && e.Origin != Assumption {
			t.Errorf("people: %+v", e)
		}
	}
	c.API = Rented{"nobody", "nothing"}
	if c.Reprice(fleet.Safe{}) {
		t.Error("a model that there is not was priced")
	}
	if v, _ := c.Value("price_in"); !strings.Contains(v.From.String(), "nobody/nothing has no price here") {
		t.Errorf("price_in says %q", v.From)
	}
}
