package views

import (
	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// mostGolden is how many replicas that did not pass are told one by one.
const mostGolden = 3

// goldenLine is one line of what golden prompts showed.
type goldenLine struct {
	role themes.Role
	text fleet.Safe
}

// goldenLines tell what golden prompts showed: first replicas that answered wrongly, then those that show nothing, the
// newest first, and the others together.
func goldenLines(c *actions.Change) []goldenLine {
	if len(c.Golden) == 0 {
		return nil
	}
	var lines []goldenLine
	passed, prompts, others := 0, 0, 0
	for _, verdict := range []string{"FAIL", "UNCLEAR"} {
		for i := len(c.Golden) - 1; i >= 0; i-- {
			g := &c.Golden[i]
			switch {
			case g.Verdict != verdict:
			case len(lines) < mostGolden:
				lines = append(lines, goldenLine{verdictRole(verdict), g.Text()})
			default:
				others++
			}
		}
	}
	for i := range c.Golden {
		if g := &c.Golden[i]; g.Verdict == "PASS" {
			passed++
			prompts = g.Prompts
		}
	}
	if others > 0 {
		lines = append(lines, goldenLine{themes.Dim, fleet.Textf("golden: %s did not pass", fleet.Many(others, "more replica"))})
	}
	if passed > 0 {
		unit := fleet.Text("new replicas")
		if passed == 1 {
			unit = fleet.Text("new replica")
		}
		text := fleet.Textf("golden %s of %s on %s %s: PASS", fleet.Int(prompts), fleet.Int(prompts), fleet.Int(passed), unit)
		lines = append(lines, goldenLine{verdictRole("PASS"), text})
	}
	return lines
}

// goldenRows draws them, what did not pass in two lines at most: its reason stands at the end.
func goldenRows(b *part.Block, c *actions.Change) {
	for _, l := range goldenLines(c) {
		for i, text := range part.Wrap(l.text, b.Width()-3, 2) {
			b.Gap(1+2*min(i, 1)).Put(l.role, text).End()
		}
	}
}

// goldenSpare is how soon they are given up: replicas that all passed are told on the page too.
func goldenSpare(c *actions.Change) uint8 {
	for i := range c.Golden {
		if c.Golden[i].Verdict != "PASS" {
			return spareNever
		}
	}
	return spareSoon
}

// goldenHeight is how many lines these take.
func goldenHeight(c *actions.Change, width int) int {
	n := 0
	for _, l := range goldenLines(c) {
		n += len(part.Wrap(l.text, width-3, 2))
	}
	return n
}

// goldenProof is the part of a change's page that tells them in full.
func goldenProof(s *page, c *actions.Change) {
	lines := goldenLines(c)
	if len(lines) == 0 {
		return
	}
	s.End()
	s.Rule(fleet.Text("GOLDEN PROMPTS"), fleet.Text("their texts are in the configuration alone"), fleet.Safe{})
	for _, l := range lines {
		for _, text := range part.Wrap(l.text, s.Width()-2, 4) {
			s.Gap(2).Put(l.role, text).End()
		}
	}
}
