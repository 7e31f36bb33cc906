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

// Price finds a model: exactly, without a provider prefix, without a date suffix, without a region prefix, in this
// order, then without several of them; nothing beyond. kind is the provider kind of the configuration.
func (c *Catalogue) Price(kind string, model fleet.ModelName) (fleet.Price, bool) {
	return find(c.prices, kind, model)
}

// MaxContext is the greatest prompt plus output of a model where the price list says it. It is found like a price.
func (c *Catalogue) MaxContext(kind string, model fleet.ModelName) fleet.Maybe[fleet.Tokens] {
	if n, ok := find(c.limits, kind, model); ok {
		return fleet.Some(n)
	}
	return fleet.None[fleet.Tokens]()
}

// find takes the nearest name; of rows with the same name, that of the kind itself.
func find[T any](rows map[modelKey]T, kind string, model fleet.ModelName) (T, bool) {
	for _, name := range candidates(string(model)) {
		for _, k := range []string{kind, listed[kind]} {
			if found, ok := rows[modelKey{k, name}]; ok && k != "" {
				return found, true
			}
		}
	}
	var none T
	return none, false
}

// candidates are the names that a model may be listed under, from the exact one to the barest.
func candidates(name string) []string {
	out := []string{name}
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
