package economics

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// models.csv holds facts of public price lists in pitwall's own schema: US dollars for one million tokens, as decimal
// text. Rows whose parts cannot be true (a cached price above the input price, an output price under 0.8 or
// over 20 times the input price) were left out or lost that part. Read 2026-08-01 from the price map
// of BerriAI/litellm, which names each vendor's page.
//
//go:embed prices/models.csv
var models []byte

// asOf and source say when and where the embedded prices were read.
var asOf = time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)

const source = "public price lists, read 2026-08-01"

// columns is the schema of embedded and site files.
var columns = []string{"kind", "model", "mode", "input", "cached", "cache_write", "output", "max_context"}

type modelKey struct{ kind, model string }

// Catalogue answers what a rented model costs. It never guesses: what it does not know is unpriced.
type Catalogue struct {
	prices map[modelKey]fleet.Price
	asOf   time.Time
}

// Embedded returns the catalogue that is compiled in.
func Embedded() (*Catalogue, error) {
	c := &Catalogue{prices: map[modelKey]fleet.Price{}, asOf: asOf}
	return c, c.read(models, source, asOf)
}

// WithOverrides lays a site's file over the embedded catalogue: the same CSV schema, and an optional first line
// "# as of 2026-11-01". A row replaces the embedded one of the same kind and model.
func WithOverrides(file []byte) (*Catalogue, error) {
	c, err := Embedded()
	if err != nil {
		return nil, err
	}
	date := time.Time{}
	if line, rest, ok := bytes.Cut(file, []byte("\n")); ok && bytes.HasPrefix(line, []byte("#")) {
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(line[1:])), "as of"))
		if date, err = time.Parse("2006-01-02", text); err != nil {
			return nil, invalid(errors.New("line 1: the comment must read: # as of 2026-11-01"))
		}
		file = rest
	}
	return c, c.read(file, "site file", date)
}

// AsOf is when the embedded prices were read.
func (c *Catalogue) AsOf() time.Time { return c.asOf }

// Len is how many models are priced.
func (c *Catalogue) Len() int { return len(c.prices) }

func (c *Catalogue) read(file []byte, source string, date time.Time) error {
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = len(columns)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid(err)
		}
		line, _ := r.FieldPos(0)
		if row[0] == columns[0] {
			continue
		}
		p, err := price(row)
		if err != nil {
			return invalid(fmt.Errorf("line %d, %s: %w", line, fleet.Label(row[1]), err))
		}
		p.Source, p.AsOf = source, date
		c.prices[modelKey{row[0], row[1]}] = p
	}
}

func price(row []string) (fleet.Price, error) {
	var p fleet.Price
	var err error
	if p.Input, err = amount(row[3]); err != nil {
		return p, err
	}
	if p.Output, err = amount(row[6]); err != nil {
		return p, err
	}
	for _, part := range []struct {
		text string
		to   *fleet.Maybe[fleet.Money]
	}{{row[4], &p.CachedIn}, {row[5], &p.CacheWrite}} {
		if part.text == "" {
			continue
		}
		m, err := amount(part.text)
		if err != nil {
			return p, err
		}
		*part.to = fleet.Some(m)
	}
	if p.CachedIn.OK && p.CachedIn.V.Amount().GreaterThan(p.Input.Amount()) {
		return p, errors.New("cached input costs more than input")
	}
	if row[7] != "" {
		if _, err := strconv.Atoi(row[7]); err != nil {
			return p, fmt.Errorf("max_context %q is no number", fleet.Label(row[7]))
		}
	}
	return p, nil
}

func amount(text string) (fleet.Money, error) {
	m, err := fleet.ParseMoney(text, fleet.USD)
	if err != nil {
		return m, fmt.Errorf("%q is no price such as 2.50", fleet.Label(text))
	}
	if m.Amount().IsNegative() {
		return m, errors.New("a price is negative")
	}
	return m, nil
}

func invalid(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read prices", Err: err}
}

var (
	datedName  = regexp.MustCompile(`[-@]\d{4}-?\d{2}-?\d{2}$`)
	regionName = regexp.MustCompile(`^(us|eu|apac|global|jp|au)\.`)
)

// Price finds a model: exactly, without a provider prefix, without a date suffix, without a region prefix; in this
// order, and nothing beyond. kind is the provider kind of the configuration.
func (c *Catalogue) Price(kind string, model fleet.ModelName) (fleet.Price, bool) {
	name := string(model)
	tries := []string{name}
	if _, bare, ok := strings.Cut(name, "/"); ok {
		tries = append(tries, bare)
	}
	for _, n := range tries {
		tries = append(tries, datedName.ReplaceAllString(n, ""), regionName.ReplaceAllString(n, ""))
	}
	for _, n := range tries {
		if p, ok := c.prices[modelKey{kind, n}]; ok {
			return p, true
		}
	}
	return fleet.Price{}, false
}
