package economics

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// columns are those of a file without a heading, the schema of the first files.
var columns = []string{"kind", "model", "mode", "input", "cached", "cache_write", "output", "max_context"}

// tokenColumns say in which column the price of a million tokens of a kind stands.
var tokenColumns = []struct {
	name string
	kind fleet.UsageKind
}{
	{"input", fleet.UseInput}, {"cached", fleet.UseCacheRead}, {"cache_write", fleet.UseCacheWrite5m},
	{"cache_write_1h", fleet.UseCacheWrite1h}, {"output", fleet.UseOutput}, {"audio_in", fleet.UseAudioIn},
	{"audio_cached", fleet.UseAudioCached}, {"audio_out", fleet.UseAudioOut}, {"image_in", fleet.UseImageIn},
	{"image_out", fleet.UseImageOut}, {"reasoning", fleet.UseReasoning},
}

// otherColumns are those that are no price of tokens; tables of other units have "unit", "variant" and "price".
var otherColumns = []string{"kind", "model", "mode", "tier", "above", "uplift", "max_context", "unit", "variant", "price"}

// listUnits are the units of what is no tokens, and how much of a kind one of them is.
var listUnits = []struct {
	name string
	use  fleet.UsageKind
	per  int64
}{
	{"video_second", fleet.UseVideoSeconds, 1}, {"image", fleet.UseImages, 1}, {"megapixel", fleet.UseMegapixels, 1},
	{"audio_second", fleet.UseAudioSeconds, 1}, {"audio_minute", fleet.UseAudioSeconds, 60},
	{"1m_characters", fleet.UseCharacters, million}, {"page", fleet.UsePages, 1}, {"request", fleet.UseRequests, 1},
	{"web_search", fleet.UseToolCalls, 1}, {"hour", fleet.UseHours, 1}, {"gib_hour", fleet.UseStorage, 1},
}

// row is one line of a table, by the names of its heading.
type row struct {
	heading, cells []string
}

func (r row) get(name string) string {
	if i := slices.Index(r.heading, name); i >= 0 {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

// readCSV reads tables of token prices and of other units, each with a heading of its own, after an optional first line
// "# as of 2026-11-01".
func (l *layer) readCSV(file []byte) error {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	skipped := 0
	if line, rest, ok := bytes.Cut(file, []byte("\n")); ok && bytes.HasPrefix(line, []byte("#")) {
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(line[1:])), "as of"))
		date, err := time.Parse("2006-01-02", text)
		if err != nil {
			return errors.New("line 1: the comment must read: # as of 2026-11-01")
		}
		l.date, file, skipped = date, rest, 1
	}
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = -1
	heading := columns
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		line += skipped
		if cells[0] == "kind" {
			if heading, err = headingOf(cells); err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
			continue
		}
		if len(cells) != len(heading) {
			return fmt.Errorf("line %d: it has %d cells, its heading %d", line, len(cells), len(heading))
		}
		l.rows++
		if err := l.row(line, row{heading, cells}); err != nil {
			return fmt.Errorf("line %d, %s: %w", line, fleet.Label(cells[1]), err)
		}
	}
	l.finish()
	return nil
}

func headingOf(cells []string) ([]string, error) {
	for i, name := range cells {
		token := slices.ContainsFunc(tokenColumns, func(c struct {
			name string
			kind fleet.UsageKind
		}) bool {
			return c.name == name
		})
		if !token && !slices.Contains(otherColumns, name) {
			return nil, fmt.Errorf("column %q is not known", fleet.Label(name))
		}
		if slices.Contains(cells[:i], name) {
			return nil, fmt.Errorf("column %q is there twice", fleet.Label(name))
		}
	}
	if !slices.Contains(cells, "model") {
		return nil, errors.New(`the column "model" is missing`)
	}
	if slices.Contains(cells, "unit") != slices.Contains(cells, "price") {
		return nil, errors.New(`the columns "unit" and "price" go together`)
	}
	return cells, nil
}

func (l *layer) row(line int, r row) error {
	kind, model := r.get("kind"), r.get("model")
	if kind == "" || model == "" {
		return errors.New("kind or model is empty")
	}
	where := fleet.Concat(fleet.Text("line "), fleet.Int(line), fleet.Text(", "), fleet.Label(model))
	s := l.sheet(kind, model)
	if slices.Contains(r.heading, "unit") {
		u, err := unitOf(r)
		if err == nil {
			l.addUnit(where, s, u)
		}
		return err
	}
	rate, err := rateOf(r)
	if err != nil {
		return err
	}
	if rate.Tier == Standard && rate.Above == 0 {
		s.Mode = r.get("mode")
		if s.Uplifts, err = upliftsOf(r.get("uplift")); err != nil {
			return err
		}
		if err := contextOf(r.get("max_context"), s); err != nil {
			return err
		}
	}
	l.addRate(where, s, rate)
	return nil
}

func rateOf(r row) (Rate, error) {
	out := Rate{Tier: Standard}
	if word := r.get("tier"); word != "" {
		tier, ok := TierOf(word)
		if !ok {
			return out, fmt.Errorf("tier %q is none of standard, batch, flex, priority", fleet.Label(word))
		}
		out.Tier = tier
	}
	if text := r.get("above"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return out, fmt.Errorf("above %q is no number of tokens", fleet.Label(text))
		}
		out.Above = fleet.Tokens(n)
	}
	var err error
	out.Price, err = priceOf(r)
	return out, err
}

func priceOf(r row) (fleet.Price, error) {
	var p fleet.Price
	for _, c := range tokenColumns {
		text := r.get(c.name)
		if text == "" {
			continue
		}
		m, err := amount(text)
		if err != nil {
			return p, err
		}
		p.Set(c.kind, m)
	}
	in, out := p.Of(fleet.UseInput), p.Of(fleet.UseOutput)
	switch chat := r.get("mode") == "chat" || r.get("mode") == ""; {
	case p == fleet.Price{}:
		return p, errors.New("no price is written; leave the row out, or fill it in")
	case chat && !(in.OK && out.OK):
		return p, errors.New("input and output need a price each")
	case p.CachedIn.OK && in.OK && p.CachedIn.V.Amount().GreaterThan(in.V.Amount()):
		return p, errors.New("cached input costs more than input")
	}
	return p, nil
}

func unitOf(r row) (PiecePrice, error) {
	for _, u := range listUnits {
		if u.name != r.get("unit") {
			continue
		}
		m, err := amount(r.get("price"))
		return PiecePrice{Unit: u.name, Use: u.use, Per: decimal.NewFromInt(u.per), Variant: r.get("variant"), Price: m}, err
	}
	return PiecePrice{}, fmt.Errorf("unit %q is not known", fleet.Label(r.get("unit")))
}

// upliftsOf reads "eu:1.1 us:1.1".
func upliftsOf(text string) ([]Uplift, error) {
	var out []Uplift
	for word := range strings.FieldsSeq(text) {
		name, factor, found := strings.Cut(word, ":")
		d, err := number(factor)
		if !found || name == "" || err != nil || d.IsZero() {
			return nil, fmt.Errorf("uplift %q does not read like eu:1.1", fleet.Label(word))
		}
		out = append(out, Uplift{name, d})
	}
	return out, nil
}

func contextOf(text string, s *Listing) error {
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return fmt.Errorf("max_context %q is no number of tokens", fleet.Label(text))
	}
	s.MaxContext = fleet.Some(fleet.Tokens(n))
	return nil
}
