package economics

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Opinion is a second price list in the schema of pydantic's genai-prices. It prices nothing: it is only compared with.
type Opinion struct {
	Name, SHA256 string
	Written      time.Time
	providers    map[string][]opinionModel // by kind
}

// Difference is a price that differs by more than 5% from that of the second list.
type Difference struct {
	Kind         string
	Model        fleet.ModelName
	Use          fleet.UsageKind
	Ours, Theirs fleet.Money
	Opinion      string
}

// Text says the difference in one sentence.
func (d Difference) Text() fleet.Safe {
	return fleet.Concat(fleet.Label(d.Kind), fleet.Text(" "), fleet.Label(string(d.Model)), fleet.Text(": "),
		fleet.Label(string(d.Use)), fleet.Text(" "), digits(d.Ours.Amount()), fleet.Text(", but "), digits(d.Theirs.Amount()),
		fleet.Text(" in "), fleet.Quote(d.Opinion))
}

// agree is by how much two lists may differ.
var agree = within("0.95", "1.05")

// opinionKinds are the kinds of the catalogue by the names that the second list gives to providers.
var opinionKinds = map[string]string{"aws": "bedrock", "x-ai": "xai"}

type opinionModel struct {
	ID     string          `json:"id"`
	Match  matchRule       `json:"match"`
	Prices json.RawMessage `json:"prices"`
}

// matchRule tells which names a model of the second list goes by. One of its members is set.
type matchRule struct {
	Equals     string      `json:"equals"`
	StartsWith string      `json:"starts_with"`
	EndsWith   string      `json:"ends_with"`
	Contains   string      `json:"contains"`
	Regex      string      `json:"regex"`
	Or         []matchRule `json:"or"`
	And        []matchRule `json:"and"`
	pattern    *regexp.Regexp
}

// ReadOpinion reads a second list. It is taken whole or not at all.
func ReadOpinion(f File) (*Opinion, error) {
	if len(f.Body) > maxFile {
		return nil, invalid(errors.New("it is over 32 MiB"))
	}
	var list []struct {
		ID     string         `json:"id"`
		Models []opinionModel `json:"models"`
	}
	if err := json.Unmarshal(f.Body, &list); err != nil {
		return nil, invalid(fmt.Errorf("it is no price list in the schema of genai-prices: %w", err))
	}
	out := &Opinion{Name: f.Name, SHA256: hash(f.Body), Written: f.Written, providers: map[string][]opinionModel{}}
	total := 0
	for _, p := range list {
		kind := p.ID
		if own := opinionKinds[kind]; own != "" {
			kind = own
		}
		for i := range p.Models {
			if err := p.Models[i].Match.compile(0); err != nil {
				return nil, invalid(fmt.Errorf("model %s: %w", fleet.Label(p.Models[i].ID), err))
			}
		}
		out.providers[kind] = append(out.providers[kind], p.Models...)
		total += len(p.Models)
	}
	if total == 0 {
		return nil, invalid(errors.New("it names no model"))
	}
	return out, nil
}

func (m *matchRule) compile(depth int) (err error) {
	if depth > 8 {
		return errors.New("its match is nested too deeply")
	}
	if m.Regex != "" {
		if m.pattern, err = regexp.Compile(m.Regex); err != nil {
			return errors.New("its match has a pattern that is none")
		}
	}
	for _, list := range [][]matchRule{m.Or, m.And} {
		for i := range list {
			if err := list[i].compile(depth + 1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *matchRule) has(name string) bool {
	one := func(r matchRule) bool { return r.has(name) }
	switch {
	case m.Equals != "":
		return name == m.Equals
	case m.StartsWith != "":
		return strings.HasPrefix(name, m.StartsWith)
	case m.EndsWith != "":
		return strings.HasSuffix(name, m.EndsWith)
	case m.Contains != "":
		return strings.Contains(name, m.Contains)
	case m.pattern != nil:
		return m.pattern.MatchString(name)
	case len(m.Or) > 0:
		return slices.ContainsFunc(m.Or, one)
	case len(m.And) > 0:
		return !slices.ContainsFunc(m.And, func(r matchRule) bool { return !one(r) })
	default:
		return false
	}
}

// opinionKindsOfPrice are the prices that are compared, by their names there.
var opinionKindsOfPrice = map[string]fleet.UsageKind{"input_mtok": fleet.UseInput, "cache_read_mtok": fleet.UseCacheRead,
	"cache_write_mtok": fleet.UseCacheWrite5m, "output_mtok": fleet.UseOutput, "input_audio_mtok": fleet.UseAudioIn,
	"output_audio_mtok": fleet.UseAudioOut}

// Compare finds where the catalogue's standard prices and a second list differ by more than 5%, in the order of names. A
// price that only one of them has is no difference.
func (c *Catalogue) Compare(o *Opinion, on time.Time) []Difference {
	var out []Difference
	keys := slices.SortedFunc(maps.Keys(c.sheets), func(a, b modelKey) int {
		return strings.Compare(a.kind+"\x00"+a.model, b.kind+"\x00"+b.model)
	})
	for _, key := range keys {
		ours, ok := c.sheets[key].rate(Standard, 0)
		theirs := o.find(key)
		if !ok || theirs == nil {
			continue
		}
		prices := theirs.on(on)
		for _, field := range slices.Sorted(maps.Keys(opinionKindsOfPrice)) {
			kind := opinionKindsOfPrice[field]
			their, ok := prices[field]
			our := ours.Of(kind)
			if !ok || !our.OK || agree.has(their, our.V.Amount()) {
				continue
			}
			out = append(out, Difference{key.kind, fleet.ModelName(key.model), kind, our.V, fleet.NewMoney(their, fleet.USD), o.Name})
		}
	}
	return out
}

func (o *Opinion) find(key modelKey) *opinionModel {
	list := o.providers[key.kind]
	for i := range list {
		if list[i].Match.has(key.model) {
			return &list[i]
		}
	}
	return nil
}

// on are the prices of a day. A model has one set, or several of which the last that began counts; a set with another
// condition than its first day is left out. Of tiers the one for the shortest prompts counts.
func (m *opinionModel) on(day time.Time) map[string]decimal.Decimal {
	var sets []struct {
		Constraint map[string]any             `json:"constraint"`
		Prices     map[string]json.RawMessage `json:"prices"`
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(m.Prices, &fields) != nil {
		if json.Unmarshal(m.Prices, &sets) != nil {
			return nil
		}
		for _, s := range sets {
			from, dated := s.Constraint["start_date"].(string)
			start, err := time.Parse(time.DateOnly, from)
			if len(s.Constraint) == 0 || dated && len(s.Constraint) == 1 && err == nil && !start.After(day) {
				fields = s.Prices
			}
		}
	}
	out := map[string]decimal.Decimal{}
	for name, raw := range fields {
		var tiers struct {
			Base json.Number `json:"base"`
		}
		text := strings.TrimSpace(string(raw))
		if strings.HasPrefix(text, "{") && json.Unmarshal(raw, &tiers) == nil {
			text = tiers.Base.String()
		}
		if d, err := number(text); err == nil {
			out[name] = d
		}
	}
	return out
}
