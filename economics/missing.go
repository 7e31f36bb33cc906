package economics

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// LineToAdd is what to write into the site's price file so that a usage gets a price: the heading and the row of a table,
// with the prices left open. It is meant to be copied: a name that would break a terminal is escaped and must be corrected.
func LineToAdd(kind string, model fleet.ModelName, tier string, missing []fleet.UsageKind) []fleet.Safe {
	name := string(model)
	var lines []fleet.Safe
	if head, cells := tokensToAdd(missing); len(missing) == 0 || len(cells) > 0 {
		word := string(Standard)
		if t, ok := TierOf(tier); ok {
			word = string(t)
		}
		lines = append(lines, csvLine(append([]string{"kind", "model", "mode", "tier"}, head...)),
			csvLine(append([]string{kind, name, "chat", word}, cells...)))
	}
	for i, u := range listUnits {
		if slices.Contains(missing, u.use) && (i == 0 || listUnits[i-1].use != u.use) {
			lines = append(lines, csvLine([]string{"kind", "model", "unit", "variant", "price"}),
				csvLine([]string{kind, name, u.name, "", ""}))
		}
	}
	return lines
}

// tokensToAdd are the columns of the tokens that lack a price, and of input and output, which a row must have.
func tokensToAdd(missing []fleet.UsageKind) (head, cells []string) {
	tokens := len(missing) == 0
	for _, k := range missing {
		tokens = tokens || k.IsTokens()
	}
	if !tokens {
		return nil, nil
	}
	for _, c := range tokenColumns {
		if c.kind == fleet.UseInput || c.kind == fleet.UseOutput || slices.Contains(missing, c.kind) {
			head, cells = append(head, c.name), append(cells, "")
		}
	}
	return head, cells
}

func csvLine(cells []string) fleet.Safe {
	parts := make([]fleet.Safe, 0, len(cells))
	for _, cell := range cells {
		text := fleet.Label(cell)
		if strings.ContainsAny(text.String(), `,"`) {
			text = fleet.Concat(fleet.Text(`"`), fleet.Label(strings.ReplaceAll(text.String(), `"`, `""`)), fleet.Text(`"`))
		}
		parts = append(parts, text)
	}
	return fleet.Join(parts, fleet.Text(","))
}
