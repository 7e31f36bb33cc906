package economics

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// models.csv holds facts of public price lists in pitwall's own schema: US dollars for one million tokens, as decimal
// text, of the standard tier at the shortest context. Rows with a part that lint doubts were left out or lost that
// part. Read 2026-08-01 from the price map
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
	limits map[modelKey]fleet.Tokens // max context, where the list says it
	doubts []fleet.Safe
	asOf   time.Time
}

// Embedded returns the catalogue that is compiled in.
func Embedded() (*Catalogue, error) {
	c := &Catalogue{prices: map[modelKey]fleet.Price{}, limits: map[modelKey]fleet.Tokens{}, asOf: asOf}
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

// Doubts are the rows that were taken as they are and look like typing errors, one sentence each.
func (c *Catalogue) Doubts() []fleet.Safe { return c.doubts }

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
		// A reseller's models are listed behind its own name, which its API does not use: it is taken off as it would be of a
		// name that is looked for.
		key := modelKey{row[0], strings.TrimPrefix(row[1], row[0]+"/")}
		c.prices[key] = p
		for _, doubt := range lint(row[2], p) {
			c.doubts = append(c.doubts, fleet.Concat(fleet.Text("line "), fleet.Int(line), fleet.Text(", "),
				fleet.Label(row[1]), fleet.Text(": "), doubt))
		}
		if row[7] == "" {
			continue
		}
		limit, err := strconv.Atoi(row[7])
		if err != nil || limit <= 0 {
			return invalid(fmt.Errorf("line %d, %s: max_context %q is no number of tokens", line, fleet.Label(row[1]),
				fleet.Label(row[7])))
		}
		c.limits[key] = fleet.Tokens(limit)
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
