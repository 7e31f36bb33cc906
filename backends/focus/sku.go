package focus

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/meterwords"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// words are what a row of FOCUS says of what was sold, which repeats from row to row.
type words struct {
	kind, service, provider, publisher, meter, sku, details, description, model, use, consumedUnit, pricedUnit sheet.Word
}

// sku is what the words mean.
type sku struct {
	left                        bool
	provider, model, item, tier sheet.Word
	use                         fleet.UsageKind
	consumed, priced            unit
}

// unit is how a quantity is counted.
type unit struct {
	use    fleet.UsageKind
	factor decimal.Decimal
	known  bool
	word   sheet.Word
}

// maxSKUs is how many meanings are kept at once.
const maxSKUs = 50_000

func (t *table) words(row [][]byte, tally *sheet.Tally) words {
	w := func(c sheet.Column) sheet.Word {
		if c == 0 {
			return 0
		}
		return tally.Word(c.Of(row))
	}
	either := func(c [2]sheet.Column) sheet.Word {
		if first := w(c[0]); first != 0 {
			return first
		}
		return w(c[1])
	}
	return words{kind: w(t.kind), service: w(t.service), provider: either(t.provider), publisher: either(t.publisher),
		meter: w(t.meter), sku: w(t.sku), details: w(t.details), description: w(t.description), model: w(t.model), use: w(t.use),
		consumedUnit: w(t.consumedUnit), pricedUnit: w(t.pricedUnit)}
}

// know finds what words mean, once.
func (t *table) know(w words, tally *sheet.Tally) *sku {
	if s := t.skus[w]; s != nil {
		return s
	}
	if len(t.skus) >= maxSKUs {
		clear(t.skus)
	}
	s := t.mean(w, tally)
	t.skus[w] = s
	return s
}

func (t *table) mean(w words, tally *sheet.Tally) *sku {
	service, description, meter := tally.Of(w.service), tally.Of(w.description), tally.Of(w.meter)
	provider, mapped := t.parties.of(service, tally.Of(w.provider), tally.Of(w.publisher))
	s := &sku{provider: tally.Text(string(provider))}
	if !t.all && !mapped && !ofModels(tally.Of(w.kind), service) {
		s.left = true
		return s
	}
	said := strings.Join([]string{meter, tally.Of(w.sku), description, service, tally.Of(w.details)}, " ")
	s.model = w.model
	if s.model == 0 {
		s.model = tally.Text(t.named(said, tally.Of(w.details), service))
	} else {
		s.model = tally.Text(escaped(tally.Of(w.model)))
	}
	for _, item := range []sheet.Word{w.meter, w.description, w.sku, w.service} {
		if item != 0 {
			s.item = tally.Text(escaped(tally.Of(item)))
			break
		}
	}
	s.tier = tally.Text(meterwords.Tier(said))
	s.use = kindOf(tally.Of(w.use), meter, description+" "+tally.Of(w.sku))
	s.consumed, s.priced = unitOf(tally, w.consumedUnit, s.use), unitOf(tally, w.pricedUnit, s.use)
	return s
}

// untokened are the kinds that count no tokens.
var untokened = []fleet.UsageKind{fleet.UseRequests, fleet.UseToolCalls, fleet.UseImages, fleet.UseVideoSeconds, fleet.UseAudioSeconds,
	fleet.UseCharacters, fleet.UseStorage, fleet.UseHours}

// kindOf is what is counted: what pitwall's own export says, else what the first text tells that tells anything.
func kindOf(own string, texts ...string) fleet.UsageKind {
	if k := fleet.UsageKind(own); k.IsTokens() || slices.Contains(untokened, k) {
		return k
	}
	for _, s := range texts {
		if k := meterwords.Kind(s); k != fleet.UseUnknown {
			return k
		}
	}
	return fleet.UseUnknown
}

// unitOf reads a unit.
func unitOf(tally *sheet.Tally, w sheet.Word, use fleet.UsageKind) unit {
	u := unit{word: w}
	u.use, u.factor, u.known = meterwords.Unit(tally.Of(w), use)
	return u
}

// quantity is how much was used: as consumed, or as priced where that is not said. In a unit that is not known it is
// unknown where what was used is, so that it is never added to tokens.
func (t *table) quantity(row [][]byte, s *sku) (fleet.UsageKind, sheet.Amount, sheet.Word) {
	u := s.consumed
	a, _ := sheet.ParseAmount(t.consumed.Of(row))
	if !a.OK || u.word == 0 {
		a, _ = sheet.ParseAmount(t.priced.Of(row))
		u = s.priced
	}
	switch {
	case u.known:
		return u.use, a.Times(u.factor), 0
	case s.use == fleet.UseUnknown:
		return s.use, a, u.word
	default:
		return s.use, sheet.Amount{}, 0
	}
}

// named is the model that words name: in a field of the details, as one of the configuration's, or as the service that AWS
// sells it as.
func (t *table) named(said, details, service string) string {
	var fields map[string]any
	if strings.HasPrefix(details, "{") && json.Unmarshal([]byte(details), &fields) == nil {
		for _, name := range []string{"Model", "model", "ModelName", "modelName"} {
			if s, ok := fields[name].(string); ok && s != "" {
				return s
			}
		}
	}
	if m := t.rules.modelIn(said); m != "" {
		return m
	}
	if m, ok := strings.CutSuffix(service, bedrockEdition); ok {
		return strings.TrimSpace(m)
	}
	return ""
}

// modelIn finds the longest of the configuration's models that a text names.
func (r rules) modelIn(text string) string {
	text = strings.ToLower(text)
	best := ""
	for _, m := range r.models {
		if len(m) > len(best) && strings.Contains(text, strings.ToLower(string(m))) {
			best = string(m)
		}
	}
	return best
}

// escaped takes away the mark that keeps spreadsheets from taking a text for a formula, as pitwall's own export writes it.
func escaped(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte("=+-@", s[1]) >= 0 {
		return s[1:]
	}
	return s
}
