package machines

import (
	"slices"
	"strings"
	"unicode"
)

// products are the GPUs that price tables know, those whose name holds another's first.
var products = []string{"GB300", "GB200", "B300", "B200", "GH200", "H200", "H100", "H800", "H20", "A100", "A800", "A10G", "A10", "A40",
	"A30", "A6000", "A5000", "A4000", "L40S", "L40", "L4", "V100", "P100", "T4", "MI355X", "MI350X", "MI325X", "MI300X", "MI250X", "GAUDI2",
	"GAUDI3"}

// GPU is the product in a provider's text, such as "NVIDIA H100 80GB HBM3", "gpu_2x_h100_sxm5" or "H100x8"; "" where it names
// none that price tables know. Form and memory are left out: pools of a configuration are written without them.
func GPU(said string) string {
	words := strings.FieldsFunc(strings.ToUpper(said), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		names := []string{w}
		if name, count, ok := strings.Cut(w, "X"); ok && count != "" && isNumber(count) {
			names = append(names, name, name+"X") // "H100x8", "MI300Xx8", "MI300X8"
		}
		for _, p := range products {
			if slices.Contains(names, p) {
				return p
			}
		}
		if w == "RTX" && i+1 < len(words) {
			return "RTX " + short(words[i+1])
		}
	}
	return ""
}

// short bounds what follows a brand.
func short(s string) string { return s[:min(len(s), 8)] }

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }
