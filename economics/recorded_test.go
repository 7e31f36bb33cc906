package economics

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pitwall/fleet"
)

var update = flag.Bool("update", false, "write prices/models.csv and prices/units.csv anew from the recorded price map")

// recorded is a file of the recorded data beside the checkout.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	body, err := os.ReadFile(filepath.Join(dir, "../shared/data/billing", name))
	if err != nil {
		t.Skipf("%s is not beside this checkout", name)
	}
	return body
}

// embeddedKinds are those whose rows are compiled in.
var embeddedKinds = strings.Fields("openai anthropic google vertex azure bedrock together openrouter fireworks groq mistral xai deepseek " +
	"runway elevenlabs deepgram stability black_forest_labs polly")

// inRegion are copies of models that a gateway calls by the region before their name. Nobody else does.
var inRegion = regexp.MustCompile(`^(?:[a-z]{2}(?:-[a-z]+)+-\d|invoke)/`)

// mislabelled is a chat model that retired in 2025 and is recorded as an embedding, without a price of its output.
var mislabelled = modelKey{"google", "gemini-1.5-flash"}

// The embedded rows are those of the recorded price map, less what is in doubt.
func TestEmbeddedRowsAreThoseOfTheRecordedMap(t *testing.T) {
	l := newLayer(nil)
	if err := l.readJSON(recorded(t, "litellm_model_prices_2026-08-01.json")); err != nil {
		t.Fatal(err)
	}
	var keys []modelKey
	for key, s := range l.sheets {
		if slices.Contains(embeddedKinds, key.kind) && !inRegion.MatchString(key.model) && key != mislabelled {
			keys = append(keys, key)
			clean(s)
		}
	}
	slices.SortFunc(keys, func(a, b modelKey) int { return strings.Compare(a.kind+"\x00"+a.model, b.kind+"\x00"+b.model) })
	tokens, others := []string{tokenHead()}, []string{"kind,model,unit,variant,price"}
	for _, key := range keys {
		s := l.sheets[key]
		for i := range s.Rates {
			tokens = append(tokens, tokenRow(s, i))
		}
		for _, u := range s.Units {
			others = append(others, strings.Join([]string{s.Kind, s.Model, u.Unit, u.Variant, u.Price.Amount().String()}, ","))
		}
	}
	for path, want := range map[string][]string{"prices/models.csv": tokens, "prices/units.csv": others} {
		text := strings.Join(want, "\n") + "\n"
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(strings.TrimSpace(string(have)), "\n"); !slices.Equal(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s, line %d: %q, recorded %q", path, i+1, got[i], want[i])
				}
			}
			t.Fatalf("%s has %d lines, recorded %d", path, len(got), len(want))
		}
	}
}

func tokenHead() string {
	head := []string{"kind", "model", "mode", "tier", "above"}
	for _, c := range tokenColumns {
		head = append(head, c.name)
	}
	return strings.Join(append(head, "uplift", "max_context"), ",")
}

func tokenRow(s *Listing, i int) string {
	r := &s.Rates[i]
	cells := []string{s.Kind, s.Model, s.Mode, "", "", "", ""}[:5]
	if r.Tier != Standard {
		cells[3] = string(r.Tier)
	}
	if r.Above > 0 {
		cells[4] = strconv.Itoa(int(r.Above))
	}
	for _, c := range tokenColumns {
		text := ""
		if m := r.Price.Of(c.kind); m.OK {
			text = m.V.Amount().String()
		}
		cells = append(cells, text)
	}
	uplift, limit := "", ""
	if r.Tier == Standard && r.Above == 0 {
		words := make([]string, 0, len(s.Uplifts))
		for _, u := range s.Uplifts {
			words = append(words, u.Name+":"+u.Factor.String())
		}
		uplift = strings.Join(words, " ")
		if s.MaxContext.OK {
			limit = strconv.Itoa(int(s.MaxContext.V))
		}
	}
	return strings.Join(append(cells, uplift, limit), ",")
}

// clean takes out what lint doubts: parts beyond their bounds against input, and rates that lack or doubt what remains.
func clean(s *Listing) {
	var rates []Rate
	for _, r := range s.Rates {
		p := &r.Price
		for _, b := range partBounds {
			if m := p.Of(b.kind); m.OK && b.kind != fleet.UseOutput && (p.Input.Currency() == "" || !b.has(m.V.Amount(), p.Input.Amount())) {
				without(p, b.kind)
			}
		}
		rates = append(rates, r)
	}
	standardOutput := len(rates) > 0 && rates[0].Price.Output.Currency() != ""
	s.Rates = nil
	for i, r := range rates {
		chat := s.Mode == "" || s.Mode == "chat" || s.Mode == "responses" || s.Mode == "completion"
		whole := r.Price.Input.Currency() != "" && (r.Price.Output.Currency() != "" || !standardOutput && !chat)
		s.Rates = append(s.Rates, r)
		if !whole && (chat || i > 0) || len(lint(s, len(s.Rates)-1, nil)) > 0 {
			s.Rates = s.Rates[:len(s.Rates)-1]
			if i == 0 {
				break // nothing is known without the standard
			}
		}
	}
	s.Units = slices.DeleteFunc(s.Units, func(u PiecePrice) bool { return len(lintUnit(u)) > 0 })
}

func without(p *fleet.Price, kind fleet.UsageKind) {
	rest := fleet.Price{}
	for _, k := range fleet.TokenKinds() {
		if m := p.Of(k); m.OK && k != kind {
			rest.Set(k, m.V)
		}
	}
	*p = rest
}
