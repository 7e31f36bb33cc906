package economics

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// models.csv and units.csv hold facts of public price lists in pitwall's own schema (see pricecsv.go), US dollars as decimal
// text. Parts and rows that lint doubts were left out. Read 2026-08-01 from the price map of BerriAI/litellm, which names
// each vendor's page.
//
//go:embed prices/models.csv
var models []byte

//go:embed prices/units.csv
var units []byte

// asOf and source say when and where the embedded prices were read.
var asOf = time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)

const source = "public price lists, read 2026-08-01"

type modelKey struct{ kind, model string }

// Listing is all that the price list says of one model. It is never changed once a catalogue holds it.
type Listing struct {
	Kind, Model, Mode string
	Rates             []Rate       // of tokens; none where it is sold by other units only
	Units             []PiecePrice // of what is no tokens
	Uplifts           []Uplift
	MaxContext        fleet.Maybe[fleet.Tokens] // greatest prompt plus output
}

// Rate is the price of tokens in one tier of service, for requests whose prompt is longer than a threshold. It holds for the
// whole of such a request, not for what is above.
type Rate struct {
	Tier  Tier
	Above fleet.Tokens // 0 for all prompts
	Price fleet.Price
}

// PiecePrice is the price of one unit of what is no tokens.
type PiecePrice struct {
	Unit    string          // as in the file: "video_second", "1m_characters"
	Use     fleet.UsageKind // what it is a price of
	Per     decimal.Decimal // how many of Use one unit has
	Variant string          // resolution, quality or depth where they differ in price
	Price   fleet.Money
	Source  string
	AsOf    time.Time
}

// Uplift is by what prices are multiplied in a region or at a speed.
type Uplift struct {
	Name   string // "eu", "us", "fast"
	Factor decimal.Decimal
}

// Catalogue answers what a rented model costs. It never guesses: what it does not know is unpriced.
type Catalogue struct {
	sheets map[modelKey]*Listing
	doubts []fleet.Safe
	files  []fleet.BillFile
	asOf   time.Time
	names  func() *nameIndex // built when it is first asked for
}

var embeddedOnce = sync.OnceValues(func() (*Catalogue, error) {
	c := newCatalogue(map[modelKey]*Listing{})
	for _, body := range [][]byte{models, units} {
		l := newLayer(nil)
		l.source, l.date = source, asOf
		if err := l.readCSV(body); err != nil {
			return nil, err
		}
		c.lay(l)
	}
	return c, nil
})

func newCatalogue(sheets map[modelKey]*Listing) *Catalogue {
	c := &Catalogue{sheets: sheets, asOf: asOf}
	c.names = sync.OnceValue(func() *nameIndex { return indexNames(c.sheets) })
	return c
}

// Embedded returns the catalogue that is compiled in.
func Embedded() (*Catalogue, error) {
	base, err := embeddedOnce()
	if err != nil {
		return nil, err
	}
	c := newCatalogue(maps.Clone(base.sheets))
	c.doubts = slices.Clone(base.doubts)
	return c, nil
}

// File is a site's file of prices as it was read: CSV in pitwall's own schema, or JSON in LiteLLM's.
type File struct {
	Name    string
	Body    []byte
	Written time.Time
}

// WithOverrides lays one file over the embedded catalogue.
func WithOverrides(file []byte) (*Catalogue, error) {
	return WithFiles([]File{{Name: "site file", Body: file}})
}

// WithFiles lays a site's files over the embedded catalogue, later ones over earlier ones: what a file says of the tokens of
// a model replaces all that was known of the price of its tokens, and so for its other units. One bad file refuses all.
func WithFiles(files []File) (*Catalogue, error) {
	c, err := Embedded()
	if err != nil {
		return nil, err
	}
	base, err := embeddedOnce()
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		l := newLayer(base)
		l.source = f.Name
		format, err := l.read(f.Body)
		if err != nil {
			if len(files) > 1 {
				err = fmt.Errorf("%s: %w", fleet.Label(f.Name), err)
			}
			return nil, invalid(err)
		}
		c.lay(l)
		c.files = append(c.files, fleet.BillFile{Name: f.Name, Format: format, SHA256: hash(f.Body), Written: f.Written,
			Rows: l.rows, Covers: fleet.Span{From: l.date}})
	}
	return c, nil
}

// lay puts what a layer says over what is known.
func (c *Catalogue) lay(l *layer) {
	for key, s := range l.sheets {
		if old := c.sheets[key]; old != nil {
			if len(s.Rates) == 0 {
				s.Rates, s.Mode = old.Rates, old.Mode
			}
			if len(s.Units) == 0 {
				s.Units = old.Units
			}
			if len(s.Uplifts) == 0 {
				s.Uplifts = old.Uplifts
			}
			if !s.MaxContext.OK {
				s.MaxContext = old.MaxContext
			}
		}
		c.sheets[key] = s
	}
	c.doubts = append(c.doubts, l.doubts...)
}

// AsOf is when the embedded prices were read.
func (c *Catalogue) AsOf() time.Time { return c.asOf }

// Len is how many models are priced.
func (c *Catalogue) Len() int { return len(c.sheets) }

// Files are the site's files that lie over the embedded prices. Covers.From is the day that a file itself says it is of.
func (c *Catalogue) Files() []fleet.BillFile { return c.files }

// Doubts are the rows that were taken as they are and look like typing errors, one sentence each.
func (c *Catalogue) Doubts() []fleet.Safe { return c.doubts }

// read takes a file as JSON when it begins as such, else as CSV.
func (l *layer) read(body []byte) (fleet.Safe, error) {
	if len(body) > maxFile {
		return fleet.Safe{}, errors.New("it is over 32 MiB")
	}
	trimmed := bytes.TrimLeft(body, " \t\r\n\ufeff")
	switch {
	case len(trimmed) > 0 && trimmed[0] == '{':
		return fleet.Text("prices, LiteLLM JSON"), l.readJSON(trimmed)
	case len(trimmed) > 0 && trimmed[0] == '[':
		return fleet.Safe{}, errors.New("it is a JSON list and no price map; a second list to compare with goes under prices_check")
	}
	return fleet.Text("prices, CSV"), l.readCSV(body)
}

func invalid(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read prices", Err: err}
}
