package economics

import (
	"encoding/csv"
	"slices"
	"strings"

	"pitwall/fleet"
)

// LineToAdd is what to write into the site's price file so that a usage gets a price: the heading and the row of a table,
// with the prices left open. It is meant to be copied: a name that would break a terminal is escaped and must be corrected.
func LineToAdd(kind string, model fleet.ModelName, tier string, missing []fleet.UsageKind) []string {
	name := fleet.Label(string(model)).String()
	var lines []string
	if head, cells := tokensToAdd(missing); len(missing) == 0 || len(cells) > 0 {
		word := string(Standard)
		if t, ok := TierOf(tier); ok {
			word = string(t)
		}
		lines = append(lines, csvLine(append([]string{"kind", "model", "mode", "tier"}, head...)),
			csvLine(append([]string{fleet.Label(kind).String(), name, "chat", word}, cells...)))
	}
	for i, u := range listUnits {
		if slices.Contains(missing, u.use) && (i == 0 || listUnits[i-1].use != u.use) {
			lines = append(lines, csvLine([]string{"kind", "model", "unit", "variant", "price"}),
				csvLine([]string{fleet.Label(kind).String(), name, u.name, "", ""}))
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

func csvLine(cells []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(cells) // a strings.Builder takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
