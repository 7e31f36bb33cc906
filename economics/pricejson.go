package economics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// mapKinds are the provider kinds of LiteLLM's price map that have another name here. What is not listed keeps its own.
var mapKinds = map[string]string{
	"text-completion-openai": "openai", "azure_text": "azure", "azure_ai": "azure", "bedrock_converse": "bedrock", "bedrock_mantle": "bedrock",
	"gemini": "google", "together_ai": "together", "fireworks_ai": "fireworks", "fireworks_ai-embedding-models": "fireworks",
	"text-completion-codestral": "mistral", "runwayml": "runway", "aws_polly": "polly",
}

// mapPrefixes are what stands before a model's name in the map and is not of the name.
var mapPrefixes = []string{"openai/", "azure/", "azure_ai/", "anthropic/", "bedrock/", "bedrock_mantle/", "gemini/", "vertex_ai/",
	"together_ai/", "openrouter/", "fireworks_ai/", "groq/", "mistral/", "xai/", "deepseek/", "runwayml/", "aws_polly/"}

// mapFields are the parts of a price in dollars for one token, before the suffixes of tier and threshold.
var mapFields = map[string]fleet.UsageKind{
	"input_cost_per_token": fleet.UseInput, "output_cost_per_token": fleet.UseOutput,
	"cache_read_input_token_cost": fleet.UseCacheRead, "input_cost_per_token_cache_hit": fleet.UseCacheRead,
	"cache_creation_input_token_cost": fleet.UseCacheWrite5m, "cache_creation_input_token_cost_above_1hr": fleet.UseCacheWrite1h,
	"input_cost_per_audio_token": fleet.UseAudioIn, "output_cost_per_audio_token": fleet.UseAudioOut,
	"cache_read_input_audio_token_cost": fleet.UseAudioCached,
	"input_cost_per_image_token":        fleet.UseImageIn, "output_cost_per_image_token": fleet.UseImageOut,
	"output_cost_per_reasoning_token": fleet.UseReasoning,
}

// mapSuffix splits a field: its part, the threshold in thousands of tokens, and the tier.
var mapSuffix = regexp.MustCompile(`^(.*?)(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$`)

// readJSON reads a price map in LiteLLM's schema.
func (l *layer) readJSON(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var entries map[string]map[string]any
	if err := d.Decode(&entries); err != nil {
		return fmt.Errorf("it is no price map in LiteLLM's schema: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after the end of the price map")
	}
	names := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
		if x, y := prefixed(a), prefixed(b); x != y {
			return x - y
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if name == "sample_spec" {
			continue
		}
		if err := l.entry(name, entries[name]); err != nil {
			return fmt.Errorf("entry %s: %w", fleet.Label(name), err)
		}
	}
	if l.rows == 0 {
		return errors.New("no entry of it has a price")
	}
	l.finish()
	return nil
}

// prefixed orders a model's own name before that with a provider's prefix: where both are listed, the first one counts.
func prefixed(name string) int {
	if bare, _ := mapName(name); bare == name {
		return 0
	}
	return 1
}

func (l *layer) entry(name string, fields map[string]any) error {
	provider, _ := fields["litellm_provider"].(string)
	kind := mapKinds[provider]
	switch {
	case strings.HasPrefix(provider, "vertex_ai"):
		kind = "vertex"
	case kind == "":
		kind = provider
	}
	if kind == "" {
		return nil // nobody who could be paid
	}
	mode, _ := fields["mode"].(string)
	rates, err := mapRates(mode, fields)
	if err != nil {
		return err
	}
	model, variant := mapName(name)
	units, err := mapUnits(mode, variant, fields)
	if err != nil || len(rates) == 0 && len(units) == 0 {
		return err
	}
	l.rows++
	where := fleet.Concat(fleet.Text("entry "), fleet.Label(name))
	s := l.sheet(kind, model)
	if len(s.Rates) > 0 && len(rates) > 0 {
		return nil
	}
	for _, r := range rates {
		l.addRate(where, s, r)
	}
	for _, u := range units {
		if _, there := s.Piece(u.Use, u.Variant); !there || u.Variant != "" {
			l.addUnit(where, s, u)
		}
	}
	return mapRest(s, mode, fields)
}

// mapName takes the provider's prefix and what is drawn off a model's name: "hd/1024-x-1024/dall-e-3" is dall-e-3.
func mapName(name string) (model, variant string) {
	for _, p := range mapPrefixes {
		if bare := strings.TrimPrefix(name, p); bare != name && bare != "" {
			name = bare
			break
		}
	}
	if m := drawn.FindStringSubmatch(name); m != nil {
		return strings.TrimPrefix(m[2], "bedrock/"), strings.TrimSuffix(m[1], "/")
	}
	return name, ""
}

