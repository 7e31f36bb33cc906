package billing

import (
	"slices"
	"strings"

	"pitwall/backends/internal/meterwords"
	"pitwall/fleet"
)

// modes are words of line items that say what is made or read, and are no part of a model's name.
var modes = []string{"audio", "aud", "image", "images", "img", "video", "token", "tokens"}

// Before is what stands in a line item before the first word that says what was used: usually the model. It is "" where no word
// does.
func Before(item string, stop ...string) string {
	fields := strings.Fields(item)
	for i, f := range fields {
		word := strings.ToLower(f)
		if meterwords.Kind(word) != fleet.UseUnknown || meterwords.Tier(word) != "" || slices.Contains(modes, word) ||
			slices.Contains(stop, word) {
			return strings.Join(fields[:i], " ")
		}
	}
	return ""
}
