package statusfeed

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"pitwall/fleet"
)

// watch is what of a feed matters: the claude.ai site may be down while the API is well.
type watch struct {
	components []string // as configured; none means that everything does
	regions    []string // none means that all do
	models     []fleet.ModelName
}

func watchOf(spec fleet.SourceSpec, instead []string) watch {
	w := watch{components: lines(spec.Options[OptionComponents]), regions: lines(spec.Options[OptionRegions]), models: spec.Models}
	if len(w.components) == 0 {
		w.components = instead
	}
	return w
}

func lines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// fold leaves the letters and digits of a name: "Claude Sonnet 4.5" and "claude-sonnet-4-5" are the same.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// holds tells whether a text names something.
func holds(text, name string) bool {
	name = fold(name)
	return name != "" && strings.Contains(fold(text), name)
}

// names tells whether one of the texts names what is watched.
func (w watch) names(texts ...string) bool {
	return len(w.components) == 0 || slices.ContainsFunc(w.components, func(c string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return holds(t, c) })
	})
}

// here tells whether one of the places is watched, or contains one that is. No place is everywhere.
func (w watch) here(places ...string) bool {
	if len(w.regions) == 0 || len(places) == 0 {
		return true
	}
	return slices.ContainsFunc(places, func(p string) bool {
		return fold(p) == "global" || slices.ContainsFunc(w.regions, func(r string) bool {
			return holds(p, r) || strings.HasPrefix(strings.ToLower(r), strings.ToLower(p)+"-")
		})
	})
}

// placesIn lists the watched places that a text names.
func (w watch) placesIn(text string) []string {
	return slices.DeleteFunc(slices.Clone(w.regions), func(r string) bool { return !holds(text, r) })
}

// dated is the date that some names of models end with; feeds do not write it.
var dated = regexp.MustCompile(`-(20\d{6}|20\d\d-\d\d-\d\d)$`)

// named lists the configured models that a text names.
func (w watch) named(text string) []fleet.ModelName {
	var list []fleet.ModelName
	for _, m := range w.models {
		name := string(m)
		name = dated.ReplaceAllString(name[strings.LastIndexByte(name, '/')+1:], "")
		if len(fold(name)) > 2 && holds(text, name) {
			list = append(list, m)
		}
	}
	return list
}

// add keeps an incident that concerns, or may concern, what is watched, and counts the others. watched says that one of its
// components is, whatever their names are.
func (w watch) add(s *fleet.StatusReading, in fleet.Incident, watched bool) {
	in.Models = w.named(in.Title)
	in.Vague = len(w.components) > 0 && len(in.Components) == 0 && len(in.Models) == 0
	concerns := watched || in.Vague || len(in.Models) > 0 || w.names(in.Components...)
	switch {
	case concerns && w.here(in.Regions...):
		s.Incidents = append(s.Incidents, in)
	case in.Impact.Hurts():
		s.Others++
	}
}

func worstFirst(s *fleet.StatusReading) {
	slices.SortStableFunc(s.Incidents, func(a, b fleet.Incident) int {
		return cmp.Or(cmp.Compare(b.Impact.Rank(), a.Impact.Rank()), b.Since.V.Compare(a.Since.V), strings.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(s.Components, func(a, b fleet.ComponentState) int {
		return cmp.Or(cmp.Compare(b.Impact.Rank(), a.Impact.Rank()), strings.Compare(a.Name, b.Name))
	})
}

// says joins the words of a feed that are there.
func says(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

// impactOf looks a word up; one that is not known counts as degraded.
func impactOf(known map[string]fleet.Impact, word string) fleet.Impact {
	if i, ok := known[strings.ToLower(word)]; ok {
		return i
	}
	return fleet.ImpactDegraded
}
