package economics

import (
	"regexp"
	"slices"
	"strings"

	"pitwall/fleet"
)

// The parts of a name that do not change a price: who serves it, the day of its release, and the region that answers.
var (
	datedName  = regexp.MustCompile(`[-@]\d{4}-?\d{2}-?\d{2}$`)
	regionName = regexp.MustCompile(`^(us|eu|apac|global|jp|au)\.`)
)

// listed are the kinds of providers that price lists call by another name. Rows of a site's file may use either.
var listed = map[string]string{"gemini": "google", "vertex-ai": "vertex", "azure-openai": "azure"}

// Price finds what a model costs on standard terms: exactly, without a provider prefix, without a date suffix, without a
// region prefix, in this order, then without several of them; nothing beyond. kind is the provider kind of the configuration.
func (c *Catalogue) Price(kind string, model fleet.ModelName) (fleet.Price, bool) {
	s, ok := find(c.sheets, kind, model, func(s *Listing) bool { _, ok := s.Standard(); return ok })
	if !ok {
		return fleet.Price{}, false
	}
	return s.Standard()
}

// MaxContext is the greatest prompt plus output of a model where the price list says it. It is found like a price.
func (c *Catalogue) MaxContext(kind string, model fleet.ModelName) fleet.Maybe[fleet.Tokens] {
	if s, ok := find(c.sheets, kind, model, func(s *Listing) bool { return s.MaxContext.OK }); ok {
		return s.MaxContext
	}
	return fleet.None[fleet.Tokens]()
}

// find takes the nearest name that has what is looked for; of rows with the same name, that of the kind itself.
func find(rows map[modelKey]*Listing, kind string, model fleet.ModelName, has func(*Listing) bool) (*Listing, bool) {
	if found := rows[modelKey{kind, string(model)}]; found != nil && has(found) {
		return found, true // most names are exact, and candidates cost time
	}
	for _, name := range candidates(string(model)) {
		for _, k := range []string{kind, listed[kind]} {
			if found := rows[modelKey{k, name}]; found != nil && k != "" && has(found) {
				return found, true
			}
		}
	}
	return nil, false
}

// longestName bounds the work on a name that somebody else wrote.
const longestName = 300

// candidates are the names that a model may be listed under, from the exact one to the barest.
func candidates(name string) []string {
	out := []string{name}
	if len(name) > longestName {
		return out // nothing that a list has
	}
	for depth := 0; depth < len(out); depth++ {
		for _, strip := range []func(string) string{withoutPrefix, withoutDate, withoutRegion} {
			if bare := strip(out[depth]); bare != "" && !slices.Contains(out, bare) {
				out = append(out, bare)
			}
		}
	}
	return out
}

func withoutPrefix(name string) string {
	_, bare, found := strings.Cut(name, "/")
	if !found {
		return name
	}
	return bare
}

func withoutDate(name string) string { return datedName.ReplaceAllString(name, "") }

func withoutRegion(name string) string { return regionName.ReplaceAllString(name, "") }
