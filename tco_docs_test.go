package pitwall_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"pitwall/economics/tco"
)

// TestTheReadmesEconomicsAreWhatTheProgramSays runs the one command of the section and compares all that it prints.
func TestTheReadmesEconomicsAreWhatTheProgramSays(t *testing.T) {
	_, section, found := strings.Cut(page(t, "README.md"), "\n## Economics\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(section, -1)
	if !found || len(blocks) != 2 {
		t.Fatalf("README.md has no section Economics of a command and its output: %d blocks", len(blocks))
	}
	args := strings.Fields(blocks[0][1])
	out, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != blocks[1][1] {
		t.Errorf("%s prints\n%s\nand README.md shows\n%s", strings.TrimSpace(blocks[0][1]), out, blocks[1][1])
	}
}

// TestEveryInputIsDocumented holds the table of docs/tco.md to the inputs: their keys, defaults and units.
func TestEveryInputIsDocumented(t *testing.T) {
	text := page(t, "docs/tco.md")
	for _, in := range tco.Inputs() {
		row := "| " + string(in.Group) + " | " + string(in.Key) + " | " + in.Text(in.Default).String() + " | " + string(in.Unit) + " | " +
			in.Text(in.Min).String() + " | " + in.Text(in.Max).String() + " | " + in.Label.String() + ": " + in.Basis.String() + " |"
		if !strings.Contains(text, row) {
			t.Errorf("docs/tco.md has no row %q: write it with pitwall tco --inputs -o markdown", row)
		}
	}
	if n := strings.Count(text, "\n| "); n < len(tco.Inputs()) {
		t.Errorf("only %d rows", n)
	}
}

// TestTheRuleOfThumbIsChecked works the sum of docs/tco.md out.
func TestTheRuleOfThumbIsChecked(t *testing.T) {
	c := tco.New("rule of thumb", nil)
	a := tco.Solve(&c, tco.MostMonths)
	day := a.Now.APITokens * 12 / 365
	if day < 624.995 || day > 625.005 || a.Now.OwnGPUs != 11_680 {
		t.Errorf("a day costs $%.2f and own GPUs $%.2f a month; docs/tco.md says $625 and $11,680", day, a.Now.OwnGPUs)
	}
	if times := 500_000 / (30 * day); times < 26.5 || times > 27.5 {
		t.Errorf("$500k are %.1f times the right sum; docs/tco.md says 27", times)
	}
	for _, say := range []string{"wrong by 27 times", "**$18,750**", "$19,010", "2.67 **billion**", "$11,680"} {
		if !strings.Contains(page(t, "docs/tco.md"), say) {
			t.Errorf("docs/tco.md does not say %q", say)
		}
	}
}
