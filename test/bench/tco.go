package main

import (
	"context"
	"fmt"
	"time"

	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/tcopage"
)

const (
	tcoMost   = 50 * time.Millisecond
	tcoRounds = 51
	tcoInputs = 20
)

// measureTCO times a keystroke of the decision: one input is edited, and everything that is shown is worked out and laid out again.
func measureTCO(_ context.Context, _ *workshop) ([]row, error) {
	prices, err := economics.Embedded()
	if err != nil {
		return nil, err
	}
	c := tco.New("bench", prices)
	took := make([]time.Duration, 0, tcoRounds)
	moved := 0
	for i := range tcoRounds {
		began := time.Now()
		if err := c.Put("volume", float64(300+i), tco.Edited, fleet.Text("bench"), time.Time{}); err != nil {
			return nil, err
		}
		a := tco.Solve(&c, tco.MostMonths)
		text := plain.TCO(tcopage.Layout(&a))
		took = append(took, time.Since(began))
		if moved = len(a.Swings); text == "" || moved < tcoInputs {
			return nil, fmt.Errorf("%d inputs move the answer, want %d", moved, tcoInputs)
		}
	}
	return []row{{figure: fmt.Sprintf("TCO over %d months, sensitivity of %d inputs", tco.MostMonths, moved), asked: "< 50 ms a keystroke",
		measured: spread(took), ok: median(took) < tcoMost,
		how: "tco.Solve after one edited input (curve, break-evens, every input at both ends, 101 splits, all comparisons) " +
			"and the text of it"}}, nil
}
