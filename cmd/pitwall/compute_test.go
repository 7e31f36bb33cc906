package main

import "testing"

func TestGrowth(t *testing.T) {
	for said, want := range map[string]float64{"30%": .3, "-10%": -.1, "0%": 0, "2x": 1, "1.5x": .5} {
		if got, err := growthOf(said); err != nil || got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s is %v, %v, want %v", said, got, err, want)
		}
	}
	for _, said := range []string{"30", "x", "-100%", "0x", "NaN%", "Infx", "lots", "1e9%"} {
		if got, err := growthOf(said); err == nil {
			t.Errorf("%s is taken for %v", said, got)
		}
	}
}
