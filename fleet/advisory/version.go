package advisory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Version is a version as engines and drivers write them: dotted numbers, with a release candidate before them or a
// post-release after them. What else follows, such as the flavour of an image, is no part of it.
type Version struct {
	parts []int
	stage int // -1 release candidate, 0 release, 1 post-release
	n     int // of the stage
}

// Parse reads "v0.11.0", "1.3.0rc15", "v1.3.0 rc15", "0.5.4.post1", "r26.02", "580.126.09", "535.309.01(vGPU 16.14)". It
// is false where no number leads.
func Parse(text string) (Version, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > 1 && (text[0] == 'v' || text[0] == 'r') {
		text = text[1:]
	}
	var v Version
	for {
		end := 0
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(text[:end])
		if err != nil {
			break // a dot that no number follows
		}
		v.parts, text = append(v.parts, n), text[end:]
		rest, dotted := strings.CutPrefix(text, ".")
		if !dotted || rest == "" || rest[0] < '0' || rest[0] > '9' {
			break
		}
		text = rest
	}
	text = strings.TrimLeft(text, " .-_")
	for prefix, stage := range map[string]int{"rc": -1, "post": 1} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			v.stage, v.n = stage, leading(rest)
		}
	}
	return v, len(v.parts) > 0
}

func leading(text string) int {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(text[:end]) // "rc" without a number is the first one
	return n
}

// Compare orders versions: parts as numbers (.05 is 5), absent ones as 0, then candidates before releases.
func (v Version) Compare(w Version) int {
	a, b := slices.Clone(v.parts), slices.Clone(w.parts)
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for len(b) < len(a) {
		b = append(b, 0)
	}
	return cmp.Or(slices.Compare(a, b), cmp.Compare(v.stage, w.stage), cmp.Compare(v.n, w.n))
}

// branch is the first number: a driver 580.126.09 is of the branch R580.
func (v Version) branch() int {
	if len(v.parts) == 0 {
		return 0
	}
	return v.parts[0]
}