var drawn = regexp.MustCompile(`^((?:[a-z]+/)?\d+-x-\d+/(?:[a-z0-9]+-steps/)?)(.+)$`)

// terms are what a price in the map holds for.
type terms struct {
	tier  Tier
	above fleet.Tokens
}

// mapRates are the prices of tokens by tier and threshold. Without one on standard terms nothing is known of a model.
func mapRates(mode string, fields map[string]any) ([]Rate, error) {
	found, err := mapPrices(mode, fields)
	if err != nil {
		return nil, err
	}
	var out []Rate
	for at, p := range found {
		if mode == "embedding" && p.Of(fleet.UseInput).OK && !p.Of(fleet.UseOutput).OK {
			p.Output = fleet.NewMoney(decimal.Zero, fleet.USD) // vectors are not charged
		}
		if at == (terms{tier: Standard}) || p.Of(fleet.UseInput).OK {
			out = append(out, Rate{Tier: at.tier, Above: at.above, Price: *p})
		}
	}
	slices.SortFunc(out, compareRates)
	if len(out) > 0 && (out[0].Tier != Standard || out[0].Above != 0) {
		return nil, nil
	}
	return out, nil
}

// mapPrices are the fields of an entry by their terms. A price of 0 in the map means that there is none for a token.
func mapPrices(mode string, fields map[string]any) (map[terms]*fleet.Price, error) {
	found := map[terms]*fleet.Price{}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		m := mapSuffix.FindStringSubmatch(field)
		kind, known := mapFields[m[1]]
		if !known {
			continue
		}
		price, ok, err := perMillion(fields[field])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		if !ok || price.Amount().IsZero() && (kind != fleet.UseOutput || mode != "embedding") {
			continue
		}
		tier, _ := TierOf(m[3])
		thousands, _ := strconv.Atoi("0" + m[2])
		at := terms{tier, fleet.Tokens(thousands * 1000)}
		if found[at] == nil {
			found[at] = &fleet.Price{}
		}
		if field != "input_cost_per_token_cache_hit" || !found[at].CachedIn.OK { // the older name of the cached price
			found[at].Set(kind, price)
		}
	}
	return found, nil
}

func perMillion(v any) (fleet.Money, bool, error) {
	text, ok := v.(json.Number)
	if !ok {
		return fleet.Money{}, false, nil // null, or text in a place for a number
	}
	d, err := number(text.String())
	return fleet.NewMoney(d.Shift(6).Round(9), fleet.USD), true, err
}

func mapRest(s *Listing, mode string, fields map[string]any) error {
	if s.Mode == "" || mode == "chat" {
		s.Mode = mode
	}
	if n, ok := fields["max_input_tokens"].(json.Number); ok {
		if d, err := number(n.String()); err == nil && d.IsInteger() && d.IsPositive() {
			s.MaxContext = fleet.Some(fleet.Tokens(d.IntPart()))
		}
	}
	specific, _ := fields["provider_specific_entry"].(map[string]any)
	s.Uplifts = nil
	for _, u := range []struct {
		name  string
		value any
	}{{"eu", fields["regional_processing_uplift_multiplier_eu"]}, {"us", fields["regional_processing_uplift_multiplier_us"]},
		{"us", specific["us"]}, {"fast", specific["fast"]}} {
		text, ok := u.value.(json.Number)
		if !ok {
			continue
		}
		factor, err := number(text.String())
		if err != nil || factor.IsZero() {
			return fmt.Errorf("the factor of %s is no number above 0", u.name)
		}
		s.Uplifts = append(s.Uplifts, Uplift{u.name, factor})
	}
	return nil
}

// compareRates orders tiers as they are named above, and the shortest prompts first.
func compareRates(a, b Rate) int {
	order := []Tier{Standard, Batch, Flex, Priority}
	if d := slices.Index(order, a.Tier) - slices.Index(order, b.Tier); d != 0 {
		return d
	}
	return int(a.Above) - int(b.Above)
}

// pieceOf makes the price of a unit of the map's price of one.
func pieceOf(name, variant string, price decimal.Decimal) PiecePrice {
	for _, u := range listUnits {
		if u.name == name {
			per := decimal.NewFromInt(u.per)
			return PiecePrice{Unit: u.name, Use: u.use, Per: per, Variant: variant, Price: fleet.NewMoney(price.Round(15), fleet.USD)}
		}
	}
	return PiecePrice{}
}
